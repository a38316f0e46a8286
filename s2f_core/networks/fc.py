"""P3's fully connected generator and discriminator, for points and clouds."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from torch import nn

from s2f_core.common.config import Section
from s2f_core.networks.discriminator_base import DiscriminatorSection, StagedDiscriminator
from s2f_core.networks.layers import LEAKY_RELU, Activation

Hidden = tuple[Annotated[int, Field(ge=1, le=65536)], ...]


class FCGeneratorSection(Section):
    """Fully connected layers from a vector of noise to an "image": ``{type: fc}``.

    A point of a surface is an image [3, 1, 1], a cloud of 256 points [3, 16, 16]. The last layer
    has tanh. Source: P3, part A, which does not print the slope of the LeakyReLU.

    Maps [B, in_channels, 1, 1] float to [B, out_channels, size, size] in [-1, 1].
    """

    takes: ClassVar[Literal["image", "vector"]] = "vector"

    type: Literal["fc"]
    hidden: Hidden = Field(
        (128, 128), min_length=1, max_length=16, description="Units of the layers before the last."
    )
    activation: Activation = Field(LEAKY_RELU, description="Activation of these layers.")

    def build(
        self,
        size: int,
        width: int,  # noqa: ARG002  # an argument of every network; here ``hidden`` decides
        in_channels: int,
        out_channels: int,
    ) -> nn.Sequential:
        """Return the network for "images" of any ``size``, also 1; ``width`` is not used."""
        return nn.Sequential(
            nn.Flatten(),
            *_layers((in_channels, *self.hidden), self.activation),
            nn.Linear(self.hidden[-1], out_channels * size**2),
            nn.Tanh(),
            nn.Unflatten(1, (out_channels, size, size)),
        )


class FCDiscriminatorSection(DiscriminatorSection):
    """Fully connected layers to one logit: ``{type: fc}``.

    The logit is [B, 1, 1, 1]; the features between are [B, units]. Source: P3, part A; its sigmoid
    is part of the loss here.
    """

    type: Literal["fc"]
    hidden: Hidden = Field(
        (256, 256), min_length=1, max_length=16, description="Units of the layers before the logit."
    )
    activation: Activation = Field(LEAKY_RELU, description="Activation of these layers.")

    def build(
        self,
        size: int,
        width: int,  # noqa: ARG002  # an argument of every network; here ``hidden`` decides
        condition: int,
        image: int,
    ) -> StagedDiscriminator:
        """Return the network for "images" of any ``size``, also 1; ``width`` is not used."""
        first, *others = _layers(((condition + image) * size**2, *self.hidden), self.activation)
        logit = nn.Sequential(nn.Linear(self.hidden[-1], 1), nn.Unflatten(1, (1, 1, 1)))
        return StagedDiscriminator([nn.Sequential(nn.Flatten(), first), *others, logit])


def _layers(units: tuple[int, ...], activation: Activation) -> Iterator[nn.Module]:
    for source, out in pairwise(units):
        yield nn.Sequential(nn.Linear(source, out), activation.build())
