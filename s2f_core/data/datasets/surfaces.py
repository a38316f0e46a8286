"""Surfaces in space (P3, part A), generated: points of :mod:`s2f_core.data.toy_surfaces`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.common.seeding import stream
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain
from s2f_core.data.toy_surfaces import EXTENT, density, to_coordinates, to_pixels

Alpha = Annotated[int, Field(ge=1)]

NARROWEST, WIDEST = 2.5, 3.5  # half the side of the window that a grid shows


class Surfaces(Section):
    """``{source: surfaces, path: s2f_core/data/datasets/surfaces.py, format: grids, size: 16, …}``.

    ``format`` is what one example is, all uint8 [size, size, 3]:

    - ``points``: a point, ``size`` is 1.
    - ``clouds``: size² points in no order.
    - ``grids``: a mesh over a square window; x grows to the right, y downwards.

    The points of the first two are uniform over the square of x and y. A grid's window is drawn
    anew for each example, 5 to 7 wide and anywhere in that square, so the peak is at least 1 inside
    it: P3's one window would make all grids of an α one image. ``alphas`` share the ``examples``
    equally.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()  # they are generated

    source: Literal["surfaces"]
    path: Path = Field(description="The module that generates them, so that DVC notices a change.")
    format: Literal["points", "clouds", "grids"] = Field(description="What one example is.")
    size: int = Field(1, ge=1, le=1024, description="Pixels a side; 1 for points.")
    alphas: tuple[Alpha, ...] = Field(
        (1, 2, 3),
        min_length=1,
        description="Variances α of the densities; they share the examples equally.",
    )
    examples: int = Field(4096, ge=1, description="Number of examples.")
    seed: int = Field(0, ge=0, description="Seed of the random points.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if (self.size == 1) != (self.format == "points"):
            rule = "must be 1 for" if self.format == "points" else "must be 2 or more for"
            raise ValueError(f"size {rule} {self.format}, got {self.size}")
        if len(set(self.alphas)) < len(self.alphas):
            raise ValueError(f"alphas must differ, got {list(self.alphas)}")
        return self

    def open(self, _path: Path, _size: int, _assets: Path) -> Opened:
        """Images uint8 [self.size, self.size, 3].

        Nothing is read, and the pipeline's image size is for pictures. An example depends on the
        seed, its α and its number alone: more examples or alphas leave it as it is.
        """
        made = [self._made(row) for row in range(self.examples)]
        rows = pd.DataFrame(
            {
                "id": [f"alpha-{alpha}-{number:04d}" for alpha, number in made],
                "source": [f"N(0, {alpha} I)" for alpha, _ in made],
                "class": [f"alpha-{alpha}" for alpha, _ in made],
            }
        )
        return Opened(Domain(rows, self._example))

    def _made(self, row: int) -> tuple[int, int]:
        """A row's α and its number among those of that α."""
        number, kind = divmod(row, len(self.alphas))
        return self.alphas[kind], number

    def _example(self, row: int) -> Pixels:
        alpha, number = self._made(row)
        random = stream(self.seed, alpha, number)
        shape = (self.size, self.size)
        if self.format == "grids":
            half = random.uniform(NARROWEST, WIDEST)
            steps = np.linspace(-half, half, self.size)
            left, top = random.uniform(half - EXTENT, EXTENT - half, 2)
            x, y = np.meshgrid(left + steps, top + steps)
        else:
            x, y = random.uniform(-EXTENT, EXTENT, (2, *shape))
        places = np.stack([x, y, np.zeros(shape)], axis=-1).reshape(1, -1, 3)
        # z is that of the rounded x and y: the stored points lie on the surface, to a step of z.
        x, y, _ = np.moveaxis(to_coordinates(to_pixels(places)), -1, 0)
        (image,) = to_pixels(np.stack([x, y, density(x, y, alpha)], axis=-1))
        return np.asarray(image)
