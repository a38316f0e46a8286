"""How convolutions are computed on a processor, where PyTorch's own way is not the fastest.

Each choice gives what PyTorch gives but for rounding; docs/background/performance.md has its gain,
``python -m benchmarks.train_step`` measures it by taking it back. On a GPU none is made, and none
where a graph is exported, which holds for any number of positions.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Multiples of the output channels below which a batch's positions are few, so that a convolution
# is one matrix product: its time is that of reading the weights, which it need not reorder.
FEW = 0.5
LARGE = 256  # pixels of a batch's maps from which NearestUp is faster as one convolution


def _few(x: Tensor, positions: int, channels: int) -> bool:
    chosen = x.device.type == "cpu" and not torch.compiler.is_exporting()
    return chosen and positions <= FEW * channels


class Convolution(nn.Conv2d):
    """A convolution with zero padding; on few positions a matrix product of the patches."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, in, H, W] to [B, out, H', W']."""
        kernel, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        height, width = ((side + 2 * padding - kernel) // stride + 1 for side in x.shape[2:])
        if not _few(x, x.shape[0] * height * width, self.out_channels):
            return super().forward(x)
        patches = F.unfold(x, kernel, 1, padding, stride).transpose(1, 2)
        made = F.linear(patches.flatten(0, 1), self.weight.flatten(1), self.bias)
        return made.view(len(x), height, width, -1).permute(0, 3, 1, 2)


class Transposed(nn.ConvTranspose2d):
    """A transposed convolution that doubles; on few positions a matrix product, then overlaid."""

    def __init__(self, source: int, out: int, kernel: int, *, bias: bool) -> None:
        super().__init__(source, out, kernel, 2, 1, output_padding=kernel % 2, bias=bias)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """[B, in, H, W] to [B, out, 2H, 2W]."""
        height, width = x.shape[2:]
        if not _few(x, x.shape[0] * height * width, self.out_channels):
            return super().forward(x, output_size)
        positions = x.permute(0, 2, 3, 1).flatten(0, 2)
        patches = F.linear(positions, self.weight.flatten(1).t()).view(len(x), height * width, -1)
        made = F.fold(
            patches.transpose(1, 2), (2 * height, 2 * width), self.kernel_size[0], 1, 1, 2
        )
        return made if self.bias is None else made + self.bias.to(made.dtype)[:, None, None]


class NearestUp(Convolution):
    """Repeats every pixel 2×2, then convolves 3×3: [B, source, H, W] to [B, out, 2H, 2W].

    On a large map both are one transposed convolution, by the 4×4 kernel that repeating makes of
    the 3×3 one: 16 products for a pixel of the input in place of 36, equal but for rounding. On a
    small one making the kernel costs more than it saves. ``merged`` says whether it is made where
    the size of the map is not to decide.
    """

    spread: Tensor
    merged: bool | None = None

    def __init__(self, source: int, out: int, *, bias: bool) -> None:
        super().__init__(source, out, 3, 1, 1, bias=bias)
        repeated = torch.tensor([[0.0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])
        spread = torch.einsum("ai,bj->ijab", repeated, repeated).reshape(9, 16)
        self.register_buffer("spread", spread, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Twice the height and width."""
        merged = self.merged
        if merged is None:
            merged = len(x) * x.shape[-2:].numel() >= LARGE
        if not merged:
            return super().forward(F.interpolate(x, scale_factor=2))
        weight = self.weight.transpose(0, 1)
        kernel = (weight.reshape(-1, 9) @ self.spread).view(*weight.shape[:2], 4, 4)
        return F.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)
