"""The unconditional GAN (Goodfellow et al. 2014; DCGAN, Radford et al. 2016): noise to images."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from s2f_core.common import distributed
from s2f_core.data.batches import Batch
from s2f_core.training.objectives.base import Blueprint, Objective
from s2f_core.training.objectives.discriminator import AdversarialSection, DiscriminatorPlayer
from s2f_core.training.objectives.players import GeneratorPlayer, Player, Scalars, descend
from s2f_core.training.recipe import Recipe, Turn

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric


class UnconditionalSection(AdversarialSection):
    """Noise to images, by the adversarial loss alone: ``{type: unconditional}``.

    The discriminator steps first; each player draws new noise. Source: Goodfellow et al. 2014;
    Radford et al. 2016.
    """

    type: Literal["unconditional"]
    takes: ClassVar[Literal["image", "vector"]] = "vector"
    paired: ClassVar[bool] = True
    one_domain: ClassVar[bool] = False

    def build(
        self, fabric: Fabric, blueprint: Blueprint, lr: float, recipe: Recipe
    ) -> Unconditional:
        """Set the networks up for training on the fabric's device and precision."""
        return Unconditional(self, fabric, blueprint, lr, recipe)


class Unconditional(Objective):
    """A generator of images from noise, and a discriminator; D steps first.

    Training draws new noise, U[-1, 1], for every batch and player; validations and the
    test read the fixed noise of the condition's table.
    """

    def __init__(
        self,
        section: UnconditionalSection,
        fabric: Fabric,
        blueprint: Blueprint,
        lr: float,
        recipe: Recipe,
    ) -> None:
        self.fabric, self.recipe = fabric, recipe
        self.generator = GeneratorPlayer(fabric, blueprint.make_generator(), lr, recipe)
        channels = blueprint.channels[1]
        network = blueprint.make_discriminator(channels)
        self.discriminator = DiscriminatorPlayer(
            fabric, network, lr, recipe, section, image_channels=channels
        )

    @property
    def players(self) -> dict[str, Player]:
        """Generator and discriminator."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def train_step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Update the players whose turn it is; return named scalars.

        ``g_adversarial``, ``grad_norm_g``, and those of :meth:`DiscriminatorPlayer.update`.
        """
        parts = batch.split(self.recipe.accumulate)
        scalars: dict[str, Tensor] = {}
        if turn.discriminator:
            with torch.no_grad():
                fakes = [self.generator(_noise(part.a)) for part in parts]
            pairs = ((part.b, fake) for part, fake in zip(parts, fakes, strict=True))
            scalars |= self.discriminator.update(pairs, len(parts), turn.noise)
        if turn.generator:
            means = Scalars()
            losses = (self._loss(part, turn.noise, means) / len(parts) for part in parts)
            (norm,) = descend(self.fabric, [self.generator], losses)
            scalars |= {**means.mean(), "grad_norm_g": norm}
        return scalars

    def _loss(self, part: Batch, noise: float, scalars: Scalars) -> Tensor:
        fake = self.generator(_noise(part.a))
        loss = self.discriminator.adversarial(self.discriminator.features(fake, noise)[-1])
        scalars.add(g_adversarial=loss)
        return loss


def _noise(like: Tensor) -> Tensor:
    return distributed.sample_sharded_like(torch.rand_like, like) * 2 - 1
