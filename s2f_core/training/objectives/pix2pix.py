"""pix2pix (Isola et al. 2017): conditional GAN + λ·reconstruction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from s2f_core.data.batches import Batch
from s2f_core.networks.backbones import BackboneSection
from s2f_core.training.objectives.base import Blueprint, Objective
from s2f_core.training.objectives.discriminator import AdversarialSection, DiscriminatorPlayer
from s2f_core.training.objectives.losses import (
    RECONSTRUCTIONS,
    Reconstruction,
    dissimilarity,
    feature_matching,
    perceptual_distance,
)
from s2f_core.training.objectives.perceptual import PerceptualLoss
from s2f_core.training.objectives.players import (
    GeneratorPlayer,
    Player,
    Scalars,
    backpropagate,
    descend,
)
from s2f_core.training.recipe import Recipe, Turn

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric


class Pix2PixSection(AdversarialSection):
    """Conditional GAN with a distance from the target: ``{type: pix2pix}`` (Isola et al. 2017)."""

    type: Literal["pix2pix"]
    reconstruction: Reconstruction = Field(
        "l1", description="Distance from the target (l1; P2's E4: l2)."
    )
    lambda_reconstruction: float = Field(
        100.0, ge=0, le=1e6, description="Weight of that distance (λ of eq. 4)."
    )
    lambda_ssim: float = Field(
        0.0, ge=0, le=1e6, description="Weight of 1 − SSIM (Zhao et al. 2017); 0 is off."
    )
    conditional: bool = Field(
        True,
        description="Whether the discriminator sees the input beside the output; a projected one "
        "never does.",
    )
    lambda_features: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="Weight of feature matching (Wang et al. 2018, eq. 4); 0 is off.",
    )
    lambda_perceptual: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description=(
            "Weight of the distance between a frozen network's features of output and target "
            "(Johnson et al. 2016, eq. 2); 0 is off."
        ),
    )
    perceptual: BackboneSection = Field(
        BackboneSection(), description="That frozen network; lambda_perceptual is its weight."
    )
    lambda_identity: float = Field(
        0.0,
        ge=0,
        le=1e6,
        description="Weight of the distance between G(B) and B (P1's hybrid); 0 is off.",
    )
    updates: Literal["alternating", "simultaneous"] = Field(
        "alternating",
        description=(
            "alternating: D steps first, then G with the updated D (Goodfellow "
            "et al. 2014). simultaneous: both step from one pass of D, which is "
            "faster (Mescheder et al. 2018)."
        ),
    )
    takes: ClassVar[Literal["image", "vector"]] = "image"
    paired: ClassVar[bool] = True

    @property
    def backbones(self) -> tuple[BackboneSection, ...]:
        """The frozen network of the perceptual loss, where there is one."""
        return (self.perceptual,) if self.lambda_perceptual else ()

    @property
    def one_domain(self) -> bool:
        """Whether A and B need one number of channels, as G(B) does."""
        return self.lambda_identity > 0

    def build(self, fabric: Fabric, blueprint: Blueprint, lr: float, recipe: Recipe) -> Pix2Pix:
        """Set the networks up for training on the fabric's device and precision."""
        return Pix2Pix(self, fabric, blueprint, lr, recipe)


class Pix2Pix(Objective):
    """One generator and one discriminator, trained in turn or at once; see the section."""

    def __init__(
        self,
        section: Pix2PixSection,
        fabric: Fabric,
        blueprint: Blueprint,
        lr: float,
        recipe: Recipe,
    ) -> None:
        self.section, self.fabric, self.recipe = section, fabric, recipe
        self.generator = GeneratorPlayer(fabric, blueprint.make_generator(), lr, recipe)
        a, b = blueprint.channels
        network = blueprint.make_discriminator(b, a if section.conditional else 0)
        self.same_features = (  # D's pass gives those of the perceptual loss
            blueprint.discriminator.backbones == section.backbones != ()
            and not recipe.augment
            and not recipe.noise
        )
        self.perceptual: PerceptualLoss | None = None
        if section.lambda_perceptual and not self.same_features:
            backbone = section.perceptual.load(blueprint.size, b)
            self.perceptual = PerceptualLoss(fabric, backbone)
        self.discriminator = DiscriminatorPlayer(
            fabric, network, lr, recipe, section, image_channels=b
        )

    @property
    def players(self) -> dict[str, Player]:
        """Generator and discriminator."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def train_step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Update the players whose turn it is; return named scalars.

        ``g_adversarial``, ``g_<reconstruction>``, ``g_ssim`` (1 - SSIM), ``g_features``,
        ``g_perceptual``, ``g_identity`` (all unweighted, where there is such a loss),
        ``grad_norm_g``, and those of :meth:`DiscriminatorPlayer.update`.
        """
        parts = batch.split(self.recipe.accumulate)
        if self.section.updates == "simultaneous" and turn.generator and turn.discriminator:
            return self._step_at_once(parts, turn)
        with torch.set_grad_enabled(turn.generator):  # one pass serves both, where memory allows
            shared = [self._generate(batch.a, batch)] if len(parts) == 1 else None
        scalars: dict[str, Tensor] = {}
        if turn.discriminator:
            outputs = shared or (self._generate_without_gradient(part) for part in parts)
            inputs = (
                (self._d_input(part, part.b), self._d_input(part, fake))
                for part, fake in zip(parts, outputs, strict=True)
            )
            scalars |= self.discriminator.update(inputs, len(parts), turn.noise)
        if turn.generator:
            outputs = shared or (self._generate(part.a, part) for part in parts)
            scalars |= self._update_generator(parts, outputs, turn)
        return scalars

    def _step_at_once(self, parts: Sequence[Batch], turn: Turn) -> dict[str, Tensor]:
        """Backpropagate each loss into its own player, through one graph of D's two passes."""
        players, scalars = (self.discriminator, self.generator), Scalars()
        for player in players:
            player.optimizer.zero_grad()
        for part in parts:
            fake = self._generate(part.a, part)
            inputs = self._d_input(part, part.b).detach(), self._d_input(part, fake)
            d_loss, real, generated = self.discriminator.loss(*inputs, turn.noise, scalars)
            g_loss = self._loss(part, fake, generated, real, scalars)
            backpropagate(self.fabric, [self.discriminator], d_loss / len(parts), retain_graph=True)
            backpropagate(self.fabric, [self.generator], g_loss / len(parts))
        norm_d, norm_g = (player.step() for player in players)
        return {**scalars.mean(), "grad_norm_d": norm_d, "grad_norm_g": norm_g}

    def _generate(self, images: Tensor, part: Batch) -> Tensor:
        told = {} if part.palette is None else {"palette": part.palette}
        fake: Tensor = self.generator(images, **told)
        return fake

    def _generate_without_gradient(self, part: Batch) -> Tensor:
        with torch.no_grad():
            return self._generate(part.a, part)

    def _d_input(self, part: Batch, image: Tensor) -> Tensor:
        return torch.cat([part.a, image], dim=1) if self.section.conditional else image

    def _update_generator(
        self, parts: Sequence[Batch], outputs: Iterable[Tensor], turn: Turn
    ) -> dict[str, Tensor]:
        scalars = Scalars()
        losses = (
            self._loss(part, fake, *self._d_features(part, fake, turn.noise), scalars) / len(parts)
            for part, fake in zip(parts, outputs, strict=True)
        )
        (norm,) = descend(self.fabric, [self.generator], losses)
        return {**scalars.mean(), "grad_norm_g": norm}

    def _d_features(
        self, part: Batch, fake: Tensor, noise: float
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return D's features of generated images and, where they are matched, of real ones."""
        generated = self.discriminator.features(self._d_input(part, fake), noise)
        if not (self.section.lambda_features or self.same_features):
            return generated, []
        with torch.no_grad():
            return generated, self.discriminator.features(self._d_input(part, part.b), noise)

    def _loss(
        self,
        part: Batch,
        fake: Tensor,
        generated: Sequence[Tensor],
        real: Sequence[Tensor],
        scalars: Scalars,
    ) -> Tensor:
        section = self.section
        reconstruct = RECONSTRUCTIONS[section.reconstruction]
        taps = self.discriminator.taps
        logits = generated[-1]
        adversarial, distance = self.discriminator.adversarial(logits), reconstruct(fake, part.b)
        scalars.add(g_adversarial=adversarial, **{f"g_{section.reconstruction}": distance})
        loss = adversarial + section.lambda_reconstruction * distance
        if section.lambda_ssim:
            ssim_loss = dissimilarity(fake, part.b)
            scalars.add(g_ssim=ssim_loss)
            loss = loss + section.lambda_ssim * ssim_loss
        if section.lambda_features:
            matching = feature_matching(generated[taps:-1], real[taps:-1])
            scalars.add(g_features=matching)
            loss = loss + section.lambda_features * matching
        if section.lambda_perceptual:
            if self.perceptual:
                distance = self.perceptual(fake, part.b)
            else:
                distance = perceptual_distance(generated[:taps], real[:taps])
            scalars.add(g_perceptual=distance)
            loss = loss + section.lambda_perceptual * distance
        if section.lambda_identity:
            identity = reconstruct(self._generate(part.b, part), part.b)
            scalars.add(g_identity=identity)
            loss = loss + section.lambda_identity * identity
        return loss
