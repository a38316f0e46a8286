"""pix2pix (Isola et al. 2017): conditional GAN + λ·reconstruction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from s2f_core.gans.blueprint import Blueprint
from s2f_core.gans.critic import AdversarialSection, Critic
from s2f_core.gans.game import Game
from s2f_core.gans.players import Generating, Player, Scalars, descend
from s2f_core.losses import RECONSTRUCTIONS, Reconstruction, dissimilarity, feature_matching
from s2f_core.pairs import Batch
from s2f_core.recipe import Recipe, Turn

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric


class Pix2PixSection(AdversarialSection):
    """``objective: {type: pix2pix, …}``.

    ``reconstruction`` and its weight ``lambda_reconstruction`` (λ of eq. 4); ``lambda_ssim``:
    weight of 1 - SSIM (Zhao et al. 2017), 0 is off; ``conditional``: whether D is given the input
    beside the output; ``lambda_features``: weight of feature matching (Wang et al. 2018, eq. 4),
    0 is off; ``lambda_identity``: weight of the reconstruction loss
    between G(B) and B (P1's hybrid), 0 is off.
    """

    type: Literal["pix2pix"]
    reconstruction: Reconstruction = "l1"
    lambda_reconstruction: float = Field(100.0, ge=0)
    lambda_ssim: float = Field(0.0, ge=0)
    conditional: bool = True
    lambda_features: float = Field(0.0, ge=0)
    lambda_identity: float = Field(0.0, ge=0)
    takes: ClassVar[Literal["image", "vector"]] = "image"
    paired: ClassVar[bool] = True

    @property
    def one_domain(self) -> bool:
        """Whether A and B need one number of channels, as G(B) does."""
        return self.lambda_identity > 0

    def build(self, fabric: Fabric, blueprint: Blueprint, lr: float, recipe: Recipe) -> Pix2Pix:
        """Set the networks up for training on the fabric's device and precision."""
        return Pix2Pix(self, fabric, blueprint, lr, recipe)


class Pix2Pix(Game):
    """One generator and one discriminator, trained in turn.

    The discriminator steps first; the generator then maximises log D against the discriminator
    just updated.
    """

    def __init__(
        self,
        section: Pix2PixSection,
        fabric: Fabric,
        blueprint: Blueprint,
        lr: float,
        recipe: Recipe,
    ) -> None:
        self.section, self.fabric, self.recipe = section, fabric, recipe
        self.generator = Generating(fabric, blueprint.make_generator(), lr, recipe)
        a, b = blueprint.channels
        network = blueprint.make_discriminator(a + b if section.conditional else b)
        self.critic = Critic(fabric, network, lr, recipe, section, coloured=b)

    @property
    def players(self) -> dict[str, Player]:
        """Generator and discriminator."""
        return {"generator": self.generator, "discriminator": self.critic}

    def play(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """One step of whose turn it is; returns named scalars.

        ``g_adversarial``, ``g_<reconstruction>``, ``g_ssim`` (1 - SSIM), ``g_features``,
        ``g_identity`` (all unweighted, where there is such a loss), ``grad_norm_g``, and those of
        :meth:`Critic.learn`.
        """
        parts = batch.split(self.recipe.accumulate)
        with torch.set_grad_enabled(turn.generator):  # one pass serves both, where memory allows
            shared = [self.generator(batch.a)] if len(parts) == 1 else None
        found: dict[str, Tensor] = {}
        if turn.discriminator:
            outputs = shared or (self._constant(part) for part in parts)
            seen = (
                (self._seen(part, part.b), self._seen(part, fake))
                for part, fake in zip(parts, outputs, strict=True)
            )
            found |= self.critic.learn(seen, len(parts), turn.noise)
        if turn.generator:
            outputs = shared or (self.generator(part.a) for part in parts)
            found |= self._generate(parts, outputs, turn)
        return found

    def _constant(self, part: Batch) -> Tensor:
        with torch.no_grad():
            fake: Tensor = self.generator(part.a)
        return fake

    def _seen(self, part: Batch, image: Tensor) -> Tensor:
        return torch.cat([part.a, image], dim=1) if self.section.conditional else image

    def _generate(
        self, parts: Sequence[Batch], outputs: Iterable[Tensor], turn: Turn
    ) -> dict[str, Tensor]:
        scalars = Scalars()
        with self.critic.frozen():
            losses = (
                self._loss(part, fake, turn, scalars) / len(parts)
                for part, fake in zip(parts, outputs, strict=True)
            )
            (norm,) = descend(self.fabric, [self.generator], losses)
        return {**scalars.mean(), "grad_norm_g": norm}

    def _loss(self, part: Batch, fake: Tensor, turn: Turn, scalars: Scalars) -> Tensor:
        section = self.section
        reconstruct = RECONSTRUCTIONS[section.reconstruction]
        *features, logits = self.critic.features(self._seen(part, fake), turn.noise)
        adversarial, distance = self.critic.adversarial(logits), reconstruct(fake, part.b)
        scalars.add(g_adversarial=adversarial, **{f"g_{section.reconstruction}": distance})
        loss = adversarial + section.lambda_reconstruction * distance
        if section.lambda_ssim:
            dissimilar = dissimilarity(fake, part.b)
            scalars.add(g_ssim=dissimilar)
            loss = loss + section.lambda_ssim * dissimilar
        if section.lambda_features:
            with torch.no_grad():
                *real, _ = self.critic.features(self._seen(part, part.b), turn.noise)
            matching = feature_matching(features, real)
            scalars.add(g_features=matching)
            loss = loss + section.lambda_features * matching
        if section.lambda_identity:
            identity = reconstruct(self.generator(part.b), part.b)
            scalars.add(g_identity=identity)
            loss = loss + section.lambda_identity * identity
        return loss
