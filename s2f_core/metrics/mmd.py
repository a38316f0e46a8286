"""Unbiased squared maximum mean discrepancy (MMD²) of two sets, and distances of vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import Rows, Values

Kernels = tuple[Values, Values, Values]  # of outputs [n, n], targets [m, m], and both [n, m]


def compute_kernels(
    kernel: Callable[[Values, Values], Values], outputs: Values, targets: Values
) -> Kernels:
    """Return a kernel of outputs [n, d], of targets [m, d], and between them."""
    return kernel(outputs, outputs), kernel(targets, targets), kernel(outputs, targets)


def mmd(kernels: Kernels) -> float:
    """Return the unbiased MMD² of two whole sets."""
    return _mmd_of_rows(kernels, np.arange(len(kernels[0])), np.arange(len(kernels[1])))


def mmd_interval(kernels: Kernels, random: np.random.Generator) -> tuple[float, float]:
    """Return the 95 % percentile interval of an MMD².

    A resample contains pairs of one image with itself. The sums leave these out, so that every
    resample stays unbiased.
    """

    def statistic(rows: Rows, others: Rows) -> float:
        return _mmd_of_rows(kernels, rows, others)

    sizes = len(kernels[0]), len(kernels[1])
    return bootstrap.percentile_interval(bootstrap.resample_sets(statistic, sizes, random))


def mean_of_pairs(kernel: Values, rows: Rows) -> float:
    """Return the mean of a kernel [n, n] over the pairs of different images among these rows."""
    p = _weights(rows, len(kernel))
    return float((p @ kernel @ p - p**2 @ kernel.diagonal()) / (1 - p @ p))


def pairwise_distances(x: Values, y: Values) -> Values:
    """Return the Euclidean distance of each vector of x [n, d] from each of y [m, d]: [n, m]."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None] - 2 * (x @ y.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _mmd_of_rows(kernels: Kernels, rows: Rows, others: Rows) -> float:
    xx, yy, xy = kernels
    p, q = _weights(rows, len(xx)), _weights(others, len(yy))
    return mean_of_pairs(xx, rows) + mean_of_pairs(yy, others) - 2 * float(p @ xy @ q)


def _weights(rows: Rows, count: int) -> Values:
    """The share of each of ``count`` images among the rows."""
    return np.asarray(np.bincount(rows, minlength=count) / len(rows))
