"""U-Net generator of pix2pix (Isola et al. 2017, section 6.1.1)."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from s2f_core.errors import UserError
from s2f_core.layers import NORMS, Norm, Up, doubling, needs_bias
from s2f_core.params import Section


class UNet(nn.Module):
    """Encoder-decoder with a skip connection at every resolution.

    ``depth`` halvings by 4×4 stride-2 convolutions, channels doubling from ``width`` up to 8 times
    it, then as many doublings; each decoder stage sees the encoder's features of its own
    resolution. No norm on the first and on the innermost encoder stage; dropout on the decoder
    stages that stay at the full 8·width channels, the innermost excepted.

    Deviation: ``up="nearest"`` in place of the transposed convolutions; see ``layers.doubling``.

    Maps [B, in_channels, H, W] float in [-1, 1] to [B, out_channels, H, W] in [-1, 1]; H and W are
    multiples of 2**depth.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        width: int,
        depth: int,
        norm: Norm,
        dropout: float,
        up: Up,
    ) -> None:
        super().__init__()
        bias = needs_bias(norm)
        channels = [width * min(2**level, 8) for level in range(depth)]
        self.downs = nn.ModuleList()
        self.ups = nn.ModuleList()
        for level, out in enumerate(channels):
            first, innermost = level == 0, level == depth - 1
            layers: list[nn.Module] = [] if first else [nn.LeakyReLU(0.2)]
            source = in_channels if first else channels[level - 1]
            layers.append(nn.Conv2d(source, out, 4, 2, 1, bias=bias))
            if not first and not innermost:
                layers.append(NORMS[norm](out))
            self.downs.append(nn.Sequential(*layers))
        for level in reversed(range(depth)):
            first, innermost = level == 0, level == depth - 1
            source = channels[level] * (1 if innermost else 2)
            out = out_channels if first else channels[level - 1]
            layers = [nn.ReLU(), *doubling(up, source, out, 4, bias=bias or first)]
            layers.append(nn.Tanh() if first else NORMS[norm](out))
            if dropout and not innermost and level >= 4:
                layers.append(nn.Dropout(dropout))
            self.ups.append(nn.Sequential(*layers))

    def forward(self, image: Tensor) -> Tensor:
        """Translate a batch; see the class for shapes and ranges."""
        skips: list[Tensor] = []
        features = image
        for down in self.downs:
            features = down(features)
            skips.append(features)
        x: Tensor = self.ups[0](skips.pop())
        for up in self.ups[1:]:
            x = up(torch.cat([skips.pop(), x], dim=1))
        return x


class UNetSection(Section):
    """``generator: {type: unet, …}``."""

    type: Literal["unet"]
    depth: int | None = Field(None, ge=2, le=10)
    norm: Norm = "batch"
    dropout: float = Field(0.5, ge=0, lt=1)
    up: Up = "transposed"

    def build(self, size: int, width: int, in_channels: int, out_channels: int) -> UNet:
        """The network for square images of ``size`` pixels; by default down to 1×1.

        Raises UserError where ``size`` cannot be halved ``depth`` times.
        """
        depth = self.depth or size.bit_length() - 1
        if size % 2**depth:
            raise UserError(
                f"unet: images of {size} px cannot be halved {depth} times; "
                f"give a size that is a multiple of {2**depth}, or a smaller depth"
            )
        return UNet(in_channels, out_channels, width, depth, self.norm, self.dropout, self.up)
