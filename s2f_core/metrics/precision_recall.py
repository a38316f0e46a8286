"""Precision, recall, density and coverage: two sets of vectors as unions of balls.

A ball of a vector reaches to its k-th nearest neighbour in its own set. Precision and density ask
which outputs lie in balls of real images, recall and coverage which real images the outputs reach.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import Rows
from s2f_core.metrics.distances import SETS, distances
from s2f_core.metrics.types import SetScore, Values

NEAREST = 3  # of precision and recall, as in their paper
NEAREST_OF_BALLS = 5  # of density and coverage, as in theirs

Inside = npt.NDArray[np.bool_]  # [points, balls]
Statistic = Callable[[Inside, Rows, Rows], float]  # of the points and the balls that were drawn


def precision(outputs: Values, targets: Values) -> float:
    """Share of outputs [n, d] in a ball of some target [m, d] (Kynkäänniemi et al. 2019, eq. 2)."""
    return _all(_reached, _inside(outputs, targets, NEAREST))


def recall(outputs: Values, targets: Values) -> float:
    """Share of targets [m, d] in a ball of some output [n, d] (Kynkäänniemi et al. 2019, eq. 2)."""
    return _all(_reached, _inside(targets, outputs, NEAREST))


def density(outputs: Values, targets: Values) -> float:
    """How many targets' balls [m, d] an output [n, d] lies in, over k (Naeem et al. 2020, eq. 5).

    About 1 where both are drawn alike, more where outputs crowd in the middle of the targets.
    """
    return _all(_crowding, _inside(outputs, targets, NEAREST_OF_BALLS))


def coverage(outputs: Values, targets: Values) -> float:
    """Share of the targets' balls [m, d] that hold an output [n, d] (Naeem et al. 2020, eq. 6)."""
    return _all(_filled, _inside(outputs, targets, NEAREST_OF_BALLS))


def precision_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of the precision; see :func:`_interval`."""
    return _interval(_reached, _inside(outputs, targets, NEAREST), random, value, 1.0)


def recall_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of the recall; see :func:`_interval`."""
    return _interval(_reached, _inside(targets, outputs, NEAREST), random, value, 1.0)


def density_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of the density; see :func:`_interval`."""
    return _interval(_crowding, _inside(outputs, targets, NEAREST_OF_BALLS), random, value, np.inf)


def coverage_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of the coverage; see :func:`_interval`."""
    return _interval(_filled, _inside(outputs, targets, NEAREST_OF_BALLS), random, value, 1.0)


def _inside(points: Values, centres: Values, k: int) -> Inside:
    """Whether each point [n, d] lies in the ball of each centre [m, d], its edge included."""
    apart = distances(centres, centres)
    np.fill_diagonal(apart, 0.0)  # what rounding leaves would make a neighbour of the centre
    radii = np.partition(apart, k, axis=1)[:, k]
    return np.asarray(distances(points, centres) <= radii)


def _reached(inside: Inside, points: Rows, balls: Rows) -> float:
    return float(_any(inside[:, np.unique(balls)], 1)[points].mean())


def _any(inside: Inside, axis: int) -> npt.NDArray[np.bool_]:
    return np.asarray(inside.any(axis=axis))


def _crowding(inside: Inside, points: Rows, balls: Rows) -> float:
    count = np.bincount(balls, minlength=inside.shape[1])
    return float((inside @ count)[points].mean()) / NEAREST_OF_BALLS


def _filled(inside: Inside, points: Rows, balls: Rows) -> float:
    return float(_any(inside[np.unique(points)], 0)[balls].mean())


def _all(statistic: Statistic, inside: Inside) -> float:
    n, m = inside.shape
    return statistic(inside, np.arange(n), np.arange(m))


def _interval(
    statistic: Statistic, inside: Inside, random: np.random.Generator, value: float, most: float
) -> tuple[float, float]:
    """95 % interval: the value ± 1.96 bootstrap standard errors, within [0, ``most``].

    Balls keep the radii that they have in the whole set: a row drawn twice would be its own
    neighbour. Not percentiles: a resample has fewer different balls and reaches less.
    """

    def drawn(points: Rows, balls: Rows) -> float:
        return statistic(inside, points, balls)

    n, m = inside.shape
    found = bootstrap.of_sets(drawn, (n, m), random)
    low, high = bootstrap.around(value, found)
    return max(0.0, low), min(most, high)


BY = f"± 1.96 standard errors of {SETS}; balls keep the radii of the whole set"

PRECISION = SetScore(
    title="Precision",
    space="inception",
    value=precision,
    interval=precision_interval,
    higher_is_better=True,
    range=(0, 1),
    library="s2f, tested equal to torch-fidelity 0.4",
    interval_by=BY,
    describe=(
        "Share of the outputs that lie among the real test images in Inception's features, each of "
        "which reaches to its third neighbour (Kynkäänniemi 2019): fidelity. One outlier among the "
        "real ones has a wide reach; blurred averages score well."
    ),
    least=NEAREST + 1,
)
RECALL = SetScore(
    title="Recall",
    space="inception",
    value=recall,
    interval=recall_interval,
    higher_is_better=True,
    range=(0, 1),
    library="s2f, tested equal to torch-fidelity 0.4",
    interval_by=BY,
    describe=(
        "Share of the real test images that lie among the outputs, each of which reaches to its "
        "third neighbour (Kynkäänniemi 2019): variety. Outputs that scatter widely reach a lot."
    ),
    least=NEAREST + 1,
)
DENSITY = SetScore(
    title="Density",
    space="inception",
    value=density,
    interval=density_interval,
    higher_is_better=True,
    range=(0, None),
    library=f"numpy {np.__version__}, tested by definition",
    interval_by=BY,
    describe=(
        "How many real images reach an output, over the five that are expected (Naeem 2020): "
        "fidelity, less moved by outliers than precision. About 1 for real images; more where "
        "outputs crowd around the average."
    ),
    least=NEAREST_OF_BALLS + 1,
)
COVERAGE = SetScore(
    title="Coverage",
    space="inception",
    value=coverage,
    interval=coverage_interval,
    higher_is_better=True,
    range=(0, 1),
    library=f"numpy {np.__version__}, tested by definition",
    interval_by=BY,
    describe=(
        "Share of the real test images that have an output within reach of their fifth neighbour "
        "(Naeem 2020): variety, less moved by outliers than recall. About 0.97 for as many real "
        "images."
    ),
    least=NEAREST_OF_BALLS + 1,
)
