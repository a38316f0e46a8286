"""FID and KID: distances between the Inception features of two sets of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch_fidelity
from scipy.stats import bootstrap

from s2f_core.scores.kinds import SetScore, Values

if TYPE_CHECKING:
    from scipy.stats._resampling import BootstrapResult

Rows = npt.NDArray[np.int64]

RESAMPLES = 200


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
    outputs: Values, targets: Values, random: np.random.Generator
) -> tuple[float, float]:
    """95 % interval of the FID: the value ± 1.96 bootstrap standard errors.

    Not the resamples' own percentiles: a resample repeats images, which biases its FID upwards, so
    that they would not hold the value. The bias at this N is not part of the interval.
    """
    n, m = len(outputs), len(targets)
    xx, yy, xy = outputs @ outputs.T, targets @ targets.T, outputs @ targets.T

    def from_products(rows: Rows, others: Rows) -> float:
        """The same distance from inner products alone, so that a resample is an indexing."""
        within = xx[np.ix_(rows, rows)].mean(), yy[np.ix_(others, others)].mean()
        between = xy[np.ix_(rows, others)]
        spread_x = (xx.diagonal()[rows].sum() - n * within[0]) / (n - 1)
        spread_y = (yy.diagonal()[others].sum() - m * within[1]) / (m - 1)
        centred = between - between.mean(axis=0) - between.mean(axis=1)[:, None] + between.mean()
        shared = np.linalg.svd(centred, compute_uv=False).sum() / np.sqrt((n - 1) * (m - 1))
        return float(sum(within) - 2 * between.mean() + spread_x + spread_y - 2 * shared)

    def from_features(rows: Rows, others: Rows) -> float:
        return fid(outputs[rows], targets[others])

    small = min(n, m) <= outputs.shape[1]
    found = _resampled(from_products if small else from_features, (n, m), random)
    value, margin = fid(outputs, targets), 1.96 * float(found.standard_error)
    return max(0.0, value - margin), value + margin


def kid(outputs: Values, targets: Values) -> float:
    """Kernel Inception distance of features [n, d] and [m, d] (Bińkowski et al. 2018).

    The unbiased MMD² with the kernel (x·y / d + 1)³ over all images, not a mean over random
    subsets; may be slightly negative.
    """
    return _mmd(_kernels(outputs, targets), np.arange(len(outputs)), np.arange(len(targets)))


def kid_interval(
    outputs: Values, targets: Values, random: np.random.Generator
) -> tuple[float, float]:
    """95 % percentile interval of the KID.

    Pairs of one image with itself, which resampling brings in, are left out of the sums, so that
    every resample stays unbiased.
    """
    kernels = _kernels(outputs, targets)

    def statistic(rows: Rows, others: Rows) -> float:
        return _mmd(kernels, rows, others)

    found = _resampled(statistic, (len(outputs), len(targets)), random).confidence_interval
    return float(found.low), float(found.high)


def _kernels(outputs: Values, targets: Values) -> tuple[Values, Values, Values]:
    def cubic(x: Values, y: Values) -> Values:
        kernel: Values = (x @ y.T / x.shape[1] + 1.0) ** 3
        return kernel

    return cubic(outputs, outputs), cubic(targets, targets), cubic(outputs, targets)


def _mmd(kernels: tuple[Values, Values, Values], rows: Rows, others: Rows) -> float:
    """Unbiased MMD² of the images chosen from either set; no image is paired with itself."""
    xx, yy, xy = kernels

    def within(kernel: Values, chosen: Rows) -> float:
        different = chosen[:, None] != chosen[None, :]
        return float(kernel[np.ix_(chosen, chosen)][different].mean())

    between = float(xy[np.ix_(rows, others)].mean())
    return within(xx, rows) + within(yy, others) - 2 * between


def _resampled(
    statistic: Callable[[Rows, Rows], float], sizes: tuple[int, int], random: np.random.Generator
) -> BootstrapResult[Any, Any]:
    """Bootstrap of a statistic of the rows chosen from either set."""
    return bootstrap(
        [np.arange(size) for size in sizes],
        statistic,
        vectorized=False,
        n_resamples=RESAMPLES,
        method="percentile",
        rng=random,
    )


LIBRARY = (
    f"s2f, tested equal to torch-fidelity; features torch-fidelity {torch_fidelity.__version__}"
)

FID = SetScore(
    title="FID",
    value=fid,
    interval=fid_interval,
    higher_is_better=False,
    range=(0, None),
    library=LIBRARY,
    describe="Fréchet distance to the photos' Inception features; biased upwards below N = 2048.",
)
KID = SetScore(
    title="KID",
    value=kid,
    interval=kid_interval,
    higher_is_better=False,
    range=(None, None),
    library=LIBRARY,
    describe="Squared MMD to the photos' Inception features, cubic kernel; unbiased at any N.",
)
