"""Several discriminators as one."""

from __future__ import annotations

from collections.abc import Sequence
from math import lcm
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.networks.backbones import BackboneSection
from s2f_core.networks.dcgan import DCGANDiscriminatorSection
from s2f_core.networks.discriminator_base import DiscriminatorNetwork, DiscriminatorSection
from s2f_core.networks.fc import FCDiscriminatorSection
from s2f_core.networks.patchgan import PatchGANSection
from s2f_core.networks.projected import ProjectedSection
from s2f_core.networks.resnet18 import ResNet18Section
from s2f_core.networks.strided import StridedSection

Single = (
    PatchGANSection
    | StridedSection
    | ResNet18Section
    | DCGANDiscriminatorSection
    | FCDiscriminatorSection
    | ProjectedSection
)


class SeveralSection(DiscriminatorSection):
    """Discriminators with an equal say: ``{type: several, of: [{type: patchgan}, …]}``.

    Each has its own logits, of which the loss takes the mean (Durugkar et al. 2017, eq. 2, with
    the mean as the soft maximum). They share the optimiser and the adversarial loss.
    """

    type: Literal["several"]
    of: tuple[Annotated[Single, Field(discriminator="type")], ...] = Field(
        min_length=1, max_length=8, description="The discriminators."
    )

    @property
    def backbones(self) -> tuple[BackboneSection, ...]:
        """The frozen networks that they see images through."""
        return tuple(backbone for section in self.of for backbone in section.backbones)

    def build(self, size: int, width: int, condition: int, image: int) -> SeveralDiscriminators:
        """Return the networks for square images of ``size`` pixels.

        Raises UserError where one of them cannot be had at that size.
        """
        return SeveralDiscriminators(
            [section.build(size, width, condition, image) for section in self.of]
        )


class SeveralDiscriminators(DiscriminatorNetwork):
    """Maps images to the features of all networks, frozen ones first, then the logits.

    The logits are repeated to one number of channels and one size for every network, so that the
    mean over [B, C, H', W'] is the mean over the networks.
    """

    def __init__(self, networks: Sequence[DiscriminatorNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self._taps = [network.taps for network in networks]
        self.taps = sum(self._taps)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the features of all, then the logits; see the class for shapes."""
        outputs: list[list[Tensor]] = [network(image) for network in self.networks]
        logits = [each[-1] for each in outputs]
        channels = lcm(*(each.shape[1] for each in logits))
        height, width = (max(each.shape[axis] for each in logits) for axis in (2, 3))
        alike = [
            F.interpolate(each, (height, width)).repeat(1, channels // each.shape[1], 1, 1)
            for each in logits
        ]
        frozen, learnt = [], []
        for taps, each in zip(self._taps, outputs, strict=True):
            frozen += each[:taps]
            learnt += each[taps:-1]
        return [*frozen, *learnt, torch.cat(alike, dim=1)]
