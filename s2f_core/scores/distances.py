"""FID and KID: distances between the Inception features of two sets of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
import torch_fidelity
from scipy.stats import bootstrap
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

from s2f_core.scores.kinds import SetScore, Values

if TYPE_CHECKING:
    from scipy.stats._resampling import BootstrapResult

Rows = npt.NDArray[np.int64]

RESAMPLES = 200
SUBSET = 100


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


def kid(outputs: Values, targets: Values) -> float:
    """Kernel Inception distance (Bińkowski et al. 2018): unbiased MMD², cubic kernel.

    Mean over 50 subsets of 100, or of all where there are fewer; may be slightly negative.
    """
    found = kid_features_to_metric(
        torch.from_numpy(outputs),
        torch.from_numpy(targets),
        kid_subsets=50,
        kid_subset_size=min(SUBSET, len(outputs), len(targets)),
        kid_degree=3,
        kid_gamma=None,
        kid_coef0=1,
        kid_kernel="poly",
        rng_seed=0,
        verbose=False,
    )
    return float(found[KEY_METRIC_KID_MEAN])


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


def fid_interval(
    outputs: Values, targets: Values, random: np.random.Generator
) -> tuple[float, float]:
    """95 % interval of the FID: the value ± 1.96 bootstrap standard errors.

    Not the resamples' own percentiles: a resample repeats images, which biases its FID upwards, so
    that they would not hold the value. The bias at this N is not part of the interval.
    """

    def statistic(rows: Rows, others: Rows) -> float:
        return fid(outputs[rows], targets[others])

    found = _resampled(statistic, (len(outputs), len(targets)), random)
    value, margin = fid(outputs, targets), 1.96 * float(found.standard_error)
    return max(0.0, value - margin), value + margin


def kid_interval(
    outputs: Values, targets: Values, random: np.random.Generator
) -> tuple[float, float]:
    """95 % percentile interval of the KID.

    Pairs of one image with itself, which resampling brings in, are left out of the sums, so that
    every resample stays unbiased.
    """
    dimensions = outputs.shape[1]

    def kernel(x: Values, y: Values) -> Values:
        cubic: Values = (x @ y.T / dimensions + 1.0) ** 3
        return cubic

    xx, yy = kernel(outputs, outputs), kernel(targets, targets)
    xy = kernel(outputs, targets)

    def within(matrix: Values, rows: Rows) -> float:
        different = rows[:, None] != rows[None, :]
        return float(matrix[np.ix_(rows, rows)][different].mean())

    def statistic(rows: Rows, others: Rows) -> float:
        between = xy[np.ix_(rows, others)].mean()
        return within(xx, rows) + within(yy, others) - 2 * float(between)

    found = _resampled(statistic, (len(outputs), len(targets)), random).confidence_interval
    return float(found.low), float(found.high)


LIBRARY = f"torch-fidelity {torch_fidelity.__version__}"

FID = SetScore(
    title="FID",
    value=fid,
    interval=fid_interval,
    higher_is_better=False,
    range=(0, None),
    library=f"s2f (equal to {LIBRARY}); features {LIBRARY}",
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
