"""EfficientNet-Lite0, an ImageNet classifier, from its convolutions alone.

Tan and Le 2019, table 1, without squeeze-and-excitation and with ReLU6, as TensorFlow's
EfficientNet-Lite has it. Convolutions are padded as TensorFlow's "SAME": where a side needs an odd
number of zeros, the end gets one more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.metrics.feature_extractor import Backbone, Extract
from s2f_core.metrics.onnx_graph import INPUT, Graph, Layer

SIDE = 224
CLASSES = 1000
EPSILON = 1e-3  # of the batch norms
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the blocks
CENTRE, SCALE = 127.0, 128.0  # of the pixels, as TensorFlow's EfficientNet-Lite has them
NORM = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Weights:
    """``stem``, ``blocks`` (of two or three convolutions) and ``head``, then the last layer."""

    stem: Layer
    blocks: tuple[tuple[Layer, ...], ...]
    head: Layer
    classes: Layer


def fold(state: Mapping[str, Tensor]) -> Weights:
    """Return the weights of a state dict, each batch norm folded into the convolution before it.

    Raises KeyError where a tensor is missing, and ValueError where one is left over.
    """
    left = {name: value for name, value in state.items() if not name.endswith("_tracked")}

    def fold_layer(conv: str, norm: str) -> Layer:
        weight = left.pop(f"{conv}.weight")
        scale, shift, mean, variance = (left.pop(f"{norm}.{part}") for part in NORM)
        scale = scale * (variance + EPSILON).rsqrt()
        return weight * scale[:, None, None, None], shift - mean * scale

    def block(place: int) -> tuple[Layer, ...]:
        root = f"_blocks.{place}."
        parts = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        return tuple(fold_layer(root + conv, root + norm) for conv, norm in parts[place == 0 :])

    weights = Weights(
        fold_layer("_conv_stem", "_bn0"),
        tuple(block(place) for place in range(len(STRIDES))),
        fold_layer("_conv_head", "_bn1"),
        (left.pop("_fc.weight"), left.pop("_fc.bias")),
    )
    if left:
        raise ValueError(f"unknown tensors: {', '.join(left)}")
    return weights


def resize(image: Pixels) -> Floats:
    """Resize uint8 [H, W, 3] to float32 [3, 224, 224] in [-1, 1], bicubic with antialiasing.

    The whole image is squeezed into the square; nothing is cropped.
    """
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    if x.shape[2:] != (SIDE, SIDE):
        x = F.interpolate(x, (SIDE, SIDE), mode="bicubic", antialias=True).clamp(0, 255)
    planes: Floats = ((x[0] - CENTRE) / SCALE).numpy()
    return planes


def build(weights: Weights) -> Callable[[Floats], Floats]:
    """Return a function from an image of :func:`resize` to its logits, float32 [1000]."""
    graph = Graph()
    bounds = [graph.constant(np.asarray(value, np.float32)) for value in (0, 6)]

    def conv(x: str, layer: Layer, stride: int = 1) -> str:
        """A convolution and ReLU6."""
        return graph("Clip", graph.conv(x, layer, stride, None), *bounds)

    x = conv(INPUT, weights.stem, 2)
    width = len(weights.stem[0])
    for layers, stride in zip(weights.blocks, STRIDES, strict=True):
        *expand, depthwise, project = layers
        inner = x
        for layer in expand:
            inner = conv(inner, layer)
        inner = graph.conv(conv(inner, depthwise, stride), project)
        out = len(project[0])
        x = graph("Add", inner, x) if stride == 1 and width == out else inner
        width = out
    x = graph("GlobalAveragePool", conv(x, weights.head))
    weight, bias = weights.classes
    return graph.compile(graph.conv(x, (weight[:, :, None, None], bias)))


def _load(weights: Path) -> Extract:
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        layers = fold(state)
    except Exception as error:  # torch raises many kinds for a broken file
        raise UserError(f"{weights} is not EfficientNet-Lite0: {error}; fetch it again") from None
    network = build(layers)
    return lambda image: network(resize(image))


EFFICIENTNET_LITE0 = Backbone(
    "EfficientNet-Lite0 of ImageNet, logits of 1,000 classes",
    "bicubic with antialiasing to 224×224; uint8 RGB in",
    _load,
    loss_network="efficientnet-lite0",
)
