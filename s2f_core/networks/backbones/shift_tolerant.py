"""Shift-tolerant LPIPS (Ghildyal and Liu 2022): AlexNet or VGG-16, and the heads fitted to them.

Every stride of the plain networks becomes a blur of stride two after a dense layer (Zhang 2019),
padded by two reflected pixels, and AlexNet's first convolution has stride 1 in place of 4. The
distance is LPIPS' (Zhang et al. 2018, eq. 1).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.networks.backbones.base import Backbone

Net = Literal["alex", "vgg"]

# The layers up to each tap: a convolution of a padding, a maximum of a window at stride 1, a blur
# of stride 2, or a rectifier. A layer's place is its number in the file.
_POOLED = ("max 2", "blur", *("conv 1", "relu") * 3)
LAYERS: dict[Net, tuple[tuple[str, ...], ...]] = {
    "alex": (
        ("conv 2", "blur", "relu"),
        ("max 3", "blur", "conv 2", "relu"),
        ("max 3", "blur", "conv 1", "relu"),
        ("conv 1", "relu"),
        ("conv 1", "relu"),
    ),
    "vgg": (("conv 1", "relu") * 2, _POOLED[:6], _POOLED, _POOLED, _POOLED),
}
MIN_SIDE: dict[Net, int] = {"alex": 21, "vgg": 18}  # pixels, for the reflections of the last blur
SMALL = 1e-10  # keeps the length of a feature from 0


class Blur(nn.Module):
    """A binomial blur of 3 × 3 at stride 2, over two reflected pixels on each side."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        line = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("kernel", line[:, None] * line, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map [B, C, H, W] to [B, C, ⌈H / 2⌉ + 1, ⌈W / 2⌉ + 1]."""
        kernel = self.kernel.to(x.dtype).expand(x.shape[1], 1, 3, 3)
        return F.conv2d(F.pad(x, (2, 2, 2, 2), "reflect"), kernel, stride=2, groups=x.shape[1])


class ShiftTolerant(Backbone):
    """The frozen network of LPIPS, and its heads.

    Maps images [B, 3, H, W] in [-1, 1], of at least ``min_side`` pixels a side, to the features of
    its five taps. Gradients reach the images.
    """

    shift: Tensor
    scale: Tensor

    def __init__(self, net: Net, state: Mapping[str, Tensor]) -> None:
        """Raises KeyError where ``state`` lacks a tensor, ValueError where it has another one."""
        super().__init__()
        self.min_side = MIN_SIDE[net]
        left = {name: value for name, value in state.items() if not name.endswith(".filt")}
        self.register_buffer("shift", left.pop("scaling_layer.shift"))
        self.register_buffer("scale", left.pop("scaling_layer.scale"))
        self.stages, place = nn.ModuleList(), 0
        for number, layers in enumerate(LAYERS[net], 1):
            stage = nn.Sequential()
            for layer in layers:
                stage.append(_layer(layer, f"net.slice{number}.{place}", left))
                place += 1
            self.stages.append(stage)
        self.heads = nn.ParameterList(
            left.pop(f"lin{tap}.model.1.weight") for tap in range(len(self.stages))
        )
        if left:
            raise ValueError(f"unknown tensors: {', '.join(left)}")
        self.channels = tuple(head.shape[1] for head in self.heads)
        self.freeze()

    def features(self, images: Tensor) -> list[Tensor]:
        """Return the features of the five taps, [B, C, H', W'] each."""
        x, taps = (images - self.shift) / self.scale, []
        for stage in self.stages:
            x = stage(x)
            taps.append(x)
        return taps

    def distance(self, outputs: Sequence[Tensor], targets: Sequence[Tensor]) -> Tensor:
        """Return the LPIPS of each image, [B], from the taps of outputs and of targets.

        Features have unit length at each position; their squared differences are weighted by the
        heads, averaged over positions and summed over taps.
        """
        return torch.stack(
            [
                (head * (_unit(ours) - _unit(theirs)) ** 2).sum(dim=1).mean(dim=(1, 2))
                for head, ours, theirs in zip(self.heads, outputs, targets, strict=True)
            ]
        ).sum(dim=0)


def _unit(features: Tensor) -> Tensor:
    features = features.float()
    return features / (features.square().sum(dim=1, keepdim=True).sqrt() + SMALL)


def _layer(layer: str, name: str, state: dict[str, Tensor]) -> nn.Module:
    """Build a layer of :data:`LAYERS`; a convolution takes its tensors out of ``state``."""
    kind, _, number = layer.partition(" ")
    if kind == "conv":
        weight, bias = state.pop(f"{name}.weight"), state.pop(f"{name}.bias")
        out, channels, side, _ = weight.shape
        conv = nn.Conv2d(channels, out, side, padding=int(number), device="meta")
        conv.weight, conv.bias = nn.Parameter(weight), nn.Parameter(bias)
        return conv
    if kind == "max":
        return nn.MaxPool2d(int(number), stride=1)
    return Blur() if kind == "blur" else nn.ReLU()


def load_shift_tolerant(weights: Path, net: Net) -> ShiftTolerant:
    """Read a network from the file of the asset ``lpips``.

    Raises UserError where the file is missing or damaged.
    """
    try:
        with zipfile.ZipFile(weights) as archive:
            content = io.BytesIO(archive.read(f"{net}_shift_tolerant.pth"))
        return ShiftTolerant(net, torch.load(content, map_location="cpu", weights_only=True))
    except FileNotFoundError:
        raise UserError(f"{weights} does not exist: run 's2f fetch lpips'") from None
    except Exception as error:  # torch raises many kinds for a broken file
        raise UserError(f"{weights} is not the file of LPIPS: {error}; fetch it again") from None
