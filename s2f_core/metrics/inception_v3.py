"""The Inception-v3 of 2015 as FID knows it: torch-fidelity's network, from its convolutions alone.

torch-fidelity's own class is not used: importing it takes 2 s (it imports torchvision and, with it,
torch's compiler), building it 0.5 s. The tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from s2f_core.common.images import Floats, Pixels
from s2f_core.metrics.onnx_graph import INPUT, Graph, Layer

SIDE = 299
LAYERS = 94
EPSILON = 1e-3  # of the batch norms


def fold(weight: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Layer:
    """A convolution and the batch norm (of scale 1) that follows it, as one convolution."""
    scale = (variance + EPSILON).rsqrt()
    return weight * scale[:, None, None, None], shift - mean * scale


def resize(image: Pixels) -> Floats:
    """uint8 [H, W, 3] to float32 [3, 299, 299] in [-1, 1].

    Bilinear as TensorFlow 1 does it: corners are not aligned and pixels have no centre, so that
    output i lies at i · H / 299.
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


def network(layers: Sequence[Layer]) -> Callable[[Floats], Floats]:
    """What turns an image as :func:`resize` gives it into its features, float32 [2048].

    ``layers`` are the 94 convolutions with their norms folded in, in torch-fidelity's order. The
    branches that average and then convolve by 1 × 1 do so in the other order: equal but for
    rounding, and the average is of fewer channels.
    """
    follow, graph = iter(layers), Graph()

    def linear(x: str, stride: int = 1, *, padded: bool = True) -> str:
        layer = next(follow)
        height, width = layer[0].shape[2:]
        return graph.conv(x, layer, stride, (height // 2, width // 2) if padded else (0, 0))

    def conv(x: str, count: int = 1) -> str:
        for _ in range(count):
            x = graph("Relu", linear(x))
        return x

    def unpadded(x: str, stride: int = 1) -> str:
        return graph("Relu", linear(x, stride, padded=False))

    def average(x: str) -> str:
        found = graph("AveragePool", linear(x), kernel_shape=(3, 3), pads=(1, 1, 1, 1))
        return graph("Relu", found)

    def maximum(x: str) -> str:
        return conv(graph("MaxPool", x, kernel_shape=(3, 3), pads=(1, 1, 1, 1)))

    def halve(x: str) -> str:
        return graph("MaxPool", x, kernel_shape=(3, 3), strides=(2, 2))

    def together(*parts: str) -> str:
        return graph("Concat", *parts, axis=1)

    def straight(x: str, *depths: int) -> str:
        """Blocks A and C: chains of convolutions side by side."""
        return together(*(conv(x, depth) for depth in depths), average(x))

    def smaller(x: str, *depths: int) -> str:
        """Blocks B and D: the last convolution of each chain strides."""
        return together(*(unpadded(conv(x, depth), 2) for depth in depths), halve(x))

    def forked(x: str, pool: Callable[[str], str]) -> str:
        """Block E: two of the chains end in a fork."""
        parts = [conv(x)]
        for depth in (1, 2):
            stem = conv(x, depth)
            parts += [conv(stem), conv(stem)]
        return together(*parts, pool(x))

    x = halve(conv(unpadded(unpadded(INPUT, 2))))
    x = halve(unpadded(conv(x)))
    for _ in range(3):
        x = straight(x, 1, 2, 3)
    x = smaller(x, 0, 2)
    for _ in range(4):
        x = straight(x, 1, 3, 5)
    x = smaller(x, 1, 3)
    x = forked(forked(x, average), maximum)
    return graph.compiled(graph("GlobalAveragePool", x))
