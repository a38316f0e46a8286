"""Generated surfaces of Gaussian densities (P3, part A), by :mod:`s2f_core.data.toy_surfaces`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.common.seeding import Seed, stream
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain
from s2f_core.data.toy_surfaces import EXTENT, density, to_coordinates, to_pixels

Alpha = Annotated[int, Field(ge=1, le=10**6)]

MIN_HALF_WINDOW, MAX_HALF_WINDOW = 2.5, 3.5  # half the side of a grid's window


class GaussianSurfaces(Section):
    """``{source: surfaces, path: …/gaussian_surfaces.py, format: grids, size: 16, …}``.

    ``format`` is the form of one example, uint8 [size, size, 3] with channels x, y, z:

    - ``points``: one point; ``size`` is 1.
    - ``clouds``: size² points in random order.
    - ``grids``: a mesh over a square window; x grows to the right, y downwards.

    The points of the first two are uniform over the square of x and y. Each grid has its own random
    window, 5 to 7 wide, so the peak is at least 1 inside it: with P3's single window all grids of
    an α would be one image. The ``examples`` are divided equally among the ``alphas``.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()  # generated

    source: Literal["surfaces"]
    path: Path = Field(description="The module that generates them, so that DVC notices a change.")
    format: Literal["points", "clouds", "grids"] = Field(description="What one example is.")
    size: int = Field(1, ge=1, le=1024, description="Pixels a side; 1 for points.")
    alphas: tuple[Alpha, ...] = Field(
        (1, 2, 3),
        min_length=1,
        description="Variances α of the densities; they share the examples equally.",
    )
    examples: int = Field(4096, ge=1, le=10**7, description="Number of examples.")
    seed: Seed = Field(0, description="Seed of the random points.")

    @model_validator(mode="after")
    def _check_values(self) -> Self:
        if (self.size == 1) != (self.format == "points"):
            rule = "must be 1 for" if self.format == "points" else "must be 2 or more for"
            raise ValueError(f"size {rule} {self.format}, got {self.size}")
        if len(set(self.alphas)) < len(self.alphas):
            raise ValueError(f"alphas must differ, got {list(self.alphas)}")
        return self

    def open(self, _path: Path, _size: int, _assets: Path) -> DatasetContents:
        """Return images uint8 [self.size, self.size, 3]; nothing is read.

        An example depends only on the seed, its α and its number, so that it stays the same with
        more examples or alphas.
        """
        numbered = [self._alpha_and_number(row) for row in range(self.examples)]
        rows = pd.DataFrame(
            {
                "id": [f"alpha-{alpha}-{number:04d}" for alpha, number in numbered],
                "source": [f"N(0, {alpha} I)" for alpha, _ in numbered],
                "class": [f"alpha-{alpha}" for alpha, _ in numbered],
            }
        )
        return DatasetContents(Domain(rows, self._example))

    def _alpha_and_number(self, row: int) -> tuple[int, int]:
        """Return the α of a row and the row's number among the rows of that α."""
        number, index = divmod(row, len(self.alphas))
        return self.alphas[index], number

    def _example(self, row: int) -> Pixels:
        alpha, number = self._alpha_and_number(row)
        random = stream(self.seed, alpha, number)
        shape = (self.size, self.size)
        if self.format == "grids":
            half = random.uniform(MIN_HALF_WINDOW, MAX_HALF_WINDOW)
            steps = np.linspace(-half, half, self.size)
            left, top = random.uniform(half - EXTENT, EXTENT - half, 2)
            x, y = np.meshgrid(left + steps, top + steps)
        else:
            x, y = random.uniform(-EXTENT, EXTENT, (2, *shape))
        points = np.stack([x, y, np.zeros(shape)], axis=-1).reshape(1, -1, 3)
        # z is computed from the rounded x and y, so that stored points lie on the surface.
        x, y, _ = np.moveaxis(to_coordinates(to_pixels(points)), -1, 0)
        (image,) = to_pixels(np.stack([x, y, density(x, y, alpha)], axis=-1))
        return np.asarray(image)
