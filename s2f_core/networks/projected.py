"""A discriminator on the features of a frozen network (Sauer et al. 2021)."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from s2f_core.networks.backbones import BackboneSection
from s2f_core.networks.backbones.base import Backbone
from s2f_core.networks.discriminator_base import DiscriminatorNetwork, DiscriminatorSection


class ProjectedSection(DiscriminatorSection):
    """Small networks on the features of a backbone: ``{type: projected}``.

    Each of the backbone's features is mixed over its channels by a fixed random projection to
    ``channels``. A head of two 3×3 convolutions with spectral norm, LeakyReLU 0.2 between them,
    gives its logits; all heads together [B, features, H/4, W/4], the coarser ones repeated. Judges
    the image alone, not the input beside it.

    Source: Sauer et al. 2021, sections 3.1 and 3.2, without the mixing over scales.
    """

    type: Literal["projected"]
    backbone: BackboneSection = Field(BackboneSection(), description="The frozen network.")
    channels: int = Field(64, ge=1, le=1024, description="Channels of the projections and heads.")

    @property
    def backbones(self) -> tuple[BackboneSection, ...]:
        """The frozen network that it sees images through."""
        return (self.backbone,)

    def build(self, size: int, width: int, condition: int, image: int) -> ProjectedDiscriminator:
        """Return the network for square images of ``size`` pixels; ``width`` is not used.

        Raises UserError where the backbone's weights are missing or it sees no such images.
        """
        del width, condition
        return ProjectedDiscriminator(self.backbone.load(size, image), self.channels, image)


class ProjectedDiscriminator(DiscriminatorNetwork):
    """Heads on projections of a backbone's features; see the section.

    Maps [B, C, H, W] in [-1, 1], the last channels of which are the image, to the list of the
    backbone's features, then the logits.
    """

    def __init__(self, backbone: Backbone, channels: int, image_channels: int) -> None:
        super().__init__()
        self.backbone, self.image_channels = backbone, image_channels
        self.taps = len(backbone.channels)
        self.heads = nn.ModuleList()
        for place, count in enumerate(backbone.channels):
            projection = torch.empty(channels, count, 1, 1)
            nn.init.kaiming_normal_(projection, nonlinearity="linear")
            self.register_buffer(f"projection_{place}", projection)
            self.heads.append(
                nn.Sequential(
                    spectral_norm(nn.Conv2d(channels, channels, 3, 1, 1)),
                    nn.LeakyReLU(0.2),
                    spectral_norm(nn.Conv2d(channels, 1, 3, 1, 1)),
                )
            )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the backbone's features, then the logits; see the class for shapes."""
        features: list[Tensor] = self.backbone(image[:, -self.image_channels :])
        logits = [
            head(F.conv2d(feature, self.get_buffer(f"projection_{place}")))
            for place, (feature, head) in enumerate(zip(features, self.heads, strict=True))
        ]
        finest = logits[0].shape[2:]
        return [*features, torch.cat([F.interpolate(each, finest) for each in logits], dim=1)]
