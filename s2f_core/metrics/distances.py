"""Distances between two sets of vectors: FID and KID of Inception features, energy of surfaces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import OF_SETS, Rows
from s2f_core.metrics.types import SetScore, Values


def fid(outputs: Values, targets: Values) -> float:
    """Fréchet distance of Gaussians fitted to features [n, d] and [m, d] (Heusel et al. 2017).

    The trace of the covariances' geometric mean is taken as the sum of the singular values of the
    n × m matrix of centred inner products, which equals the textbook matrix square root and takes
    milliseconds where n and m are small and d is 2048.
    """
    mean = ((outputs.mean(axis=0) - targets.mean(axis=0)) ** 2).sum()
    x = (outputs - outputs.mean(axis=0)) / np.sqrt(len(outputs) - 1)
    y = (targets - targets.mean(axis=0)) / np.sqrt(len(targets) - 1)
    if min(len(x), len(y)) > x.shape[1]:  # the small side is d: go through the covariances' roots
        x, y = np.linalg.qr(x, mode="r"), np.linalg.qr(y, mode="r")
    shared = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(mean + (x**2).sum() + (y**2).sum() - 2 * shared)


def fid_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of the FID: the value ± 1.96 bootstrap standard errors.

    Not the resamples' own percentiles: a resample repeats images, which biases its FID upwards, so
    that they would not hold the value. The bias at this N is not part of the interval.
    """
    sizes = len(outputs), len(targets)
    found = bootstrap.of_sets(fid_of_rows(outputs, targets), sizes, random)
    low, high = bootstrap.around(value, found)
    return max(0.0, low), high


def fid_of_rows(outputs: Values, targets: Values) -> Callable[[Rows, Rows], float]:
    """The FID of rows drawn from features [n, d] and [m, d]; a row may be drawn several times.

    Where there are fewer images than dimensions it is found from inner products that are computed
    once, each drawn row entering with its weight.
    """
    if min(len(outputs), len(targets)) > outputs.shape[1]:
        return lambda rows, others: fid(outputs[rows], targets[others])
    xx, yy, xy = outputs @ outputs.T, targets @ targets.T, outputs @ targets.T

    def spread(kernel: Values, drawn: Rows, n: int) -> tuple[float, float]:
        """Squared length of the mean, and the covariance's trace."""
        mean = float(drawn @ kernel @ drawn) / n**2
        return mean, (float(kernel.diagonal() @ drawn) - n * mean) / (n - 1)

    def from_products(rows: Rows, others: Rows) -> float:
        n, m = len(rows), len(others)
        p, q = np.bincount(rows, minlength=len(xx)), np.bincount(others, minlength=len(yy))
        mean_x, trace_x = spread(xx, p, n)
        mean_y, trace_y = spread(yy, q, m)
        one, two = p.nonzero()[0], q.nonzero()[0]
        p, q, between = p[one], q[two], xy[np.ix_(one, two)]
        over_rows, over_others = p @ between / n, between @ q / m
        cross = float(over_rows @ q) / m
        weighted = np.sqrt(p)[:, None] * (between - over_rows - over_others[:, None] + cross)
        shared = _nuclear(weighted * np.sqrt(q)) / np.sqrt((n - 1) * (m - 1))
        return float(mean_x + mean_y - 2 * cross + trace_x + trace_y - 2 * shared)

    return from_products


def _nuclear(matrix: Values) -> float:
    """The sum of the singular values, by the squares' eigenvalues: a third faster, to 1e-8."""
    squares = matrix @ matrix.T if len(matrix) < matrix.shape[1] else matrix.T @ matrix
    return float(np.sqrt(np.linalg.eigvalsh(squares).clip(0)).sum())


def kid(outputs: Values, targets: Values) -> float:
    """Kernel Inception distance of features [n, d] and [m, d] (Bińkowski et al. 2018).

    The unbiased MMD² with the kernel (x·y / d + 1)³ over all images, not a mean over random
    subsets; may be slightly negative.
    """
    return _all(_cubic(outputs, targets))


def kid_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % percentile interval of the KID; see :func:`_interval`."""
    del value
    return _interval(_cubic(outputs, targets), random)


def energy(outputs: Values, targets: Values) -> float:
    """Energy distance 2·E|X - Y| - E|X - X'| - E|Y - Y'| of vectors [n, d] and [m, d].

    Székely and Rizzo 2013, eq. 1.1, estimated without pairs of a vector with itself, which makes it
    unbiased; may be slightly negative.
    """
    return _all(_apart(outputs, targets))


def energy_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % percentile interval of the energy distance; see :func:`_interval`."""
    del value
    return _interval(_apart(outputs, targets), random)


def distances(x: Values, y: Values) -> Values:
    """Euclidean distance of every vector of x [n, d] from every one of y [m, d]: [n, m]."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None] - 2 * (x @ y.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


Kernels = tuple[Values, Values, Values]  # of outputs, of targets, and between them


def _cubic(outputs: Values, targets: Values) -> Kernels:
    def cubic(x: Values, y: Values) -> Values:
        kernel: Values = (x @ y.T / x.shape[1] + 1.0) ** 3
        return kernel

    return cubic(outputs, outputs), cubic(targets, targets), cubic(outputs, targets)


def _apart(outputs: Values, targets: Values) -> Kernels:
    """The kernel -|x - y|, whose MMD² is the energy distance."""
    return -distances(outputs, outputs), -distances(targets, targets), -distances(outputs, targets)


def _all(kernels: Kernels) -> float:
    return _mmd(kernels, np.arange(len(kernels[0])), np.arange(len(kernels[1])))


def _interval(kernels: Kernels, random: np.random.Generator) -> tuple[float, float]:
    """95 % percentile interval of an MMD².

    Pairs of one image with itself, which resampling brings in, are left out of the sums, so that
    every resample stays unbiased.
    """

    def statistic(rows: Rows, others: Rows) -> float:
        return _mmd(kernels, rows, others)

    sizes = len(kernels[0]), len(kernels[1])
    return bootstrap.percentiles(bootstrap.of_sets(statistic, sizes, random))


def _mmd(kernels: Kernels, rows: Rows, others: Rows) -> float:
    """Unbiased MMD² of the images chosen from either set; no image is paired with itself."""
    xx, yy, xy = kernels
    p, q = _shares(rows, len(xx)), _shares(others, len(yy))
    return within(xx, rows) + within(yy, others) - 2 * float(p @ xy @ q)


def within(kernel: Values, chosen: Rows) -> float:
    """Mean of a kernel [n, n] over the pairs of different rows among those chosen."""
    p = _shares(chosen, len(kernel))
    return float((p @ kernel @ p - p**2 @ kernel.diagonal()) / (1 - p @ p))


def _shares(chosen: Rows, count: int) -> Values:
    """How much of what was chosen is each of so many rows."""
    return np.asarray(np.bincount(chosen, minlength=count) / len(chosen))


LIBRARY = "s2f, tested equal to torch-fidelity 0.4"
SETS = f"{OF_SETS} bootstrap resamples of both sets"

FID = SetScore(
    title="FID",
    space="inception",
    value=fid,
    interval=fid_interval,
    higher_is_better=False,
    range=(0, None),
    library=LIBRARY,
    interval_by=f"± 1.96 standard errors of {SETS}",
    describe=(
        "Fréchet distance to the Inception features of the real test images; biased upwards below "
        "N = 2048."
    ),
)
KID = SetScore(
    title="KID",
    space="inception",
    value=kid,
    interval=kid_interval,
    higher_is_better=False,
    range=(None, None),
    library=LIBRARY,
    interval_by=f"percentiles of {SETS}",
    describe=(
        "Squared MMD to the Inception features of the real test images, cubic kernel; unbiased at "
        "any N."
    ),
)
ENERGY = SetScore(
    title="Energy distance",
    space="coordinates",
    value=energy,
    interval=energy_interval,
    higher_is_better=False,
    range=(None, None),
    library=f"numpy {np.__version__}",
    interval_by=f"percentiles of {SETS}",
    describe=(
        "Energy distance (Székely and Rizzo 2013) between generated and real examples, each one "
        "vector of its points' coordinates scaled to the unit range; a distance of 1 is as far as "
        "every coordinate's whole range; unbiased at any N."
    ),
)
