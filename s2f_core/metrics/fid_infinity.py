"""FID extrapolated: what it would tend to with ever more images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2f_core.common.seeding import stream
from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import Rows
from s2f_core.metrics.distances import LIBRARY, fid_of_rows
from s2f_core.metrics.types import SetScore, Values

SHARES = np.linspace(0.5, 1, 5)  # of both sets
DRAWS = 10  # orders of the images that the value is a mean over
RESAMPLES = 50  # each costs nine FIDs
LEAST = 4  # images, so that half of them have a covariance


def fid_infinity(outputs: Values, targets: Values) -> float:
    """FID∞ of features [n, d] and [m, d] (Chong and Forsyth 2020, section 3): may be negative.

    A line is fitted to FID over 1/N and read at 1/N = 0. N are five shares of the sets, from half
    to whole; of each smaller share two subsets are taken, which are as disjoint as can be, in ten
    seeded orders of the images. Deviations: both sets shrink together, since here the real one is
    as small as the other and biases the FID as much; plain random subsets, for there is no noise
    to draw evenly.
    """
    statistic = _of_rows(outputs, targets)
    random = stream(0)
    found = [
        statistic(random.permutation(len(outputs)), random.permutation(len(targets)))
        for _ in range(DRAWS)
    ]
    return float(np.mean(found))


def fid_infinity_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of FID∞: the value ± 1.96 bootstrap standard errors; see ``fid_interval``.

    The error of fitting a line to what is none at this N is not part of it.
    """
    sizes = len(outputs), len(targets)
    found = bootstrap.of_sets(_of_rows(outputs, targets), sizes, random, RESAMPLES)
    return bootstrap.around(value, found)


def _of_rows(outputs: Values, targets: Values) -> Callable[[Rows, Rows], float]:
    """The extrapolation over subsets of the rows drawn: those that come first, and last."""
    distance = fid_of_rows(outputs, targets)
    spread = 1 / SHARES - (1 / SHARES).mean()

    def statistic(rows: Rows, others: Rows) -> float:
        found = [distance(rows, others)]
        for share in SHARES[:-1]:
            n, m = round(share * len(rows)), round(share * len(others))
            ends = distance(rows[:n], others[:m]), distance(rows[-n:], others[-m:])
            found.insert(-1, sum(ends) / 2)
        slope = spread @ found / (spread @ spread)
        return float(np.mean(found) - slope * (1 / SHARES).mean())

    return statistic


FID_INFINITY = SetScore(
    title="FID∞",
    space="inception",
    value=fid_infinity,
    interval=fid_infinity_interval,
    higher_is_better=False,
    range=(None, None),
    library=LIBRARY,
    interval_by=f"± 1.96 standard errors of {RESAMPLES} bootstrap resamples of both sets",
    describe=(
        "FID extrapolated to infinitely many images (Chong and Forsyth 2020), by a line over 1/N; "
        "at a hundred images it takes away about a quarter of the bias, not all."
    ),
    least=LEAST,
)
