"""Variants: data, condition, networks, objective and recipe, under one name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.device import Precision
from s2f_core.common.entry_names import Name
from s2f_core.common.errors import UserError
from s2f_core.common.seeding import Seed
from s2f_core.data.pairs import Pairs, spread_rows
from s2f_core.data.selection import VariantData
from s2f_core.networks import Discriminator, Generator
from s2f_core.networks.backbones import BackboneName
from s2f_core.networks.unet import takes_palette
from s2f_core.training.objectives import UNPAIRED, Blueprint, Objective, ObjectiveSection
from s2f_core.training.recipe import Recipe

if TYPE_CHECKING:  # its import takes seconds, which only trainings need to spend
    from lightning_fabric import Fabric

PALETTES = 64  # training photos whose palettes a model keeps, to draw from
NO_PAIRS = (
    "has no pairs to score: set recipe.best to kid or last, and a schedule other than plateau"
)
WITH_ARTICLE = {"image": "an image", "vector": "a vector"}


LearningRate = Annotated[float, Field(strict=True, gt=0, le=1)]
Width = Annotated[int, Field(strict=True, ge=1, le=1024)]
MaxSteps = Annotated[int, Field(strict=True, ge=1, le=10**9)] | None
MaxMinutes = Annotated[float, Field(strict=True, gt=0, le=525_600)] | None  # a year


class Variant(Section):
    """An entry under ``variants:``; keys that it leaves out have the values of ``defaults:``."""

    study: Name | None = Field(None, description="Study that the variant belongs to.")
    data: VariantData = Field(description="Images, and how the inputs are made from them.")
    scale: float = Field(1.0, gt=0, le=1, description="Image size of the networks over image_size.")
    share: float = Field(
        1.0, gt=0, le=1, description="Share of max_steps and max_minutes that the variant gets."
    )
    width_ratio: float = Field(
        1.0, gt=0, le=16, description="Width of the networks over the top-level width."
    )
    generator: Generator = Field(description="Generator network.")
    discriminator: Discriminator = Field(description="Discriminator network.")
    objective: ObjectiveSection = Field(description="Losses and how the networks are trained.")
    recipe: Recipe = Field(description="Length, optimiser, schedule and augmentation.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        smooth, kind = self.recipe.smoothing, self.objective.adversarial
        if smooth and kind not in ("vanilla", "least-squares"):
            raise ValueError(
                f"recipe.smoothing ({smooth:g}) softens the targets of vanilla and least-squares; "
                f"{kind} has none: set it to 0"
            )
        if self.objective.takes == "vector" and self.needs_validation_pairs:
            raise ValueError(f"{self.objective.type} {NO_PAIRS}")
        sketch = self.recipe.sketch
        if sketch and self.objective.takes == "vector":
            raise ValueError(f"recipe.sketch changes sketches; {self.objective.type} takes none")
        if sketch and sketch.canny and not self.objective.paired:
            raise ValueError(
                "recipe.sketch.canny computes A from its paired B, and "
                f"{self.objective.type} trains on unpaired A and B: leave canny out"
            )
        if self.generator.takes != self.objective.takes:
            raise ValueError(
                f"the {self.generator.type} generator takes {WITH_ARTICLE[self.generator.takes]}, "
                f"{self.objective.type} gives it {WITH_ARTICLE[self.objective.takes]}"
            )
        if takes_palette(self.generator) and not self.objective.paired:
            raise ValueError(
                "generator.palette is that of the photo that belongs to an input, and "
                f"{self.objective.type} trains on unpaired images: leave it out"
            )
        return self

    @property
    def loss_networks(self) -> tuple[BackboneName, ...]:
        """The names of the frozen networks that a loss sees images through, sorted."""
        backbones = (*self.discriminator.backbones, *self.objective.backbones)
        return tuple(sorted({backbone.name for backbone in backbones}))

    @property
    def needs_validation_pairs(self) -> bool:
        """Whether the recipe uses validation scores that need pairs."""
        return self.recipe.best not in {"kid", "last"} or self.recipe.schedule.type == "plateau"


class Settings(Section):
    """The settings of a training: the top-level parameters and the variant.

    Under ``max_minutes`` the steps and learning rates also depend on the machine's speed.
    """

    name: Name
    seed: Seed
    lr: LearningRate
    width: Width
    max_steps: MaxSteps
    max_minutes: MaxMinutes = None
    precision: Precision
    variant: Variant

    def blueprint(self, pairs: Pairs) -> Blueprint:
        """Return what the networks of this variant are built from, for these images.

        Raises UserError if the condition gives a vector and the objective takes an image, or the
        other way round, if unpaired images meet settings that need pairs, and if the sketch
        augmentation does not fit the condition.
        """
        objective = self.variant.objective
        inputs = "image" if pairs.input_is_image else "vector"
        if inputs != objective.takes:
            condition = self.variant.data.condition
            raise UserError(
                f"variants.{self.name}: {objective.type} takes {WITH_ARTICLE[objective.takes]}, "
                f"the condition '{condition}' is {WITH_ARTICLE[inputs]}"
            )
        if not pairs.paired:
            self._check_unpaired(pairs)
        if pairs.input_is_image and (sketch := self.variant.recipe.sketch):
            sketch.check(pairs.inputs.image(0), self.variant.data.condition)
        a, b = pairs.channels
        return Blueprint(
            generator=self.variant.generator,
            discriminator=self.variant.discriminator,
            size=pairs.size,
            width=max(1, round(self.width * self.variant.width_ratio)),
            channels=(max(a, b), max(a, b)) if objective.one_domain else (a, b),
            palettes=tuple(pairs.palettes(spread_rows(len(pairs.ids_b), PALETTES)))
            if takes_palette(self.variant.generator)
            else (),
        )

    def _check_unpaired(self, pairs: Pairs) -> None:
        """Raise UserError if the variant needs pairs; ``pairs`` are unpaired."""
        variant = self.variant
        message = (
            f"variants.{self.name}: {pairs.inputs.folder} and {pairs.targets.folder} share no id, "
            "so they are unpaired, and "
        )
        if variant.objective.paired:
            raise UserError(
                f"{message}{variant.objective.type} learns from pairs: choose an objective that "
                f"does not ({', '.join(UNPAIRED)}), or give paired images equal ids"
            )
        if variant.needs_validation_pairs:
            raise UserError(f"{message}{variant.objective.type} {NO_PAIRS}")

    def steps(self, images: int) -> int:
        """Return the number of batches for ``images`` images, capped by this variant's share."""
        cap = None if self.max_steps is None else math.ceil(self.max_steps * self.variant.share)
        return self.variant.recipe.steps(images, cap)

    @property
    def seconds(self) -> float:
        """The time limit: this variant's share of ``max_minutes``."""
        if self.max_minutes is None:
            return math.inf
        return 60 * self.max_minutes * self.variant.share

    def build(self, fabric: Fabric, blueprint: Blueprint) -> Objective:
        """Build the objective with initialised networks and optimisers."""
        lr = self.lr * self.variant.recipe.lr_ratio
        return self.variant.objective.build(fabric, blueprint, lr, self.variant.recipe)
