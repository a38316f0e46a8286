"""DCGAN generator and discriminator (Radford et al. 2016, section 3; P4, P3)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar, Literal

from pydantic import Field
from torch import nn

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.networks.discriminator_base import ConvolutionalSection, StagedDiscriminator
from s2f_core.networks.layers import (
    NORMS,
    RELU,
    Activation,
    Norm,
    Up,
    needs_bias,
    upsampling_layers,
)

# size → (base, k) with size = base · 2**k; where two bases do, the smaller one, of more layers.
SIZES = {
    base * 2**k: (base, k)
    for base in (7, 6, 5, 4, 3)
    for k in range(2, 6)
    if 16 <= base * 2**k <= 128
}


class DCGANGeneratorSection(Section):
    """``generator: {type: dcgan, …}``: an image from a vector of noise.

    A transposed convolution from 1×1 to base×base, then k of 4×4 and stride 2, for images of
    base · 2**k px; five in all at 64 px, as in P4. Channels halve from at most 8 times ``width``
    down to ``width``. Norm and ``activation`` after each but the last, which has tanh. P4's noise
    has 100 channels.

    Maps [B, in_channels, 1, 1] float to [B, out_channels, size, size] in [-1, 1].

    Deviations: at most 8·width channels (the paper has 1,024 of its 128 at 4×4); bases 3 and 5 to
    7 beside the paper's 4; ``up: nearest`` (see ``layers.upsampling_layers``).
    """

    takes: ClassVar[Literal["image", "vector"]] = "vector"

    type: Literal["dcgan"]
    norm: Norm = Field("batch", description="Norm after all convolutions but the last.")
    up: Up = "transposed"
    activation: Activation = Field(
        RELU, description="Activation of all stages but the last (P4: jrelu)."
    )

    def build(self, size: int, width: int, in_channels: int, out_channels: int) -> nn.Sequential:
        """Return the network for square images of ``size`` pixels.

        Raises UserError for a size it cannot make; the message names those it can.
        """
        base, doublings = _plan(size)
        channels = [width * min(2**level, 8) for level in reversed(range(doublings))]
        bias = needs_bias(self.norm)
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(in_channels, channels[0], base, bias=bias),
            *self._normed(channels[0]),
        ]
        for source, out in pairwise(channels):
            layers += [*upsampling_layers(self.up, source, out, 4, bias=bias), *self._normed(out)]
        layers += [*upsampling_layers(self.up, channels[-1], out_channels, 4, bias=True), nn.Tanh()]
        return nn.Sequential(*layers)

    def _normed(self, channels: int) -> tuple[nn.Module, nn.Module]:
        return NORMS[self.norm](channels), self.activation.build()


class DCGANDiscriminatorSection(ConvolutionalSection):
    """``discriminator: {type: dcgan, …}``: one logit an image.

    k 4×4 stride-2 convolutions from base · 2**k px to base×base, channels doubling from ``width``
    up to 8 times it, norm on all but the first, LeakyReLU 0.2; then a convolution of base×base to
    the logit [B, 1, 1, 1]. Five in all at 64 px, as in P4. The sigmoid is the loss's business.
    """

    type: Literal["dcgan"]
    norm: Norm = Field(
        "batch", description="Norm after all convolutions but the first and the last."
    )

    def build(self, size: int, width: int, condition: int, image: int) -> StagedDiscriminator:
        """Return the network for square images of ``size`` pixels.

        Raises UserError for a size it cannot take; the message names those it can.
        """
        return StagedDiscriminator(
            self._stages(*_plan(size), self.scaled(width), condition + image)
        )

    def _stages(self, base: int, halvings: int, width: int, channels: int) -> Iterator[nn.Module]:
        yield self.stage(nn.Conv2d(channels, width, 4, 2, 1))
        source = width
        for level in range(1, halvings):
            out = width * min(2**level, 8)
            bias = needs_bias(self.norm)
            yield self.stage(nn.Conv2d(source, out, 4, 2, 1, bias=bias), self.norm)
            source = out
        yield self.convolution(nn.Conv2d(source, 1, base))


def _plan(size: int) -> tuple[int, int]:
    if size not in SIZES:
        raise UserError(
            f"dcgan: no whole number of halvings takes {size} px to 3 to 7 px; "
            f"give one of {', '.join(map(str, sorted(SIZES)))} px"
        )
    return SIZES[size]
