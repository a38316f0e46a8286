"""The unconditional GAN (Goodfellow et al. 2014; DCGAN, Radford et al. 2016): noise to images."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from s2f_core.common import distributed
from s2f_core.data.batches import Batch
from s2f_core.training.objectives.base import Game
from s2f_core.training.objectives.blueprint import Blueprint
from s2f_core.training.objectives.discriminator import AdversarialSection, Critic
from s2f_core.training.objectives.players import Generating, Player, Scalars, descend
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


class Unconditional(Game):
    """A generator of images from noise, and a discriminator; D steps first.

    Training draws new noise, U[-1, 1], for every batch and player; the noise table of the
    condition is what the same samples are drawn from at every validation and test.
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
        self.generator = Generating(fabric, blueprint.make_generator(), lr, recipe)
        channels = blueprint.channels[1]
        network = blueprint.make_discriminator(channels)
        self.critic = Critic(fabric, network, lr, recipe, section, coloured=channels)

    @property
    def players(self) -> dict[str, Player]:
        """Generator and discriminator."""
        return {"generator": self.generator, "discriminator": self.critic}

    def play(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """One step of whose turn it is; returns named scalars.

        ``g_adversarial``, ``grad_norm_g``, and those of :meth:`Critic.learn`.
        """
        parts = batch.split(self.recipe.accumulate)
        found: dict[str, Tensor] = {}
        if turn.discriminator:
            with torch.no_grad():
                made = [self.generator(_noise(part.a)) for part in parts]
            seen = ((part.b, fake) for part, fake in zip(parts, made, strict=True))
            found |= self.critic.learn(seen, len(parts), turn.noise)
        if turn.generator:
            scalars = Scalars()
            losses = (self._loss(part, turn.noise, scalars) / len(parts) for part in parts)
            (norm,) = descend(self.fabric, [self.generator], losses)
            found |= {**scalars.mean(), "grad_norm_g": norm}
        return found

    def _loss(self, part: Batch, noise: float, scalars: Scalars) -> Tensor:
        fake = self.generator(_noise(part.a))
        loss = self.critic.adversarial(self.critic.features(fake, noise)[-1])
        scalars.add(g_adversarial=loss)
        return loss


def _noise(like: Tensor) -> Tensor:
    return distributed.sample_sharded_like(torch.rand_like, like) * 2 - 1
