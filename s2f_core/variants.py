"""Variants: data, condition, networks, objective and recipe, under one name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from s2f_core.checkpoint import Description
from s2f_core.devices import Precision
from s2f_core.errors import UserError
from s2f_core.gans import Blueprint, Direction, Game, Objective
from s2f_core.networks import Discriminator, Generator
from s2f_core.pairs import Pairs
from s2f_core.params import Section
from s2f_core.recipe import Recipe
from s2f_core.split import Part, ids
from s2f_core.tables import Table, read

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric

__all__ = ["Data", "Direction", "Settings", "Variant"]


class Data(Section):
    """Which images are learned from, and what they are made from: ``data:`` of a variant."""

    role: str
    background: Literal["kept", "removed"]
    condition: str

    def inputs(self, root: Path) -> Table:
        """Table A under ``root``, the condition's; raises UserError where it is missing."""
        return read(root / self.role / f"{self.background}-{self.condition}")

    def targets(self, root: Path) -> Table:
        """Table B under ``root``, the images; raises UserError where it is missing."""
        return read(root / self.role / self.background)

    def pairs(
        self,
        root: Path,
        part: Part | Sequence[Part],
        scale: float = 1.0,
        direction: Direction = "a-to-b",
    ) -> Pairs:
        """The pairs of some splits from the tables under ``root``, at ``scale`` times their size.

        Their A is the table that ``direction`` starts from. Raises UserError where a table or the
        split is missing, or has none of the images.
        """
        parts: Sequence[Part] = [part] if isinstance(part, str) else part
        tables = self.inputs(root), self.targets(root)
        start, end = tables if direction == "a-to-b" else reversed(tables)
        return Pairs(start, end, ids(root / self.role / "split.parquet", *parts), scale)


class Variant(Section):
    """One entry under ``variants:``.

    ``scale`` is the networks' image size over ``image_size``, ``share`` the part of ``max_steps``
    that the variant gets; ``study`` tags the MLflow run.
    """

    study: str | None = None
    data: Data
    scale: float = Field(1.0, gt=0, le=1)
    share: float = Field(1.0, gt=0, le=1)
    generator: Generator
    discriminator: Discriminator
    objective: Objective
    recipe: Recipe

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        smooth, kind = self.recipe.smoothing, self.objective.adversarial
        if smooth and kind not in ("vanilla", "least-squares"):
            raise ValueError(
                f"recipe.smoothing ({smooth:g}) softens the targets of vanilla and least-squares; "
                f"{kind} has none: set it to 0"
            )
        watches = self.recipe.best != "last" or self.recipe.schedule.type == "plateau"
        if self.objective.takes == "vector" and watches:
            raise ValueError(
                f"{self.objective.type} has no pairs to score: set recipe.best to last, and a "
                "schedule other than plateau"
            )
        if self.generator.takes != self.objective.takes:
            raise ValueError(
                f"the {self.generator.type} generator takes {_a(self.generator.takes)}, "
                f"{self.objective.type} gives it {_a(self.objective.takes)}"
            )
        return self


class Settings(Section):
    """All that decides a training: the top-level parameters and the variant."""

    name: str
    seed: int
    lr: float = Field(gt=0, le=1)
    width: int = Field(ge=1)
    max_steps: int | None = Field(ge=1)
    precision: Precision
    variant: Variant

    def blueprint(self, pairs: Pairs) -> Blueprint:
        """What the networks are built to, for these images.

        Raises UserError where the condition gives a vector and the objective wants an image, or
        the other way round.
        """
        objective = self.variant.objective
        given = "image" if pairs.drawn else "vector"
        if given != objective.takes:
            condition = self.variant.data.condition
            raise UserError(
                f"variants.{self.name}: {objective.type} takes {_a(objective.takes)}, "
                f"the condition '{condition}' is {_a(given)}"
            )
        a, b = pairs.channels
        return Blueprint(
            generator=self.variant.generator,
            discriminator=self.variant.discriminator,
            size=pairs.size,
            width=self.width,
            channels=(max(a, b), max(a, b)) if objective.one_domain else (a, b),
        )

    def describe(self, blueprint: Blueprint, direction: Direction) -> Description:
        """What the model file will say of the generator of one direction."""
        in_channels, out_channels = blueprint.ends(direction)
        return Description(
            variant=self.name,
            condition=self.variant.data.condition,
            background=self.variant.data.background,
            generator=blueprint.generator,
            size=blueprint.size,
            width=blueprint.width,
            in_channels=in_channels,
            out_channels=out_channels,
        )

    def steps(self, images: int) -> int:
        """Number of batches for so many images: the recipe's, capped by this variant's share."""
        cap = None if self.max_steps is None else math.ceil(self.max_steps * self.variant.share)
        return self.variant.recipe.steps(images, cap)

    def build(self, fabric: Fabric, blueprint: Blueprint) -> Game:
        """The networks, initialised, with their objective and optimisers."""
        lr = self.lr * self.variant.recipe.lr_ratio
        return self.variant.objective.build(fabric, blueprint, lr, self.variant.recipe)


def _a(kind: str) -> str:
    return {"image": "an image", "vector": "a vector"}[kind]
