"""Weights of backbones at random: of their architecture, but narrow."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

LITE0 = "efficientnet-lite0/efficientnet-lite0.pth"
KERNELS = (3, 3, 3, 5, 5, 3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 3)
WIDTHS = (2, 3, 3, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 7, 8)


def lite0_state() -> dict[str, Tensor]:
    """Return a state dict of EfficientNet-Lite0 with few channels."""
    random = torch.Generator().manual_seed(0)
    state: dict[str, Tensor] = {}

    def layer(conv: str, norm: str, out: int, into: int, kernel: int = 1) -> None:
        fan = into * kernel**2
        weight = torch.randn(out, into, kernel, kernel, generator=random) / fan**0.5
        state[f"{conv}.weight"] = weight
        state[f"{norm}.weight"] = 1 + torch.rand(out, generator=random)
        for part in ("bias", "running_mean"):
            state[f"{norm}.{part}"] = torch.randn(out, generator=random) / 4
        state[f"{norm}.running_var"] = 0.5 + torch.rand(out, generator=random)

    layer("_conv_stem", "_bn0", 4, 3, 3)
    width = 4
    for place, (out, kernel) in enumerate(zip(WIDTHS, KERNELS, strict=True)):
        root = f"_blocks.{place}."
        inner = 2 * width if place else width
        if place:
            layer(f"{root}_expand_conv", f"{root}_bn0", inner, width)
        layer(f"{root}_depthwise_conv", f"{root}_bn1", inner, 1, kernel)
        layer(f"{root}_project_conv", f"{root}_bn2", out, inner)
        width = out
    layer("_conv_head", "_bn1", 9, width)
    state["_fc.weight"] = torch.randn(10, 9, generator=random)
    state["_fc.bias"] = torch.randn(10, generator=random)
    return state


def write_narrow_assets(folder: Path) -> Path:
    """Write such weights to a folder of assets, and return the folder."""
    file = folder / LITE0
    file.parent.mkdir(parents=True)
    torch.save(lite0_state(), file)
    return folder
