"""Variants: data, condition, networks, objective and recipe, under one name."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from lightning_fabric import Fabric
from pydantic import Field

from s2f_core.checkpoint import Description
from s2f_core.devices import Precision
from s2f_core.gans import Gan, Objective
from s2f_core.networks import Discriminator, Generator
from s2f_core.pairs import Pairs
from s2f_core.params import Section
from s2f_core.recipe import Recipe
from s2f_core.split import Part, ids
from s2f_core.tables import Table, read


class Data(Section):
    """Which photos are learned from, and what they are made from: ``data:`` of a variant."""

    role: str
    background: Literal["kept", "removed"]
    condition: str

    def pairs(self, root: Path, part: Part, scale: float = 1.0) -> Pairs:
        """The pairs of one split from the tables under ``root``, at ``scale`` times their size.

        Raises UserError where a table or the split is missing, or has none of the images.
        """
        folder = root / self.role
        return Pairs(
            self.inputs(root),
            read(folder / self.background),
            ids(folder / "split.parquet", part),
            scale,
        )

    def inputs(self, root: Path) -> Table:
        """The condition's table under ``root``; raises UserError where it is missing."""
        return read(root / self.role / f"{self.background}-{self.condition}")


class Variant(Section):
    """One entry under ``variants:``.

    ``scale`` is the networks' image size over ``image_size``; ``study`` tags the MLflow run.
    """

    study: str | None = None
    data: Data
    scale: float = Field(1.0, gt=0, le=1)
    generator: Generator
    discriminator: Discriminator
    objective: Objective
    recipe: Recipe


class Settings(Section):
    """All that decides a training: the top-level parameters and the variant."""

    name: str
    seed: int
    lr: float = Field(gt=0, le=1)
    width: int = Field(ge=1)
    max_steps: int | None = Field(ge=1)
    precision: Precision
    variant: Variant

    def describe(self, size: int, in_channels: int, out_channels: int) -> Description:
        """What the model file will say of the generator."""
        variant = self.variant
        return Description(
            variant=self.name,
            condition=variant.data.condition,
            background=variant.data.background,
            generator=variant.generator,
            size=size,
            width=self.width,
            in_channels=in_channels,
            out_channels=out_channels,
        )

    def build(self, fabric: Fabric, description: Description) -> Gan:
        """The networks, initialised, with their objective and optimisers."""
        variant = self.variant
        seen = variant.objective.discriminated(description.in_channels, description.out_channels)
        discriminator = variant.discriminator.build(description.size, self.width, seen)
        return variant.objective.build(
            fabric, description.build(), discriminator, self.lr, variant.recipe
        )
