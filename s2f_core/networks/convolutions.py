"""Convolutions that are faster than PyTorch's own on a CPU, and equal to them but for rounding.

``python -m benchmarks.train_step`` measures the gain, which docs/background/performance.md shows. A
GPU, and an exported graph, which has to hold for any number of positions, use PyTorch's own.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

# With at most this many positions per output channel, a convolution is one matrix product. Its time
# is that of reading the weights, and a product does not reorder them.
PRODUCT_RATIO = 0.5
MERGE_PIXELS = 256  # of a batch's maps, from which NearestUp is faster as one convolution


def _is_product(x: Tensor, positions: int, channels: int) -> bool:
    possible = x.device.type == "cpu" and not torch.compiler.is_exporting()
    return possible and positions <= PRODUCT_RATIO * channels


class Convolution(nn.Conv2d):
    """A convolution with zero padding; with few positions a matrix product of the patches."""

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, in, H, W] to [B, out, H', W']."""
        kernel, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        height, width = ((side + 2 * padding - kernel) // stride + 1 for side in x.shape[2:])
        if not _is_product(x, x.shape[0] * height * width, self.out_channels):
            return super().forward(x)
        patches = F.unfold(x, kernel, 1, padding, stride).transpose(1, 2)
        outputs = F.linear(patches.flatten(0, 1), self.weight.flatten(1), self.bias)
        return outputs.view(len(x), height, width, -1).permute(0, 3, 1, 2)


class TransposedConvolution(nn.ConvTranspose2d):
    """A transposed convolution that doubles the sides; with few positions a matrix product."""

    def __init__(self, source: int, out: int, kernel: int, *, bias: bool) -> None:
        super().__init__(source, out, kernel, 2, 1, output_padding=kernel % 2, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Map [B, in, H, W] to [B, out, 2H, 2W]."""
        height, width = x.shape[2:]
        if not _is_product(x, x.shape[0] * height * width, self.out_channels):
            return super().forward(x, output_size)
        positions = x.permute(0, 2, 3, 1).flatten(0, 2)
        patches = F.linear(positions, self.weight.flatten(1).t()).view(len(x), height * width, -1)
        outputs = F.fold(
            patches.transpose(1, 2), (2 * height, 2 * width), self.kernel_size[0], 1, 1, 2
        )
        return (
            outputs if self.bias is None else outputs + self.bias.to(outputs.dtype)[:, None, None]
        )


class NearestUp(Convolution):
    """Repeats every pixel 2×2, then convolves 3×3: [B, source, H, W] to [B, out, 2H, 2W].

    With large maps both steps are one transposed convolution: repeating turns the 3×3 kernel into a
    4×4 one, which takes 16 products for a pixel of the input in place of 36. With small maps making
    that kernel costs more than it saves. ``merged`` overrides the choice by size.
    """

    spread: Tensor
    merged: bool | None = None

    def __init__(self, source: int, out: int, *, bias: bool) -> None:
        super().__init__(source, out, 3, 1, 1, bias=bias)
        # NumPy: on the meta device torch would import its compiler for this product.
        repeated = np.array([[0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0]], np.float32)
        spread = torch.tensor(np.kron(repeated, repeated))
        self.register_buffer("spread", spread, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, source, H, W] to [B, out, 2H, 2W]."""
        merged = self.merged
        if merged is None:
            merged = len(x) * x.shape[-2:].numel() >= MERGE_PIXELS
        if not merged:
            return super().forward(F.interpolate(x, scale_factor=2))
        weight = self.weight.transpose(0, 1)
        kernel = (weight.reshape(-1, 9) @ self.spread).view(*weight.shape[:2], 4, 4)
        return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)
