"""Curves of a drawing: points [n, 2] (x, y), their length, even spacing, and smooth noise.

Lengths are in 128ths of the picture's side, so that a curve fits every size.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Doubles

Curve = Doubles  # [n, 2]
Part = list[Curve]  # the curves of a feature, which move together
ROUNDED = 1.5  # units over which the corners of a curve are rounded
WAVES = 3  # of a smooth field


def chord_lengths(curve: Curve) -> Doubles:
    """The distance along a curve [n, 2] at each of its points: float64 [n], from 0."""
    steps = np.linalg.norm(np.diff(curve, axis=0), axis=1)
    return np.concatenate([[0], np.cumsum(steps)])


def length(curve: Curve) -> float:
    """The length of a curve [n, 2]."""
    return float(chord_lengths(curve)[-1])


def resample(curve: Curve, spacing: float) -> Curve:
    """The same curve [n, 2] with points that are ``spacing`` apart, as nearly as its ends allow."""
    along = chord_lengths(curve)
    places = np.linspace(0, along[-1], max(2, round(float(along[-1]) / spacing) + 1))
    return np.column_stack([np.interp(places, along, axis) for axis in curve.T])


def smooth(curve: Curve, sigma: float = ROUNDED) -> Curve:
    """Round the corners of a curve by a Gaussian of ``sigma`` units; its ends stay in place.

    The points of the result are one unit apart.
    """
    even = resample(curve, 1.0)
    reach = min(len(even) - 1, int(3 * sigma))
    if reach < 1:
        return even
    before, after = 2 * even[0] - even[reach:0:-1], 2 * even[-1] - even[-2 : -reach - 2 : -1]
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    long = np.concatenate([before, even, after])
    return np.column_stack([np.convolve(axis, weights, "valid") for axis in long.T])


def ellipse(centre: npt.ArrayLike, radii: npt.ArrayLike, turns: float = 1.0) -> Curve:
    """An ellipse [n, 2] around a centre (x, y), from its top and clockwise, ``turns`` times."""
    angles = np.linspace(-0.25, turns - 0.25, 25)[:, None] * 2 * np.pi
    unit = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(np.asarray(centre) + unit * np.asarray(radii))


def noise(random: np.random.Generator, count: int, nodes: int, channels: int = 1) -> Doubles:
    """Smooth noise of standard deviation 1 at its ``nodes``: float64 [count, channels]."""
    coarse = random.standard_normal((max(2, nodes), channels)).clip(-2.5, 2.5)
    fine = cv2.resize(coarse, (channels, count), interpolation=cv2.INTER_CUBIC)
    return np.asarray(fine, dtype=np.float64).reshape(count, channels)


class SmoothField:
    """A smooth random displacement of the plane, with a bound.

    Each axis is a sum of three sine waves of random directions and phases. The standard deviation
    is ``amplitude``, no displacement is larger than ``amplitude`` times √6 on an axis, and the
    waves are two to four ``smoothness`` long.
    """

    def __init__(self, random: np.random.Generator, amplitude: float, smoothness: float) -> None:
        directions, phases = random.uniform(0, 2 * np.pi, (2, 2, WAVES))
        number = 2 * np.pi / (smoothness * random.uniform(2, 4, (2, WAVES)))
        self.waves = np.stack([np.cos(directions), np.sin(directions)]) * number
        self.phases, self.amplitude = phases, amplitude

    def __call__(self, points: Curve) -> Curve:
        """Displaced points [n, 2]."""
        angles = np.einsum("nk,kaw->naw", points, self.waves) + self.phases
        shift = self.amplitude * np.sqrt(2 / WAVES) * np.sin(angles).sum(axis=-1)
        return np.asarray(points + shift)


def joined(*curves: Sequence[Sequence[float]] | Curve) -> Curve:
    """One curve through the points of all."""
    return np.concatenate([np.asarray(curve) for curve in curves])
