"""The reference's generators in small, written anew with its key names, for tests of the importer.

A U-Net is a level that holds the next; a ResNet is one list of layers.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def _norm(norm: str, channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels)


class Level(nn.Module):
    """A level of a U-Net that holds the levels below it, with the reference's key names."""

    def __init__(self, widths: list[int], ends: tuple[int, int], norm: str, *, outer: bool) -> None:
        super().__init__()
        self.outer = outer
        (source, target), width, bias = ends, widths[0], norm == "instance"
        inner = Level(widths[1:], (width, width), norm, outer=False) if widths[1:] else None
        layers: list[nn.Module] = [] if outer else [nn.LeakyReLU(0.2)]
        layers.append(nn.Conv2d(source, width, 4, 2, 1, bias=bias))
        if inner:
            layers += [] if outer else [_norm(norm, width)]
            layers.append(inner)
        layers.append(nn.ReLU())
        wide = width * (2 if inner else 1)
        layers.append(nn.ConvTranspose2d(wide, target, 4, 2, 1, bias=bias or outer))
        layers.append(nn.Tanh() if outer else _norm(norm, target))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """The level's own output, beside its input unless it is the outermost."""
        y: Tensor = self.model(x)
        return y if self.outer else torch.cat([x, y], 1)


class UNet(nn.Module):
    """A U-Net with the reference's key names."""

    def __init__(self, norm: str, ends: tuple[int, int] = (3, 3), depth: int = 5) -> None:
        super().__init__()
        widths = [2 * min(2**level, 8) for level in range(depth)]
        self.model = Level(widths, ends, norm, outer=True)

    def forward(self, x: Tensor) -> Tensor:
        """Translate a batch."""
        y: Tensor = self.model(x)
        return y


class Block(nn.Module):
    """A residual block with the reference's key names."""

    def __init__(self, channels: int, norm: str, *, dropout: bool) -> None:
        super().__init__()
        bias = norm == "instance"
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            _norm(norm, channels),
            nn.ReLU(),
            *([nn.Dropout(0.5)] if dropout else []),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=bias),
            _norm(norm, channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """x + F(x)."""
        y: Tensor = self.conv_block(x)
        return x + y


class ResNet(nn.Module):
    """A ResNet generator with the reference's key names."""

    def __init__(self, norm: str, *, blocks: int = 2, dropout: bool = False) -> None:
        super().__init__()
        bias = norm == "instance"
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(1, 2, 7, bias=bias), _norm(norm, 2), nn.ReLU()]
        for out in (4, 8):
            layers += [nn.Conv2d(out // 2, out, 3, 2, 1, bias=bias), _norm(norm, out), nn.ReLU()]
        layers += [Block(8, norm, dropout=dropout) for _ in range(blocks)]
        for out in (4, 2):
            up = nn.ConvTranspose2d(2 * out, out, 3, 2, 1, output_padding=1, bias=bias)
            layers += [up, _norm(norm, out), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(2, 3, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Translate a batch."""
        y: Tensor = self.model(x)
        return y
