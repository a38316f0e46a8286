"""ResNet generator of CycleGAN, with P1's concatenating skips as an option."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.networks.layers import (
    NORMS,
    RELU,
    Activation,
    Dropout,
    Norm,
    Up,
    needs_bias,
    upsampling_layers,
)


class ResidualBlock(nn.Module):
    """x + F(x), F two reflect-padded 3×3 convolutions with norm (Johnson et al. 2016).

    Maps [B, channels, H, W] to the same; H and W are at least 2 (reflection needs two pixels).
    """

    def __init__(
        self, channels: int, norm: Norm, activation: Activation = RELU, dropout: float = 0
    ) -> None:
        super().__init__()
        bias = needs_bias(norm)
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect", bias=bias),
            NORMS[norm](channels),
            activation.build(),
            Dropout(dropout) if dropout else nn.Identity(),
            nn.Conv2d(channels, channels, 3, 1, 1, padding_mode="reflect", bias=bias),
            NORMS[norm](channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        residual: Tensor = self.body(x)
        return x + residual


class ResNet(nn.Module):
    """7×7 stem, ``downs`` stride-2 convolutions, residual blocks, as many ups, 7×7 head.

    Maps [B, in_channels, H, W] float in [-1, 1] to [B, out_channels, H, W] in [-1, 1]; H and W are
    multiples of 2**downs and larger than 2**downs.
    """

    def __init__(
        self, section: ResNetSection, width: int, in_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        norm, bias = section.norm, needs_bias(section.norm)
        self.stem = section.stage(
            width,
            nn.Conv2d(
                in_channels, width, 7, 1, 3, padding_mode="reflect", bias=bias or section.stem_bias
            ),
        )
        widths = [width * 2**level for level in range(section.downs + 1)]
        self.downs = nn.ModuleList(
            section.stage(out, nn.Conv2d(source, out, 3, 2, 1, bias=bias))
            for source, out in pairwise(widths)
        )
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(widths[-1], norm, section.activation, section.dropout)
                for _ in range(section.blocks)
            )
        )
        self.skip_levels = range(1, section.downs) if section.skips else range(0)
        self.ups = nn.ModuleList(
            section.stage(
                widths[level - 1],
                *upsampling_layers(section.up, source, widths[level - 1], 3, bias=bias),
            )
            for level, source in (
                (level, widths[level] * (2 if level in self.skip_levels else 1))
                for level in reversed(range(1, section.downs + 1))
            )
        )
        self.head = nn.Conv2d(width, out_channels, 7, 1, 3, padding_mode="reflect")

    def forward(self, image: Tensor) -> Tensor:
        """Translate a batch; see the class for shapes and ranges."""
        x = self.stem(image)
        features = [x]
        for down in self.downs:
            x = down(x)
            features.append(x)
        x = self.blocks(x)
        for level, up in zip(reversed(range(1, len(features))), self.ups, strict=True):
            x = up(torch.cat([features[level], x], dim=1) if level in self.skip_levels else x)
        return torch.tanh(self.head(x))


class ResNetSection(Section):
    """Residual blocks between strided and transposed convolutions: ``{type: resnet}``.

    Source: Zhu et al. 2017, section 7.2 and appendix. P1 has three downs and ``skips``; P4 has
    ``{downs: 2, blocks: 2}``. P5's ResNet of 11,383,491 parameters is ``{norm: instance-affine,
    stem_bias: true}`` at width 64, 3 → 3; found from that count.

    Deviations: ``up: nearest``, an ``activation`` other than ReLU.
    """

    takes: ClassVar[Literal["image", "vector"]] = "image"

    type: Literal["resnet"]
    downs: int = Field(2, ge=1, le=5, description="Halvings, and as many doublings (P1: 3).")
    blocks: int = Field(9, ge=0, le=64, description="Residual blocks (P4: 2).")
    norm: Norm = Field("instance", description="Norm after the convolutions.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout in the residual blocks.")
    skips: bool = Field(
        False,
        description=(
            "Concatenate the features of all downs but the last to the inputs of the ups (P1)."
        ),
    )
    up: Up = "transposed"
    stem_bias: bool = Field(
        False, description="A bias on the first convolution, also in front of a norm (P5)."
    )
    activation: Activation = Field(RELU, description="Activation of all stages.")

    def build(self, size: int, width: int, in_channels: int, out_channels: int) -> ResNet:
        """Return the network for square images of ``size`` pixels.

        Raises UserError where ``size`` cannot be halved ``downs`` times and stay over one pixel.
        """
        if size % 2**self.downs or size <= 2**self.downs:
            raise UserError(
                f"resnet: images of {size} px cannot be halved {self.downs} times; give a size "
                f"that is a multiple of {2**self.downs} and larger than it, or fewer downs"
            )
        return ResNet(self, width, in_channels, out_channels)

    def multiple(self, size: int) -> int:  # noqa: ARG002  # a U-Net's depends on it
        """Return the number whose multiples the network takes as sides, itself excepted."""
        return int(2**self.downs)

    def stage(self, channels: int, *convolution: nn.Module) -> nn.Sequential:
        """Return a convolution to ``channels`` with this section's norm and activation."""
        return nn.Sequential(*convolution, NORMS[self.norm](channels), self.activation.build())
