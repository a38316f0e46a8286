"""The Inception-v3 of 2015 as FID knows it: torch-fidelity's network, from its convolutions alone.

torch-fidelity's own class is not used: importing it takes 2 s (it imports torchvision and, with it,
torch's compiler), building it 0.5 s. The tests hold the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 299
LAYERS = 94
EPSILON = 1e-3  # of the batch norms

Layer = tuple[Tensor, Tensor]  # weights [out, in, H, W] and biases [out] of a convolution


def fold(weight: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Layer:
    """A convolution and the batch norm (of scale 1) that follows it, as one convolution."""
    scale = (variance + EPSILON).rsqrt()
    folded = (weight * scale[:, None, None, None]).contiguous(memory_format=torch.channels_last)
    return folded, shift - mean * scale


def resize(images: Tensor) -> Tensor:
    """uint8 [B, H, W, 3] to float32 [B, 3, 299, 299] in [-1, 1].

    Bilinear as TensorFlow 1 does it: corners are not aligned and pixels have no centre, so that
    output i lies at i · H / 299.
    """

    def between(size: int) -> tuple[Tensor, Tensor, Tensor]:
        place = torch.arange(SIDE, dtype=torch.float32) * torch.tensor(size / SIDE)
        low = place.long()
        return low, (low + 1).clamp_max(size - 1), place - low

    x = images.float()
    low, high, part = between(x.shape[2])
    x = x[:, :, low] + (x[:, :, high] - x[:, :, low]) * part[:, None]
    low, high, part = between(x.shape[1])
    x = x[:, low] + (x[:, high] - x[:, low]) * part[:, None, None]
    return ((x - 128) / 128).permute(0, 3, 1, 2)


def pool_features(images: Tensor, layers: Sequence[Layer]) -> Tensor:
    """Features float32 [B, 2048] of images as :func:`resize` gives them.

    ``layers`` are the 94 convolutions with their norms folded in, in torch-fidelity's order. The
    branches that average and then convolve by 1 × 1 do so in the other order: equal but for
    rounding, and the average is of fewer channels.
    """
    follow = iter(layers)

    def linear(x: Tensor, stride: int = 1, *, padded: bool = True) -> Tensor:
        weight, bias = next(follow)
        height, width = weight.shape[2:]
        padding = (height // 2, width // 2) if padded else 0
        return F.conv2d(x, weight, bias, stride, padding)

    def conv(x: Tensor, count: int = 1) -> Tensor:
        for _ in range(count):
            x = F.relu_(linear(x))
        return x

    def unpadded(x: Tensor, stride: int = 1) -> Tensor:
        return F.relu_(linear(x, stride, padded=False))

    def average(x: Tensor) -> Tensor:
        return F.relu_(F.avg_pool2d(linear(x), 3, 1, 1, count_include_pad=False))

    def maximum(x: Tensor) -> Tensor:
        return conv(F.max_pool2d(x, 3, 1, 1))

    def halve(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2)

    def straight(x: Tensor, *depths: int) -> Tensor:
        """Blocks A and C: chains of convolutions side by side."""
        return torch.cat([*(conv(x, depth) for depth in depths), average(x)], 1)

    def smaller(x: Tensor, *depths: int) -> Tensor:
        """Blocks B and D: the last convolution of each chain strides."""
        return torch.cat([*(unpadded(conv(x, depth), 2) for depth in depths), halve(x)], 1)

    def forked(x: Tensor, pool: Callable[[Tensor], Tensor]) -> Tensor:
        """Block E: two of the chains end in a fork."""
        parts = [conv(x)]
        for depth in (1, 2):
            stem = conv(x, depth)
            parts += [conv(stem), conv(stem)]
        return torch.cat([*parts, pool(x)], 1)

    x = halve(conv(unpadded(unpadded(images, 2))))
    x = halve(unpadded(conv(x)))
    for _ in range(3):
        x = straight(x, 1, 2, 3)
    x = smaller(x, 0, 2)
    for _ in range(4):
        x = straight(x, 1, 3, 5)
    x = smaller(x, 1, 3)
    x = forked(forked(x, average), maximum)
    return x.mean(dim=(2, 3))
