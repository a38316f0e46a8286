"""EfficientNet-Lite0, an ImageNet classifier, from its convolutions alone.

Tan and Le 2019, table 1, without squeeze-and-excitation and with ReLU6, as TensorFlow's
EfficientNet-Lite has it. Convolutions are padded as TensorFlow's "SAME": where a side needs an odd
number of zeros, the end gets one more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 224
CLASSES = 1000
EPSILON = 1e-3  # of the batch norms
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1)  # of the blocks
CENTRE, SCALE = 127.0, 128.0  # of the pixels, as TensorFlow's EfficientNet-Lite has them
NORM = ("weight", "bias", "running_mean", "running_var")

Layer = tuple[Tensor, Tensor]  # weights [out, in, H, W] and biases [out] of a convolution


@dataclass(frozen=True)
class Weights:
    """``stem``, ``blocks`` (of two or three convolutions) and ``head``, then the last layer."""

    stem: Layer
    blocks: tuple[tuple[Layer, ...], ...]
    head: Layer
    classes: Layer


def fold(state: Mapping[str, Tensor]) -> Weights:
    """The network of a state dict, each batch norm folded into the convolution before it.

    Raises KeyError where a tensor is missing, and ValueError where one is left over.
    """
    left = {name: value for name, value in state.items() if not name.endswith("_tracked")}

    def folded(conv: str, norm: str) -> Layer:
        weight = left.pop(f"{conv}.weight")
        scale, shift, mean, variance = (left.pop(f"{norm}.{part}") for part in NORM)
        scale = scale * (variance + EPSILON).rsqrt()
        weight = (weight * scale[:, None, None, None]).contiguous(memory_format=torch.channels_last)
        return weight, shift - mean * scale

    def block(place: int) -> tuple[Layer, ...]:
        root = f"_blocks.{place}."
        parts = [("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")]
        return tuple(folded(root + conv, root + norm) for conv, norm in parts[place == 0 :])

    weights = Weights(
        folded("_conv_stem", "_bn0"),
        tuple(block(place) for place in range(len(STRIDES))),
        folded("_conv_head", "_bn1"),
        (left.pop("_fc.weight"), left.pop("_fc.bias")),
    )
    if left:
        raise ValueError(f"unknown tensors: {', '.join(left)}")
    return weights


def resize(images: Tensor) -> Tensor:
    """uint8 [B, H, W, 3] to float32 [B, 3, 224, 224] in [-1, 1]; bicubic, smoothed on the way down.

    The whole image is squeezed into the square; nothing is cropped.
    """
    x = images.permute(0, 3, 1, 2).float()
    if x.shape[2:] != (SIDE, SIDE):
        x = F.interpolate(x, (SIDE, SIDE), mode="bicubic", antialias=True).clamp(0, 255)
    return ((x - CENTRE) / SCALE).contiguous(memory_format=torch.channels_last)


def logits(images: Tensor, weights: Weights) -> Tensor:
    """What the classes score, float32 [B, 1000], of images as :func:`resize` gives them."""
    x = _relu6(_conv(images, weights.stem, 2))
    for layers, stride in zip(weights.blocks, STRIDES, strict=True):
        *expand, depthwise, project = layers
        inner = x
        for layer in expand:
            inner = _relu6(_conv(inner, layer))
        inner = _conv(_relu6(_conv(inner, depthwise, stride)), project)
        x = inner + x if stride == 1 and inner.shape == x.shape else inner
    features = _relu6(_conv(x, weights.head)).mean(dim=(2, 3))
    return F.linear(features, *weights.classes)


def _relu6(x: Tensor) -> Tensor:
    return x.clamp_(0, 6)


def _conv(x: Tensor, layer: Layer, stride: int = 1) -> Tensor:
    """A convolution, a depthwise one where its weights have one input channel, padded "SAME"."""
    weight, bias = layer
    size, groups = weight.shape[-1], x.shape[1] // weight.shape[1]
    if stride == 1:
        return F.conv2d(x, weight, bias, padding=size // 2, groups=groups)
    margins = []
    for side in (x.shape[3], x.shape[2]):
        missing = max((-(-side // stride) - 1) * stride + size - side, 0)
        margins += [missing // 2, missing - missing // 2]
    return F.conv2d(F.pad(x, margins), weight, bias, stride, groups=groups)
