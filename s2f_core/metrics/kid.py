"""Kernel inception distance (KID) of two sets of feature vectors."""

from __future__ import annotations

import numpy as np

from s2f_core.metrics.bootstrap import RESAMPLED_SETS
from s2f_core.metrics.mmd import compute_kernels, mmd, mmd_interval
from s2f_core.metrics.types import SetScore, Values


def kid(outputs: Values, targets: Values) -> float:
    """Return the KID of features [n, d] and [m, d] (Bińkowski et al. 2018); may be below 0.

    This is the unbiased MMD² with the cubic kernel over all images, not a mean over random subsets.
    """
    return mmd(compute_kernels(cubic_kernel, outputs, targets))


def kid_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the KID; see :func:`.mmd_interval`."""
    del value
    return mmd_interval(compute_kernels(cubic_kernel, outputs, targets), random)


def cubic_kernel(x: Values, y: Values) -> Values:
    """Return (x·y / d + 1)³ of every vector of x [n, d] with every one of y [m, d]: [n, m]."""
    kernel: Values = (x @ y.T / x.shape[1] + 1.0) ** 3
    return kernel


KID = SetScore(
    title="KID",
    space="inception",
    value=kid,
    interval=kid_interval,
    higher_is_better=False,
    range=(None, None),
    library="s2f, tested equal to torch-fidelity 0.4",
    interval_by=f"percentiles of {RESAMPLED_SETS}",
    describe=(
        "Squared MMD to the Inception features of the real test images, cubic kernel; unbiased at "
        "any N."
    ),
)
