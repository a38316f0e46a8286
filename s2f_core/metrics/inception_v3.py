"""Inception-v3 of 2015, the network that FID is defined on, from its convolutions alone.

torch-fidelity's class takes 2 s to import (it imports torchvision and torch's compiler) and 0.5 s
to build. The tests hold the two networks equal.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.data.assets.catalogue import find_asset
from s2f_core.data.assets.checksums import has_checksum
from s2f_core.metrics.feature_extractor import Backbone, Extract, FeatureExtractor
from s2f_core.metrics.onnx_graph import INPUT, Graph
from s2f_core.networks.backbones.base import Layer

SIDE = 299
LAYERS = 94
EPSILON = 1e-3  # of the batch norms


def fold(weight: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Layer:
    """Return a convolution and the batch norm (of scale 1) after it as one convolution."""
    scale = (variance + EPSILON).rsqrt()
    return weight * scale[:, None, None, None], shift - mean * scale


def resize(image: Pixels) -> Floats:
    """Resize uint8 [H, W, 3] to float32 [3, 299, 299] in [-1, 1].

    Bilinear as in TensorFlow 1: corners are not aligned and pixels have no centre, so that output
    i lies at i · H / 299.
    """
    x: Floats = image.transpose(2, 0, 1).astype(np.float32)
    for axis in (2, 1):
        size = x.shape[axis]
        place = np.arange(SIDE, dtype=np.float32) * np.float32(size / SIDE)
        low = place.astype(np.intp)
        part = (place - low).astype(np.float32).reshape(-1, *[1] * (2 - axis))
        start = x.take(low, axis)
        x = start + (x.take((low + 1).clip(max=size - 1), axis) - start) * part
    return (x - np.float32(128)) / np.float32(128)


def build(layers: Sequence[Layer]) -> Callable[[Floats], Floats]:
    """Return a function from an image of :func:`resize` to its features, float32 [2048].

    ``layers`` are the 94 convolutions with their norms folded in, in torch-fidelity's order.
    Deviation: the branches that average and then convolve by 1 × 1 convolve first. The result is
    equal but for rounding, and the average is of fewer channels.
    """
    remaining, graph = iter(layers), Graph()

    def linear(x: str, stride: int = 1, *, padded: bool = True) -> str:
        height, width = (layer := next(remaining))[0].shape[2:]
        return graph.conv(x, layer, stride, (height // 2, width // 2) if padded else (0, 0))

    def conv(x: str, count: int = 1) -> str:
        for _ in range(count):
            x = graph("Relu", linear(x))
        return x

    def unpadded(x: str, stride: int = 1) -> str:
        return graph("Relu", linear(x, stride, padded=False))

    def average(x: str) -> str:
        pooled = graph("AveragePool", linear(x), kernel_shape=(3, 3), pads=(1, 1, 1, 1))
        return graph("Relu", pooled)

    def maximum(x: str) -> str:
        return conv(graph("MaxPool", x, kernel_shape=(3, 3), pads=(1, 1, 1, 1)))

    def halve(x: str) -> str:
        return graph("MaxPool", x, kernel_shape=(3, 3), strides=(2, 2))

    def concatenate(*parts: str) -> str:
        return graph("Concat", *parts, axis=1)

    def same_size_block(x: str, *depths: int) -> str:
        """Blocks A and C: chains of convolutions side by side."""
        return concatenate(*(conv(x, depth) for depth in depths), average(x))

    def halving_block(x: str, *depths: int) -> str:
        """Blocks B and D: the last convolution of each chain strides."""
        return concatenate(*(unpadded(conv(x, depth), 2) for depth in depths), halve(x))

    def forked_block(x: str, pool: Callable[[str], str]) -> str:
        """Block E: two of the chains end in a fork."""
        parts = [conv(x)]
        for depth in (1, 2):
            stem = conv(x, depth)
            parts += [conv(stem), conv(stem)]
        return concatenate(*parts, pool(x))

    x = halve(conv(unpadded(unpadded(INPUT, 2))))
    x = halve(unpadded(conv(x)))
    for _ in range(3):
        x = same_size_block(x, 1, 2, 3)
    x = halving_block(x, 0, 2)
    for _ in range(4):
        x = same_size_block(x, 1, 3, 5)
    x = halving_block(x, 1, 3)
    x = forked_block(forked_block(x, average), maximum)
    return graph.compile(graph("GlobalAveragePool", x))


def read_weights(weights: Path) -> list[Layer]:
    """Return the convolutions of a TorchScript copy of the network, with their norms folded in.

    The copy holds the 94 convolutions in torch-fidelity's order, each with its batch norm's shift,
    mean and variance (the scale is 1), and no class head. Folding moves a feature by 1e-5. Raises
    UserError where the file is not the published one: TorchScript is code, and no other is opened.
    """
    if not has_checksum(weights, find_asset("inception").files[0].checksum):
        raise UserError(f"{weights} cannot be loaded: it is not the published file; fetch it again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # torch.jit.load is on its way out
            copy = torch.jit.load(str(weights), map_location="cpu")  # type: ignore[no-untyped-call]
            source = list(copy.state_dict().values())
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{weights} cannot be loaded: {error}; fetch it again") from None
    if len(source) != 4 * LAYERS:
        raise UserError(f"{weights} has {len(source)} tensors, expected {4 * LAYERS}")
    return [fold(*source[place : place + 4]) for place in range(0, len(source), 4)]


def _load(weights: Path) -> Extract:
    network = build(read_weights(weights))
    return lambda image: network(resize(image))


INCEPTION = Backbone(
    "Inception-v3 of 2015 (TensorFlow), pool features, 2048-d",
    "bilinear as in TensorFlow 1 to 299×299; uint8 RGB in",
    _load,
)


def inception(assets: Path) -> FeatureExtractor:
    """Return Inception with the weights under ``assets``, the folder of fetched files."""
    return FeatureExtractor(assets / "inception" / "inception.pt", INCEPTION)
