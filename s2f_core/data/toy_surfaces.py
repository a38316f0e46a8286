"""Toy surfaces as images: densities of normal distributions in space (P3, part A).

The surface of α is z = p(x, y), the density of N(0, αI) in the plane, α = 1, 2, 3 and so on. Each
pixel is a point of the surface. Its three channels are x, y and z, each mapped linearly from the
range between :data:`LOW` and :data:`HIGH` to 0…255. The ranges are the same for every image:

=======  ==========  ===========================================================================
x, y     -4 to 4     steps of 0.031; the square reaches 2.3 standard deviations of α = 3
z        0 to 1/2π   steps of 0.0006; 1/2π is the peak of α = 1, that of α is an α-th of it
=======  ==========  ===========================================================================
"""

from __future__ import annotations

from math import isqrt, pi
from typing import TypeVar

import numpy as np

from s2f_core.common.images import Doubles, Pixels

Number = TypeVar("Number", float, Doubles)

EXTENT = 4.0
LOW = (-EXTENT, -EXTENT, 0.0)
HIGH = (EXTENT, EXTENT, 1 / (2 * pi))


def density(x: Number, y: Number, alpha: float) -> Number:
    """The density of N(0, αI) at (x, y): exp(-(x² + y²) / 2α) / 2πα."""
    value: Number = np.exp(-(x**2 + y**2) / (2 * alpha)) / (2 * pi * alpha)
    return value


def to_coordinates(pixels: Pixels) -> Doubles:
    """The points (x, y, z) of images uint8 [n, H, W, 3]: float64 [n, H·W, 3], row by row."""
    points = pixels.reshape(len(pixels), -1, 3) / 255
    return np.asarray(LOW + points * np.subtract(HIGH, LOW))


def to_pixels(points: Doubles) -> Pixels:
    """The images uint8 [n, √N, √N, 3] of points (x, y, z), float [n, N, 3].

    Values outside the ranges are clipped. Raises ValueError if N is not a square number.
    """
    side = isqrt(points.shape[1])
    scaled = (points - LOW) / np.subtract(HIGH, LOW)
    pixels: Pixels = np.rint(255 * scaled.clip(0, 1)).astype(np.uint8)
    return pixels.reshape(len(points), side, side, 3)
