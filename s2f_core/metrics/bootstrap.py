"""Bootstrap intervals, with the draws of ``scipy.stats.bootstrap`` (its import takes 1 s)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

PERCENTILES = (2.5, 97.5)  # the ends of a 95 % interval
MEAN_RESAMPLES = 1000  # of a mean over images
SET_RESAMPLES = 200  # of a comparison of two sets
RESAMPLED_SETS = f"{SET_RESAMPLES} bootstrap resamples of both sets"


MIN_IMAGES = 8  # of a comparison of two sets; a resample of fewer may be one image alone


def mean_interval(values: Values, random: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % percentile interval of the mean of values [n], from 1,000 resamples."""
    n = len(values)
    means = values[random.integers(0, n, (MEAN_RESAMPLES, n))].mean(axis=1)
    return percentile_interval(means)


def resample_sets(
    statistic: Callable[[Rows, Rows], float],
    sizes: tuple[int, int],
    random: np.random.Generator,
    count: int = SET_RESAMPLES,
) -> Values:
    """Return a statistic of ``count`` resamples, float64 [count].

    ``statistic`` gets the rows of a resample of either set; ``sizes`` are those of the sets.
    """
    rows, others = (random.integers(0, size, (count, size)) for size in sizes)
    return np.asarray([statistic(one, other) for one, other in zip(rows, others, strict=True)])


def percentile_interval(resampled: Values) -> tuple[float, float]:
    """Return the 95 % percentile interval of resampled values."""
    low, high = np.percentile(resampled, PERCENTILES)
    return float(low), float(high)


def standard_error_interval(value: float, resampled: Values) -> tuple[float, float]:
    """Return 1.96 standard errors either side of a statistic that resampling biases."""
    margin = 1.96 * float(resampled.std(ddof=1))
    return value - margin, value + margin
