"""The classes that EfficientNet-Lite0 sees in images, by onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from s2f_core.common.images import Floats, Pixels
from s2f_core.metrics.feature_extractor import Backbone, Extract
from s2f_core.metrics.onnx_graph import INPUT, Graph
from s2f_core.networks.backbones.base import Layer
from s2f_core.networks.backbones.efficientnet_lite0 import STRIDES, Weights, read

SIDE = 224
CLASSES = 1000
CENTRE, SCALE = 127.0, 128.0  # of the pixels, as TensorFlow's EfficientNet-Lite has them


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
    network = build(read(weights))
    return lambda image: network(resize(image))


EFFICIENTNET_LITE0 = Backbone(
    "EfficientNet-Lite0 of ImageNet, logits of 1,000 classes",
    "bicubic with antialiasing to 224×224; uint8 RGB in",
    _load,
    loss_network="efficientnet-lite0",
)
