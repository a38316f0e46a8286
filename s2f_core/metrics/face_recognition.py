"""dlib's face recognition network (King 2017), from the quantised weights of face-api.js.

A residual network (He et al. 2016) of 29 layers with half of ResNet-34's channels, for faces of
150 × 150 pixels. Its 128 outputs are trained to lie within a Euclidean distance of 0.6 for two
photos of one person, and further apart for two persons.
"""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.metrics.feature_extractor import Backbone, Extract
from s2f_core.metrics.onnx_graph import INPUT, Graph
from s2f_core.networks.backbones.base import Layer

SIDE = 150
DIMENSIONS = 128
MANIFEST = "face_recognition_model-weights_manifest.json"
WEIGHTS = "face_recognition_model.bin"
MEAN = (122.782, 117.001, 104.298)  # of red, green and blue
SCALE = 256.0
BLOCKS = (  # the residual blocks after the first layer; those with "down" halve the side
    "conv32_1", "conv32_2", "conv32_3",
    "conv64_down", "conv64_1", "conv64_2", "conv64_3",
    "conv128_down", "conv128_1", "conv128_2",
    "conv256_down", "conv256_1", "conv256_2", "conv256_down_out",
)  # fmt: skip

Tensors = Mapping[str, Floats]


def read_tensors(manifest: list[dict[str, Any]], content: bytes) -> dict[str, Floats]:
    """Return TensorFlow.js' weights by name, as ``manifest`` describes them, in float32.

    A quantised value q stands for scale · q + min. Raises ValueError where there are more or fewer
    bytes than the manifest says.
    """
    tensors, start = {}, 0
    for weight in (weight for group in manifest for weight in group["weights"]):
        coding = weight.get("quantization", {})
        kind = np.dtype(coding.get("dtype", weight["dtype"]))
        count = math.prod(weight["shape"])
        values = np.frombuffer(content, kind, count, start).astype(np.float32)
        if coding:
            values = values * np.float32(coding["scale"]) + np.float32(coding["min"])
        tensors[weight["name"]] = values.reshape(weight["shape"])
        start += count * kind.itemsize
    if start != len(content):
        raise ValueError(f"{len(content):,} bytes, the manifest describes {start:,}")
    return tensors


def build(tensors: Tensors) -> Callable[[Floats], Floats]:
    """Return a function from an image [3, 150, 150] to its descriptor, float32 [128].

    Raises KeyError where a tensor is missing.
    """
    graph = Graph()

    def layer(name: str) -> Layer:
        """A convolution with the scale after it folded in; filters are stored [H, W, in, out]."""
        scale, shift = tensors[f"{name}/scale/weights"], tensors[f"{name}/scale/biases"]
        filters = tensors[f"{name}/conv/filters"].transpose(3, 2, 0, 1)
        bias = tensors[f"{name}/conv/bias"] * scale + shift
        return _tensor(filters * scale[:, None, None, None]), _tensor(bias)

    x = graph("Relu", graph.conv(INPUT, layer("conv32_down"), 2))
    x = graph("MaxPool", x, kernel_shape=(3, 3), strides=(2, 2))
    side = ((SIDE - 7) // 2 + 1 - 3) // 2 + 1
    for name in BLOCKS:
        halves = "down" in name
        first, second = layer(f"{name}/conv1"), layer(f"{name}/conv2")
        stride, padding = (2, (0, 0)) if halves else (1, (1, 1))
        inner = graph("Relu", graph.conv(x, first, stride, padding))
        inner = graph.conv(inner, second, 1, (1, 1))
        if halves:  # the pooled input may be larger by a pixel and have fewer channels: pad
            out, channels = first[0].shape[:2]
            x = graph("AveragePool", x, kernel_shape=(2, 2), strides=(2, 2))
            x = graph.pad(x, channels=out - channels)
            side, convolved = side // 2, (side - 3) // 2 + 1
            inner = graph.pad(inner, side=side - convolved)
        x = graph("Relu", graph("Add", inner, x))
    x = graph("GlobalAveragePool", x)
    weight = _tensor(tensors["fc"].T[:, :, None, None])
    return graph.compile(graph.conv(x, (weight, torch.zeros(DIMENSIONS))))


def _tensor(values: npt.NDArray[np.float32]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def normalise(face: Pixels) -> Floats:
    """Return uint8 [150, 150, 3] as the network gets it, float32 [3, 150, 150]."""
    planes = (face.astype(np.float32) - np.array(MEAN, np.float32)) / np.float32(SCALE)
    return np.ascontiguousarray(planes.transpose(2, 0, 1))


def _load(weights: Path) -> Extract:
    try:
        with zipfile.ZipFile(weights) as archive:
            manifest, content = json.loads(archive.read(MANIFEST)), archive.read(WEIGHTS)
        network = build(read_tensors(manifest, content))
    except Exception as error:  # a damaged file fails in many ways
        raise UserError(
            f"{weights} is not the face recognition network: {error}; fetch it again"
        ) from None
    return lambda face: network(normalise(face))


FACE_RECOGNITION = Backbone(
    "dlib's face recognition as in face-api.js, 128-d",
    "bilinear, the face to 150×150; uint8 RGB in",
    _load,
)
