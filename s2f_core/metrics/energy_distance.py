"""Energy distance of two sets of point clouds, each one vector of coordinates."""

from __future__ import annotations

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.metrics.bootstrap import RESAMPLED_SETS
from s2f_core.metrics.mmd import compute_kernels, mmd, mmd_interval, pairwise_distances
from s2f_core.metrics.types import SetScore, Values


def coordinate_vectors(images: Pixels) -> Values:
    """Return each example uint8 [n, H, W, 3] as one vector of coordinates: float64 [n, 3·H·W].

    Each coordinate is scaled to its unit range and the vector by 1/√(3·H·W). Two examples that
    differ by the whole range in all coordinates are 1 apart, whatever the number of points.
    """
    vectors = images.reshape(len(images), -1) / 255.0
    return np.asarray(vectors / np.sqrt(vectors.shape[1]))


def energy_distance(outputs: Values, targets: Values) -> float:
    """Return 2·E|X - Y| - E|X - X'| - E|Y - Y'| of vectors [n, d] and [m, d]; may be below 0.

    Source: Székely and Rizzo 2013, eq. 1.1. The estimate leaves out pairs of a vector with itself,
    which makes it unbiased.
    """
    return mmd(compute_kernels(_negative_distances, outputs, targets))


def energy_distance_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the distance; see :func:`.mmd_interval`."""
    del value
    return mmd_interval(compute_kernels(_negative_distances, outputs, targets), random)


def _negative_distances(x: Values, y: Values) -> Values:
    """The kernel -|x - y|, whose MMD² is the energy distance."""
    return -pairwise_distances(x, y)


ENERGY_DISTANCE = SetScore(
    title="Energy distance",
    space="coordinates",
    value=energy_distance,
    interval=energy_distance_interval,
    higher_is_better=False,
    range=(None, None),
    library=f"numpy {np.__version__}",
    interval_by=f"percentiles of {RESAMPLED_SETS}",
    describe=(
        "Energy distance (Székely and Rizzo 2013) between generated and real examples, each one "
        "vector of its points' coordinates scaled to the unit range; a distance of 1 is as far as "
        "every coordinate's whole range; unbiased at any N."
    ),
)
