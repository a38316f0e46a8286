"""PatchGAN discriminator of pix2pix (Isola et al. 2017, sections 3.2.2 and 6.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.networks.discriminator_base import (
    ConvolutionalSection,
    DiscriminatorNetwork,
    MultiScaleDiscriminator,
    StagedDiscriminator,
)
from s2f_core.networks.layers import Norm, needs_bias


class PatchGANSection(ConvolutionalSection):
    """A logit for every overlapping patch: ``{type: patchgan}``.

    ``layers`` 4×4 stride-2 convolutions and two of stride 1, channels doubling from ``width`` up to
    8 times it. The logits are [B, scales, H', W'] with H' = H // 2**layers - 2; a coarser network's
    logits are repeated, so that every network has an equal say. ``layers: 0`` is the paper's
    PixelGAN: three 1×1 convolutions, H' = H.

    Source: Isola et al. 2017, sections 3.2.2 and 6.1.2.
    """

    type: Literal["patchgan"]
    layers: int = Field(
        3,
        ge=0,
        le=8,
        description=(
            "Strided convolutions: patches of 70 px for 3, 34 for 2, 16 for 1, one pixel for 0."
        ),
    )
    norm: Norm = Field(
        "batch", description="Norm after all convolutions but the first and the last."
    )
    scales: int = Field(
        1,
        ge=1,
        le=4,
        description=(
            "Number of such networks, each at half the image size of the one "
            "before (Wang et al. 2018, section 3.2)."
        ),
    )

    @property
    def receptive_field(self) -> int:
        """Pixels a side of the square that one logit depends on.

        1 for no layers, then 16, 34, 70, 142, 286, …: a stride-2 4×4 convolution makes r pixels
        2r + 2, and the two of stride 1 see 7.
        """
        if self.layers == 0:
            return 1
        field = 7
        for _ in range(self.layers):
            field = 2 * field + 2
        return field

    def build(self, size: int, width: int, condition: int, image: int) -> DiscriminatorNetwork:
        """Return the network for square images of ``size`` pixels.

        Raises UserError where the images are too small to leave one patch.
        """
        width, channels = self.scaled(width), condition + image
        if self.scales == 1:
            return self._single_scale(size, width, channels)
        sizes = [size // 2**scale for scale in range(self.scales)]
        return MultiScaleDiscriminator(self._single_scale(size, width, channels) for size in sizes)

    def _single_scale(self, size: int, width: int, channels: int) -> StagedDiscriminator:
        if self.layers == 0:
            if size == 1 and self.norm in {"instance", "instance-affine"}:
                raise UserError(
                    f"patchgan: norm {self.norm} makes an image of one pixel a constant; "
                    "give larger images, or one of the norms batch, group, none"
                )
            return StagedDiscriminator(self._pixel(width, channels))
        if size // 2**self.layers < 3:
            scales = f", the smallest of {self.scales} scales" if self.scales > 1 else ""
            raise UserError(
                f"patchgan: {self.layers} layers leave no patch of {size} px images{scales}; "
                f"give at least {3 * 2**self.layers} px, or fewer layers"
            )
        return StagedDiscriminator(self._patch(width, channels))

    def _pixel(self, width: int, channels: int) -> Iterator[nn.Module]:
        bias = needs_bias(self.norm)
        yield self.stage(nn.Conv2d(channels, width, 1))
        yield self.stage(nn.Conv2d(width, 2 * width, 1, bias=bias), self.norm)
        yield self.convolution(nn.Conv2d(2 * width, 1, 1, bias=bias))

    def _patch(self, width: int, channels: int) -> Iterator[nn.Module]:
        bias = needs_bias(self.norm)
        yield self.stage(nn.Conv2d(channels, width, 4, 2, 1))
        source = width
        for level in range(1, self.layers + 1):
            out = width * min(2**level, 8)
            stride = 2 if level < self.layers else 1
            yield self.stage(nn.Conv2d(source, out, 4, stride, 1, bias=bias), self.norm)
            source = out
        yield self.convolution(nn.Conv2d(source, 1, 4, 1, 1))
