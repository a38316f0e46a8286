"""Precision, recall, density and coverage: two sets of vectors as unions of balls.

The ball of a vector reaches to its k-th nearest neighbour in its own set. Precision and density
count outputs in balls of real images. Recall counts real images in balls of outputs, coverage balls
of real images that contain an output.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import RESAMPLED_SETS, Rows
from s2f_core.metrics.mmd import pairwise_distances
from s2f_core.metrics.types import SetScore, Values

PRECISION_K = 3  # neighbours of precision and recall (Kynkäänniemi et al. 2019)
DENSITY_K = 5  # neighbours of density and coverage (Naeem et al. 2020)

Membership = npt.NDArray[np.bool_]  # [points, balls]
Statistic = Callable[[Membership, Rows, Rows], float]  # of the rows of points and of balls


def precision(outputs: Values, targets: Values) -> float:
    """Return the share of outputs [n, d] in the ball of some target [m, d].

    Source: Kynkäänniemi et al. 2019, eq. 2.
    """
    return _of_all(_share_of_points, _inside(outputs, targets, PRECISION_K))


def recall(outputs: Values, targets: Values) -> float:
    """Return the share of targets [m, d] in the ball of some output [n, d].

    Source: Kynkäänniemi et al. 2019, eq. 2.
    """
    return _of_all(_share_of_points, _inside(targets, outputs, PRECISION_K))


def density(outputs: Values, targets: Values) -> float:
    """Return the mean number of targets' balls [m, d] around an output [n, d], over k.

    Source: Naeem et al. 2020, eq. 5. About 1 where both sets have one distribution, more where
    outputs crowd in the middle of the targets.
    """
    return _of_all(_balls_per_point, _inside(outputs, targets, DENSITY_K))


def coverage(outputs: Values, targets: Values) -> float:
    """Return the share of the targets' balls [m, d] that contain an output [n, d].

    Source: Naeem et al. 2020, eq. 6.
    """
    return _of_all(_share_of_balls, _inside(outputs, targets, DENSITY_K))


def precision_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % interval of the precision; see :func:`_interval`."""
    return _interval(_share_of_points, _inside(outputs, targets, PRECISION_K), random, value, 1.0)


def recall_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % interval of the recall; see :func:`_interval`."""
    return _interval(_share_of_points, _inside(targets, outputs, PRECISION_K), random, value, 1.0)


def density_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % interval of the density; see :func:`_interval`."""
    return _interval(_balls_per_point, _inside(outputs, targets, DENSITY_K), random, value, np.inf)


def coverage_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % interval of the coverage; see :func:`_interval`."""
    return _interval(_share_of_balls, _inside(outputs, targets, DENSITY_K), random, value, 1.0)


def _inside(points: Values, centres: Values, k: int) -> Membership:
    """Whether each point [n, d] lies in the ball of each centre [m, d], its edge included."""
    between = pairwise_distances(centres, centres)
    np.fill_diagonal(between, 0.0)  # what rounding leaves would make a neighbour of the centre
    radii = np.partition(between, k, axis=1)[:, k]
    return np.asarray(pairwise_distances(points, centres) <= radii)


def _share_of_points(inside: Membership, points: Rows, balls: Rows) -> float:
    return float(_any(inside[:, np.unique(balls)], 1)[points].mean())


def _any(inside: Membership, axis: int) -> npt.NDArray[np.bool_]:
    return np.asarray(inside.any(axis=axis))


def _balls_per_point(inside: Membership, points: Rows, balls: Rows) -> float:
    count = np.bincount(balls, minlength=inside.shape[1])
    return float((inside @ count)[points].mean()) / DENSITY_K


def _share_of_balls(inside: Membership, points: Rows, balls: Rows) -> float:
    return float(_any(inside[np.unique(points)], 0)[balls].mean())


def _of_all(statistic: Statistic, inside: Membership) -> float:
    n, m = inside.shape
    return statistic(inside, np.arange(n), np.arange(m))


def _interval(
    statistic: Statistic,
    inside: Membership,
    random: np.random.Generator,
    value: float,
    maximum: float,
) -> tuple[float, float]:
    """Return the value ± 1.96 bootstrap standard errors, within [0, ``maximum``].

    Balls keep the radii of the whole set, since an image that a resample repeats would be its own
    neighbour. Percentiles would be too low: a resample has fewer different balls.
    """

    def of_rows(points: Rows, balls: Rows) -> float:
        return statistic(inside, points, balls)

    n, m = inside.shape
    resampled = bootstrap.resample_sets(of_rows, (n, m), random)
    low, high = bootstrap.standard_error_interval(value, resampled)
    return max(0.0, low), min(maximum, high)


INTERVAL = f"± 1.96 standard errors of {RESAMPLED_SETS}; balls keep the radii of the whole set"

PRECISION = SetScore(
    title="Precision",
    space="inception",
    value=precision,
    interval=precision_interval,
    higher_is_better=True,
    range=(0, 1),
    library="s2f, tested equal to torch-fidelity 0.4",
    interval_by=INTERVAL,
    describe=(
        "Share of the outputs that lie among the real test images in Inception's features, each of "
        "which reaches to its third neighbour (Kynkäänniemi 2019): fidelity. One outlier among the "
        "real ones has a wide reach; blurred averages score well."
    ),
    min_images=PRECISION_K + 1,
)
RECALL = SetScore(
    title="Recall",
    space="inception",
    value=recall,
    interval=recall_interval,
    higher_is_better=True,
    range=(0, 1),
    library="s2f, tested equal to torch-fidelity 0.4",
    interval_by=INTERVAL,
    describe=(
        "Share of the real test images that lie among the outputs, each of which reaches to its "
        "third neighbour (Kynkäänniemi 2019): variety. Outputs that scatter widely reach a lot."
    ),
    min_images=PRECISION_K + 1,
)
DENSITY = SetScore(
    title="Density",
    space="inception",
    value=density,
    interval=density_interval,
    higher_is_better=True,
    range=(0, None),
    library=f"numpy {np.__version__}, tested by definition",
    interval_by=INTERVAL,
    describe=(
        "How many real images reach an output, over the five that are expected (Naeem 2020): "
        "fidelity, less moved by outliers than precision. About 1 for real images; more where "
        "outputs crowd around the average."
    ),
    min_images=DENSITY_K + 1,
)
COVERAGE = SetScore(
    title="Coverage",
    space="inception",
    value=coverage,
    interval=coverage_interval,
    higher_is_better=True,
    range=(0, 1),
    library=f"numpy {np.__version__}, tested by definition",
    interval_by=INTERVAL,
    describe=(
        "Share of the real test images that have an output within reach of their fifth neighbour "
        "(Naeem 2020): variety, less moved by outliers than recall. About 0.97 for as many real "
        "images."
    ),
    min_images=DENSITY_K + 1,
)
