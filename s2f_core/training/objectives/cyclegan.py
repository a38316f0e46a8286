"""CycleGAN (Zhu et al. 2017): two domains, two generators, no pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from s2f_core.data.batches import Batch
from s2f_core.training.objectives.base import Blueprint, Objective
from s2f_core.training.objectives.discriminator import AdversarialSection, DiscriminatorPlayer
from s2f_core.training.objectives.image_pool import ImagePool
from s2f_core.training.objectives.losses import RECONSTRUCTIONS, Adversarial, Reconstruction
from s2f_core.training.objectives.players import GeneratorPlayer, Player, Scalars, descend
from s2f_core.training.recipe import Recipe, Turn

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric

BACK = "_back"


class CycleGANSection(AdversarialSection):
    """Two domains, two generators, no pairs: ``{type: cyclegan}`` (Zhu et al. 2017).

    Both generators step, then both discriminators.
    """

    type: Literal["cyclegan"]
    adversarial: Adversarial = Field(
        "least-squares", description="Adversarial loss (least-squares in section 4 of the paper)."
    )
    cycle: Reconstruction = Field(
        "l1", description="Distance of the cycle and identity losses (l1; P5: l2)."
    )
    lambda_cycle: float = Field(
        10.0, ge=0, le=1e6, description="Weight of the cycle loss in both directions (λ of eq. 3)."
    )
    lambda_identity: float = Field(
        0.5,
        ge=0,
        le=1e6,
        description="Weight of the identity loss over the cycle's (section 5.2); 0 is off.",
    )
    pool: int = Field(
        50,
        ge=0,
        le=10**6,
        description=(
            "Generated images that D's batches are drawn from (section 4); 0 shows the newest."
        ),
    )
    takes: ClassVar[Literal["image", "vector"]] = "image"
    paired: ClassVar[bool] = False

    @property
    def one_domain(self) -> bool:
        """Whether A and B need one number of channels, as G(B) does."""
        return self.lambda_identity > 0

    def build(self, fabric: Fabric, blueprint: Blueprint, lr: float, recipe: Recipe) -> CycleGAN:
        """Set the networks up for training on the fabric's device and precision."""
        return CycleGAN(self, fabric, blueprint, lr, recipe)


class CycleGAN(Objective):
    """Generators A → B and B → A, trained as one; then a discriminator for each domain.

    Scalars of A → B have the same names in every objective, those of B → A end in ``_back``.
    ``g_cycle`` compares A with A → B → A, ``g_identity`` B with the output of A → B for B.
    """

    def __init__(
        self,
        section: CycleGANSection,
        fabric: Fabric,
        blueprint: Blueprint,
        lr: float,
        recipe: Recipe,
    ) -> None:
        self.section, self.fabric, self.recipe = section, fabric, recipe
        self.to_b = GeneratorPlayer(fabric, blueprint.make_generator("a-to-b"), lr, recipe)
        self.to_a = GeneratorPlayer(fabric, blueprint.make_generator("b-to-a"), lr, recipe)
        self.discriminator_b, self.discriminator_a = (
            DiscriminatorPlayer(
                fabric,
                blueprint.make_discriminator(count),
                lr,
                recipe,
                section,
                image_channels=count,
            )
            for count in reversed(blueprint.channels)
        )
        self.pool_b, self.pool_a = ImagePool(section.pool), ImagePool(section.pool)

    @property
    def players(self) -> dict[str, Player]:
        """Both generators and both discriminators."""
        return {
            "generator": self.to_b,
            "generator_back": self.to_a,
            "discriminator_b": self.discriminator_b,
            "discriminator_a": self.discriminator_a,
        }

    def train_step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Update the players whose turn it is, generators first; return named scalars.

        ``g_adversarial``, ``g_cycle``, ``g_identity`` (unweighted), ``grad_norm_g``, and those of
        :meth:`DiscriminatorPlayer.update`, for each way.
        """
        parts = batch.split(self.recipe.accumulate)
        fakes: list[tuple[Tensor, Tensor]] = []
        scalars: dict[str, Tensor] = {}
        if turn.generator:
            scalars |= self._update_generators(parts, turn, fakes)
        else:
            with torch.no_grad():
                fakes = [(self.to_b(part.a), self.to_a(part.b)) for part in parts]
        if turn.discriminator:
            pairs_b = (
                (part.b, self.pool_b(fake)) for part, (fake, _) in zip(parts, fakes, strict=True)
            )
            pairs_a = (
                (part.a, self.pool_a(fake)) for part, (_, fake) in zip(parts, fakes, strict=True)
            )
            scalars |= self.discriminator_b.update(pairs_b, len(parts), turn.noise)
            scalars_a = self.discriminator_a.update(pairs_a, len(parts), turn.noise)
            scalars |= {f"{name}{BACK}": value for name, value in scalars_a.items()}
        return scalars

    def _update_generators(
        self, parts: Sequence[Batch], turn: Turn, fakes: list[tuple[Tensor, Tensor]]
    ) -> dict[str, Tensor]:
        """Step both generators; append their outputs for each part to ``fakes``, detached."""
        scalars = Scalars()

        def losses() -> Iterator[Tensor]:
            for part in parts:
                fake_b, fake_a = self.to_b(part.a), self.to_a(part.b)
                fakes.append((fake_b.detach(), fake_a.detach()))
                loss = self._loss(part, fake_b, fake_a, turn.noise, scalars)
                yield loss / len(parts)

        norm_b, norm_a = descend(self.fabric, [self.to_b, self.to_a], losses())
        return {**scalars.mean(), "grad_norm_g": norm_b, f"grad_norm_g{BACK}": norm_a}

    def _loss(
        self, part: Batch, fake_b: Tensor, fake_a: Tensor, noise: float, scalars: Scalars
    ) -> Tensor:
        section, distance = self.section, RECONSTRUCTIONS[self.section.cycle]
        losses = {
            "g_adversarial": self._adversarial(self.discriminator_b, fake_b, noise),
            f"g_adversarial{BACK}": self._adversarial(self.discriminator_a, fake_a, noise),
            "g_cycle": distance(self.to_a(fake_b), part.a),
            f"g_cycle{BACK}": distance(self.to_b(fake_a), part.b),
        }
        if section.lambda_identity:
            losses["g_identity"] = distance(self.to_b(part.b), part.b)
            losses[f"g_identity{BACK}"] = distance(self.to_a(part.a), part.a)
        scalars.add(**losses)
        weights = {
            "g_adversarial": 1.0,
            "g_cycle": section.lambda_cycle,
            "g_identity": section.lambda_cycle * section.lambda_identity,
        }
        weighted = [weights[name.removesuffix(BACK)] * value for name, value in losses.items()]
        return torch.stack(weighted).sum()

    @staticmethod
    def _adversarial(discriminator: DiscriminatorPlayer, fake: Tensor, noise: float) -> Tensor:
        return discriminator.adversarial(discriminator.features(fake, noise)[-1])

    @property
    def capturable(self) -> bool:
        """Not with pools: their random choices are made on the processor."""
        return super().capturable and not self.section.pool

    def state_dict(self) -> dict[str, Any]:
        """Return players and pools."""
        pools = {"pool_b": self.pool_b.state_dict(), "pool_a": self.pool_a.state_dict()}
        return {**super().state_dict(), **pools}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        super().load_state_dict(state)
        self.pool_b.load_state_dict(state["pool_b"])
        self.pool_a.load_state_dict(state["pool_a"])
