"""The discriminator of every objective: how it learns and how it judges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import Tensor

from s2f_core.common import distributed
from s2f_core.common.config import Section
from s2f_core.networks.backbones import BackboneSection
from s2f_core.networks.discriminator_base import DiscriminatorNetwork
from s2f_core.training.diffaugment import diff_augment
from s2f_core.training.objectives import losses
from s2f_core.training.objectives.players import Player, Scalars, descend
from s2f_core.training.recipe import Recipe

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric


class AdversarialSection(Section):
    """Keys of every objective: the adversarial loss and its penalties."""

    adversarial: losses.Adversarial = Field(
        "vanilla",
        description=(
            "Adversarial loss: vanilla (Goodfellow et al. 2014), least-squares "
            "(Mao et al. 2017), hinge (Lim & Ye 2017) or wgan-gp (Gulrajani et "
            "al. 2017)."
        ),
    )
    gp: float = Field(
        10.0, ge=0, le=1e6, description="Weight of the gradient penalty; used by wgan-gp only."
    )
    r1: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="Weight γ of the R1 penalty on real images (Mescheder et al. 2018); 0 is off.",
    )

    @property
    def backbones(self) -> tuple[BackboneSection, ...]:
        """The frozen networks of the losses, beside the discriminator's."""
        return ()


class DiscriminatorPlayer(Player):
    """A discriminator with its losses.

    ``image_channels`` is the number of last channels of its input that make the judged image,
    ``taps`` that of its first features that are a frozen network's.
    """

    def __init__(
        self,
        fabric: Fabric,
        network: DiscriminatorNetwork,
        lr: float,
        recipe: Recipe,
        section: AdversarialSection,
        image_channels: int,
    ) -> None:
        super().__init__(fabric, network, lr * recipe.lr_d_ratio, recipe)
        self.fabric, self.recipe, self.section = fabric, recipe, section
        self.image_channels, self.taps = image_channels, network.taps

    def update(
        self, pairs: Iterable[tuple[Tensor, Tensor]], parts: int, noise: float
    ) -> dict[str, Tensor]:
        """Take one step on pairs of real and generated inputs [B, C, H, W]; return scalars.

        ``parts`` is the number of pairs.

        ``d_real`` and ``d_fake`` (losses), ``d_out_real`` and ``d_out_fake`` (mean outputs: for
        the vanilla loss probabilities), ``d_penalty`` where there is one, ``grad_norm_d``.
        """
        scalars = Scalars()

        def part_losses() -> Iterable[Tensor]:
            for real, fake in pairs:
                loss, _, _ = self.loss(real.detach(), fake.detach(), noise, scalars)
                yield loss / parts

        (norm,) = descend(self.fabric, [self], part_losses())
        return {**scalars.mean(), "grad_norm_d": norm}

    def features(self, images: Tensor, noise: float) -> list[Tensor]:
        """Augment inputs; return the features of every layer, the logits last."""
        images = diff_augment(images, self.recipe.augment, self.image_channels)
        if noise:
            images = images + noise * distributed.sample_sharded_like(torch.randn_like, images)
        features: list[Tensor] = self(images)
        return features

    def adversarial(self, logits: Tensor) -> Tensor:
        """Return the generator's loss on D's logits of its images."""
        return losses.generator_loss(self.section.adversarial, logits)

    def loss(
        self, real: Tensor, fake: Tensor, noise: float, scalars: Scalars
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        """Return D's loss on inputs [B, C, H, W], and its features of real and of generated ones.

        ``real`` needs no gradient of its own. The scalars are those of :meth:`update`.
        """
        kind, section = self.section.adversarial, self.section
        real.requires_grad_(section.r1 > 0)
        real_features, fake_features = self.features(real, noise), self.features(fake, noise)
        out_real, out_fake = real_features[-1], fake_features[-1]
        d_real, d_fake = losses.discriminator_losses(
            kind, out_real, out_fake, self.recipe.smoothing
        )
        to_output = torch.sigmoid if kind == "vanilla" else torch.nn.Identity()
        scalars.add(
            d_real=d_real,
            d_fake=d_fake,
            d_out_real=to_output(out_real.detach()).mean(),
            d_out_fake=to_output(out_fake.detach()).mean(),
        )
        penalties = []
        if section.r1:
            penalties.append(section.r1 * losses.r1(out_real, real))
        if kind == "wgan-gp":
            share = distributed.sample_sharded(
                lambda count: torch.rand(count, 1, 1, 1, device=real.device), len(real)
            )
            between = torch.lerp(fake.detach(), real.detach(), share).requires_grad_()
            out_between = self.features(between, noise)[-1]
            penalties.append(section.gp * losses.gradient_penalty(out_between, between))
        loss = d_real + d_fake
        if penalties:
            penalty = torch.stack(penalties).sum()
            scalars.add(d_penalty=penalty)
            loss = loss + penalty
        return loss, real_features, fake_features
