"""Bootstrap intervals. The draws are those of ``scipy.stats.bootstrap``, whose import takes 1 s."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

ENDS = (2.5, 97.5)  # percentiles of a 95 % interval
OF_MEAN = 1000  # resamples of a mean over images
OF_SETS = 200  # resamples of a distance between two sets


def of_mean(values: Values, random: np.random.Generator) -> tuple[float, float]:
    """95 % percentile interval of the mean of values [n], from 1,000 resamples."""
    n = len(values)
    means = values[random.integers(0, n, (OF_MEAN, n))].mean(axis=1)
    low, high = np.percentile(means, ENDS)
    return float(low), float(high)


def of_sets(
    statistic: Callable[[Rows, Rows], float],
    sizes: tuple[int, int],
    random: np.random.Generator,
    count: int = OF_SETS,
) -> Values:
    """A statistic of the rows drawn from each of two sets, so many times over."""
    rows, others = (random.integers(0, size, (count, size)) for size in sizes)
    return np.asarray([statistic(one, other) for one, other in zip(rows, others, strict=True)])


def percentiles(values: Values) -> tuple[float, float]:
    """95 % percentile interval of resampled values."""
    low, high = np.percentile(values, ENDS)
    return float(low), float(high)


def around(value: float, resampled: Values) -> tuple[float, float]:
    """95 % interval of a statistic that resampling biases: 1.96 standard errors either side."""
    margin = 1.96 * float(resampled.std(ddof=1))
    return value - margin, value + margin
