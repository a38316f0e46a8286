"""P5's discriminator: a PatchGAN whose convolutions are all strided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.networks.discriminator_base import ConvolutionalSection, StagedDiscriminator
from s2f_core.networks.layers import Norm, needs_bias


class StridedSection(ConvolutionalSection):
    """``discriminator: {type: strided, …}``.

    ``layers`` 4×4 stride-2 convolutions, the last of which gives the logits; the others' channels
    double from ``width`` up to 8 times it: 64-128-256-512-1 for five at width 64. Instance norm on
    all but the first and the last, LeakyReLU 0.2. The logits are [B, 1, H', H'] with
    H' = H // 2**layers; ``receptive_field`` says what one depends on.

    Source: P5, which says "16×16 output" of 256 px images. Five halvings of 256 px give 8×8: the
    five convolutions are kept and 16×16 comes of 512 px, or of ``layers: 4``. P5 is silent on the
    norm of the first convolution and on the slope of the LeakyReLU; both are as in PatchGAN.
    """

    type: Literal["strided"]
    layers: int = Field(
        5, ge=2, le=8, description="4×4 stride-2 convolutions; the last gives the logits."
    )
    norm: Norm = Field(
        "instance", description="Norm after all convolutions but the first and the last."
    )

    @property
    def receptive_field(self) -> int:
        """Pixels a side of the square that one logit depends on: 94 for five layers."""
        field = 1
        for _ in range(self.layers):
            field = 2 * field + 2
        return field

    def build(self, size: int, width: int, condition: int, image: int) -> StagedDiscriminator:
        """Return the network for square images of ``size`` pixels.

        Raises UserError where ``size`` cannot be halved ``layers`` times.
        """
        if size < 2**self.layers:
            raise UserError(
                f"strided: {self.layers} layers leave nothing of {size} px images; "
                f"give at least {2**self.layers} px, or fewer layers"
            )
        return StagedDiscriminator(self._stages(self.scaled(width), condition + image))

    def _stages(self, width: int, channels: int) -> Iterator[nn.Module]:
        yield self.stage(nn.Conv2d(channels, width, 4, 2, 1))
        source = width
        for level in range(1, self.layers - 1):
            out = width * min(2**level, 8)
            bias = needs_bias(self.norm)
            yield self.stage(nn.Conv2d(source, out, 4, 2, 1, bias=bias), self.norm)
            source = out
        yield self.convolution(nn.Conv2d(source, 1, 4, 2, 1))
