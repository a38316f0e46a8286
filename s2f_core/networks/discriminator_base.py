"""Parts that discriminators share: stages, scales, and the keys of convolutional ones."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from s2f_core.common.config import Section
from s2f_core.networks.backbones import BackboneSection
from s2f_core.networks.layers import LEAKY_RELU, NORMS, Activation, Norm


class DiscriminatorSection(Section):
    """Base of every discriminator's section.

    Its ``build(size, width, condition, image)`` returns the network for images of ``size`` pixels
    with ``image`` channels, and ``condition`` channels of the input before them; 0 where D judges
    the image alone.
    """

    @property
    def backbones(self) -> tuple[BackboneSection, ...]:
        """The frozen networks that it sees images through."""
        return ()


class DiscriminatorNetwork(nn.Module):
    """Base of every discriminator: maps images to its features, then the logits.

    ``taps``: the number of first features that are a frozen network's.
    """

    taps: int = 0


class StagedDiscriminator(DiscriminatorNetwork):
    """A discriminator of stages that run in turn; the last one gives the logits.

    Maps [B, channels, H, W] float in [-1, 1] to the list of the stages' outputs. The last output is
    the logits [B, 1, H', W']: positive for real, negative for generated. The others serve feature
    matching (Salimans et al. 2016, section 3.1).
    """

    def __init__(self, stages: Iterable[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the features after each stage, then the logits; see the class for shapes."""
        outputs: list[Tensor] = []
        x = image
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs


class MultiScaleDiscriminator(DiscriminatorNetwork):
    """Equal discriminators, each of which gets the image at half the size of the one before.

    Maps [B, channels, H, W] in [-1, 1] to a list: the features of all, then the logits
    [B, scales, H', W']. The coarser logits are repeated to the size of the finest.
    """

    def __init__(self, networks: Iterable[StagedDiscriminator]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, image: Tensor) -> list[Tensor]:
        """Return the features of all, then the logits; see the class for shapes."""
        features: list[Tensor] = []
        logits: list[Tensor] = []
        for number, network in enumerate(self.networks):
            *stages, last = network(F.avg_pool2d(image, 2**number) if number else image)
            features += stages
            logits.append(F.interpolate(last, logits[0].shape[2:]) if number else last)
        return [*features, torch.cat(logits, dim=1)]


class ConvolutionalSection(DiscriminatorSection):
    """Keys of every convolutional discriminator."""

    width_ratio: float = Field(
        1.0,
        gt=0,
        le=16,
        description=(
            "Channels over those of the variant's width; below 1, D is smaller and faster."
        ),
    )
    spectral: bool = Field(
        False, description="Divide each weight by its largest singular value (Miyato et al. 2018)."
    )
    activation: Activation = Field(LEAKY_RELU, description="Activation of all stages but the last.")

    def scaled(self, width: int) -> int:
        """Return the channels of the first convolution, given the variant's ``width``."""
        return max(1, round(width * self.width_ratio))

    def stage(self, convolution: nn.Conv2d, norm: Norm = "none") -> nn.Sequential:
        """Return the convolution, its norm and the activation."""
        norms = NORMS[norm](convolution.out_channels)
        return nn.Sequential(self.convolution(convolution), norms, self.activation.build())

    def convolution(self, convolution: nn.Conv2d) -> nn.Module:
        """Return the convolution, with a spectral norm if ``spectral`` is set."""
        return spectral_norm(convolution) if self.spectral else convolution
