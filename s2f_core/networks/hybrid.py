"""P1's hybrid generator: a U-Net with a ResNet at its bottleneck, by DCGAN's rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field
from torch import nn

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.networks.convolutions import Convolution
from s2f_core.networks.layers import (
    NORMS,
    RELU,
    Activation,
    Norm,
    Up,
    needs_bias,
    upsampling_layers,
)
from s2f_core.networks.resnet import ResidualBlock
from s2f_core.networks.unet import UNet


class HybridSection(Section):
    """A U-Net widened at its bottleneck, with residual blocks there: ``{type: hybrid}``.

    ``depth`` 4×4 stride-2 convolutions, channels doubling from ``width`` up to 8 times it; a 3×3
    convolution that doubles them once more and ``blocks`` residual blocks of that width; ``depth``
    doublings with skips. No norm on the first and the last layer (Radford et al. 2016, section 3).

    Source: P1, which prints none of these numbers: ``depth``, ``blocks`` and the widening are ours.
    Deviations: ``up: nearest``, an ``activation`` other than ReLU.
    """

    takes: ClassVar[Literal["image", "vector"]] = "image"

    type: Literal["hybrid"]
    depth: int = Field(3, ge=1, le=8, description="Halvings of the image.")
    blocks: int = Field(4, ge=0, le=64, description="Residual blocks at the bottleneck.")
    norm: Norm = Field(
        "instance", description="Norm after all convolutions but the first and the last."
    )
    up: Up = "transposed"
    activation: Activation = Field(RELU, description="Activation of all stages.")

    def build(self, size: int, width: int, in_channels: int, out_channels: int) -> UNet:
        """Return the network for square images of ``size`` pixels.

        Raises UserError where ``size`` cannot be halved ``depth`` times and stay over one pixel.
        """
        if size % 2**self.depth or size <= 2**self.depth:
            raise UserError(
                f"hybrid: images of {size} px cannot be halved {self.depth} times; give a size "
                f"that is a multiple of {2**self.depth} and larger than it, or a smaller depth"
            )
        channels = [width * min(2**level, 8) for level in range(self.depth)]
        wide = 2 * channels[-1]
        widening = Convolution(channels[-1], wide, 3, 1, 1, bias=needs_bias(self.norm))
        bottleneck = nn.Sequential(
            widening,
            NORMS[self.norm](wide),
            self.activation.build(),
            *(ResidualBlock(wide, self.norm, self.activation) for _ in range(self.blocks)),
        )
        return UNet(
            self._downs(in_channels, channels), bottleneck, self._ups(out_channels, channels, wide)
        )

    def multiple(self, size: int) -> int:  # noqa: ARG002  # a U-Net's depends on it
        """Return the number whose multiples the network takes as sides, itself excepted."""
        return int(2**self.depth)

    def _downs(self, source: int, channels: list[int]) -> Iterator[nn.Module]:
        for level, out in enumerate(channels):
            norm: Norm = self.norm if level else "none"
            convolution = Convolution(source, out, 4, 2, 1, bias=needs_bias(norm))
            yield nn.Sequential(convolution, NORMS[norm](out), self.activation.build())
            source = out

    def _ups(self, out_channels: int, channels: list[int], wide: int) -> Iterator[nn.Module]:
        bias, source = needs_bias(self.norm), wide
        for level in reversed(range(1, self.depth)):
            out = channels[level - 1]
            doubled = upsampling_layers(self.up, source, out, 4, bias=bias)
            yield nn.Sequential(*doubled, NORMS[self.norm](out), self.activation.build())
            source = 2 * out
        yield nn.Sequential(
            *upsampling_layers(self.up, source, out_channels, 4, bias=True), nn.Tanh()
        )
