"""Surfaces in space: densities of normal distributions (P3, part A), generated.

The surface of α is z = p(x, y), the density of N(0, αI) in the plane, α = 1, 2, 3 and so on. A
pixel is a point of it, its three channels are x, y and z, each mapped linearly from the range
between :data:`LOW` and :data:`HIGH` to 0…255. The ranges are the same for every image:

=======  ==========  ===========================================================================
x, y     -4 to 4     steps of 0.031; the square reaches 2.3 standard deviations of α = 3
z        0 to 1/2π   steps of 0.0006; 1/2π is the peak of α = 1, that of α is an α-th of it
=======  ==========  ===========================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt, pi
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from s2f_core.images import Pixels
from s2f_core.params import Section
from s2f_core.seeding import stream

Floats = npt.NDArray[np.float64]
Alpha = Annotated[int, Field(ge=1)]
Number = TypeVar("Number", float, Floats)

EXTENT = 4.0
LOW = (-EXTENT, -EXTENT, 0.0)
HIGH = (EXTENT, EXTENT, 1 / (2 * pi))
NARROWEST, WIDEST = 2.5, 3.5  # half the side of the window that a grid shows


class Surfaces(Section):
    """``{source: surfaces, path: s2f_core/datasets/surfaces.py, format: grids, size: 16, …}``.

    ``format`` is what one example is, all uint8 [size, size, 3]:

    - ``points``: a point, ``size`` is 1.
    - ``clouds``: size² points in no order.
    - ``grids``: a mesh over a square window; x grows to the right, y downwards.

    The points of the first two are uniform over the square of x and y. A grid's window is drawn
    anew for each example, 5 to 7 wide and anywhere in that square, so the peak is at least 1 inside
    it: P3's one window would make all grids of an α one image. ``alphas`` share the ``examples``
    equally.
    """

    source: Literal["surfaces"]
    path: Path
    format: Literal["points", "clouds", "grids"]
    size: int = Field(1, ge=1, le=1024)
    alphas: tuple[Alpha, ...] = Field((1, 2, 3), min_length=1)
    examples: int = Field(4096, ge=1)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if (self.size == 1) != (self.format == "points"):
            rule = "must be 1 for" if self.format == "points" else "must be 2 or more for"
            raise ValueError(f"size {rule} {self.format}, got {self.size}")
        if len(set(self.alphas)) < len(self.alphas):
            raise ValueError(f"alphas must differ, got {list(self.alphas)}")
        return self

    def open(self, _path: Path, _size: int) -> tuple[pd.DataFrame, Callable[[int], Pixels]]:
        """The rows, and what makes one's image, uint8 [self.size, self.size, 3].

        Nothing is read, and the pipeline's image size is for pictures. An example depends on the
        seed, its α and its number alone: more examples or alphas leave it as it is.
        """
        kinds = len(self.alphas)
        made = [(self.alphas[row % kinds], row // kinds) for row in range(self.examples)]
        rows = pd.DataFrame(
            {
                "id": [f"alpha-{alpha}-{number:04d}" for alpha, number in made],
                "source": [f"N(0, {alpha} I)" for alpha, _ in made],
                "class": [f"alpha-{alpha}" for alpha, _ in made],
            }
        )

        def load(row: int) -> Pixels:
            alpha, number = made[row]
            return self._example(alpha, stream(self.seed, alpha, number))

        return rows, load

    def _example(self, alpha: int, random: np.random.Generator) -> Pixels:
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


def density(x: Number, y: Number, alpha: float) -> Number:
    """The density of N(0, αI) at (x, y): exp(-(x² + y²) / 2α) / 2πα."""
    found: Number = np.exp(-(x**2 + y**2) / (2 * alpha)) / (2 * pi * alpha)
    return found


def to_coordinates(pixels: Pixels) -> Floats:
    """The points (x, y, z) of images uint8 [n, H, W, 3]: float64 [n, H·W, 3], row by row."""
    points = pixels.reshape(len(pixels), -1, 3) / 255
    return np.asarray(LOW + points * np.subtract(HIGH, LOW))


def to_pixels(points: Floats) -> Pixels:
    """The images uint8 [n, √N, √N, 3] of points (x, y, z), float [n, N, 3].

    What lies outside the ranges is put on their border. Raises ValueError where N is no square.
    """
    side = isqrt(points.shape[1])
    scaled = (points - LOW) / np.subtract(HIGH, LOW)
    pixels: Pixels = np.rint(255 * scaled.clip(0, 1)).astype(np.uint8)
    return pixels.reshape(len(points), side, side, 3)
