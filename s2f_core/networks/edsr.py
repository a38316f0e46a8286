"""EDSR ×2 (Lim et al. 2017, "Enhanced Deep Residual Networks", section 3)."""

from __future__ import annotations

import re
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError

FACTOR = 2
MEAN = (0.4488, 0.4371, 0.4040)  # of DIV2K's red, green and blue in [0, 1], the reference's
SCALED_CHANNELS = 256  # from which on the reference scales its residuals by 0.1

Skip = Literal["none", "bicubic"]


class Block(nn.Module):
    """x + F(x), F two 3×3 convolutions around a ReLU; no norm, residuals unscaled (figure 2c)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, 1, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        residual: Tensor = self.body(x)
        return x + residual


class EDSR(nn.Module):
    """A head, residual ``blocks`` under one long skip, and a sub-pixel convolution (figure 3).

    Baseline of the paper: 16 blocks of 64 channels. Deviations: colours are in [-1, 1], where the
    reference has [0, 255]; with ``skip="bicubic"`` the network adds to the bicubic enlargement,
    which is its output before training (the paper's network learns the image itself, and needs
    thousands of steps to come as far).

    Maps [B, 3, H, W] float in [-1, 1] to [B, 3, 2H, 2W], near [-1, 1] but not clipped.
    """

    def __init__(self, blocks: int, channels: int, skip: Skip) -> None:
        super().__init__()
        self.skip = skip
        self.head = nn.Conv2d(3, channels, 3, 1, 1)
        self.body = nn.Sequential(
            *(Block(channels) for _ in range(blocks)), nn.Conv2d(channels, channels, 3, 1, 1)
        )
        self.tail = nn.Sequential(
            nn.Conv2d(channels, channels * FACTOR**2, 3, 1, 1), nn.PixelShuffle(FACTOR)
        )
        self.last = nn.Conv2d(channels, 3, 3, 1, 1)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1).mul(2).sub(1))
        self.mean: Tensor
        if skip == "bicubic":
            nn.init.zeros_(self.last.weight)
            nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]  # a convolution has one

    def forward(self, image: Tensor) -> Tensor:
        """Enlarge a batch; see the class for shapes and ranges."""
        x: Tensor = self.head(image - self.mean)
        x = x + self.body(x)
        x = self.last(self.tail(x))
        if self.skip == "none":
            return x + self.mean
        larger = F.interpolate(image, scale_factor=FACTOR, mode="bicubic", align_corners=False)
        return x + larger


class EDSRSection(Section):
    """The network's part of ``edsr:``, also kept in its model file (Lim et al. 2017)."""

    blocks: int = Field(16, ge=1, le=64, description="Residual blocks.")
    channels: int = Field(64, ge=1, le=256, description="Channels of every layer.")
    skip: Skip = Field(
        "none",
        description=(
            "bicubic adds the output to the bicubic enlargement; none learns the whole image."
        ),
    )

    def build(self) -> EDSR:
        """Return the network with initial weights."""
        return EDSR(self.blocks, self.channels, self.skip)


def from_reference(state: dict[str, Tensor]) -> tuple[EDSRSection, dict[str, Tensor]]:
    """Return section and weights of a state dict of the authors' EDSR-PyTorch, ×2.

    Their network takes [0, 255]. Dividing all biases of convolutions and ReLUs by 127.5 has the
    effect of dividing the inputs by it, so the weights stay as they are. Raises UserError where
    the keys or shapes are not those of a baseline ×2.
    """
    blocks = len({key.split(".")[1] for key in state if re.match(r"body\.\d+\.body\.", key)})
    head = state.get("head.0.weight")
    if head is None or head.dim() != 4 or not blocks:
        raise UserError(f"not an EDSR of EDSR-PyTorch: its keys begin {', '.join([*state][:3])}")
    if head.shape[0] >= SCALED_CHANNELS:
        raise UserError(
            f"an EDSR of {head.shape[0]} channels scales its residuals, which is not supported; "
            "give edsr_baseline_x2"
        )
    section = EDSRSection(blocks=blocks, channels=head.shape[0], skip="none")
    theirs = {"head": "head.0", "last": "tail.1", "tail.0": "tail.0.0"}
    ours = section.build().state_dict()
    weights = {"mean": ours.pop("mean")}
    expected = {f"{kind}_mean.{field}" for kind in ("sub", "add") for field in ("weight", "bias")}
    for key, value in ours.items():
        module, field = key.rsplit(".", 1)
        name = f"{theirs.get(module, module)}.{field}"
        expected.add(name)
        tensor = state.get(name)
        if tensor is None or tensor.shape != value.shape:
            shape = "missing" if tensor is None else list(tensor.shape)
            raise UserError(f"not an EDSR ×2: {name} is {shape}, not {list(value.shape)}")
        weights[key] = tensor / 127.5 if field == "bias" else tensor
    if left := sorted(set(state) - expected):
        raise UserError(f"not an EDSR ×2: it has {left[0]} too ({len(left)} keys left over)")
    return section, weights
