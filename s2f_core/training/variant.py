"""Variants: data, condition, networks, objective and recipe, under one name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.device import Precision
from s2f_core.common.errors import UserError
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import VariantData
from s2f_core.networks import Discriminator, Generator
from s2f_core.training.objectives import UNPAIRED, Blueprint, Objective, ObjectiveSection
from s2f_core.training.recipe import Recipe

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric

NOTHING_TO_SCORE = (
    "has no pairs to score: set recipe.best to last, and a schedule other than plateau"
)


class Variant(Section):
    """An entry under ``variants:``; keys that it leaves out have the values of ``defaults:``."""

    study: str | None = Field(None, description="Study that the variant belongs to.")
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
    objective: ObjectiveSection = Field(description="What the networks are trained to do.")
    recipe: Recipe = Field(description="Length, optimiser, schedule and augmentation.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        smooth, kind = self.recipe.smoothing, self.objective.adversarial
        if smooth and kind not in ("vanilla", "least-squares"):
            raise ValueError(
                f"recipe.smoothing ({smooth:g}) softens the targets of vanilla and least-squares; "
                f"{kind} has none: set it to 0"
            )
        if self.objective.takes == "vector" and self.watches:
            raise ValueError(f"{self.objective.type} {NOTHING_TO_SCORE}")
        sketch = self.recipe.sketch
        if sketch and self.objective.takes == "vector":
            raise ValueError(f"recipe.sketch changes drawings; {self.objective.type} takes none")
        if sketch and sketch.canny and not self.objective.paired:
            raise ValueError(
                "recipe.sketch.canny draws A from the B beside it, and "
                f"{self.objective.type} is shown A and B that are no pairs: leave canny out"
            )
        if self.generator.takes != self.objective.takes:
            raise ValueError(
                f"the {self.generator.type} generator takes {_a(self.generator.takes)}, "
                f"{self.objective.type} gives it {_a(self.objective.takes)}"
            )
        return self

    @property
    def watches(self) -> bool:
        """Whether a score of pairs decides on the weights that are kept, or on the rates."""
        return self.recipe.best != "last" or self.recipe.schedule.type == "plateau"


class Settings(Section):
    """All that decides a training: the top-level parameters and the variant.

    Under ``max_minutes`` the machine's speed does too: how many steps there are, and the rates.
    """

    name: str
    seed: int
    lr: float = Field(gt=0, le=1)
    width: int = Field(ge=1)
    max_steps: int | None = Field(ge=1)
    max_minutes: float | None = Field(None, gt=0)
    precision: Precision
    variant: Variant

    def blueprint(self, pairs: Pairs) -> Blueprint:
        """What the networks are built to, for these images.

        Raises UserError where the condition gives a vector and the objective wants an image, or
        the other way round, where images that are no pairs meet what needs pairs, and where edges
        are to be drawn anew of another condition.
        """
        objective = self.variant.objective
        given = "image" if pairs.input_is_image else "vector"
        if given != objective.takes:
            condition = self.variant.data.condition
            raise UserError(
                f"variants.{self.name}: {objective.type} takes {_a(objective.takes)}, "
                f"the condition '{condition}' is {_a(given)}"
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
        )

    def _check_unpaired(self, pairs: Pairs) -> None:
        """Raise UserError where the variant needs pairs, which these are not."""
        variant = self.variant
        said = (
            f"variants.{self.name}: {pairs.inputs.folder} and {pairs.targets.folder} share no id, "
            "so they are unpaired, and "
        )
        if variant.objective.paired:
            raise UserError(
                f"{said}{variant.objective.type} learns from pairs: choose an objective that does "
                f"not ({', '.join(UNPAIRED)}), or give paired images equal ids"
            )
        if variant.watches:
            raise UserError(f"{said}{variant.objective.type} {NOTHING_TO_SCORE}")

    def steps(self, images: int) -> int:
        """Number of batches for so many images: the recipe's, capped by this variant's share."""
        cap = None if self.max_steps is None else math.ceil(self.max_steps * self.variant.share)
        return self.variant.recipe.steps(images, cap)

    @property
    def seconds(self) -> float:
        """The longest that the training may take: this variant's share of ``max_minutes``."""
        if self.max_minutes is None:
            return math.inf
        return 60 * self.max_minutes * self.variant.share

    def build(self, fabric: Fabric, blueprint: Blueprint) -> Objective:
        """The networks, initialised, with their objective and optimisers."""
        lr = self.lr * self.variant.recipe.lr_ratio
        return self.variant.objective.build(fabric, blueprint, lr, self.variant.recipe)


def _a(kind: str) -> str:
    return {"image": "an image", "vector": "a vector"}[kind]
