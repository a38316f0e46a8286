"""Pixel difference of each output from its target: mean absolute (L1) and root mean square (L2)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels
from s2f_core.metrics.types import PairedScore, Values

LIBRARY = f"numpy {np.__version__}"


def pixel_difference(outputs: Pixels, targets: Pixels) -> Values:
    """Return the mean absolute difference of each pair uint8 [n, H, W, C], in [0, 1]: float64 [n].

    The mean is over pixels and channels.
    """
    mean: Values = _absolute(outputs, targets).reshape(len(outputs), -1).mean(axis=1) / 255.0
    return mean


def root_mean_square(outputs: Pixels, targets: Pixels) -> Values:
    """Return the root mean square difference of each pair uint8 [n, H, W, C], in [0, 1]."""
    squared = np.square(_absolute(outputs, targets), dtype=np.int32).reshape(len(outputs), -1)
    return np.asarray(np.sqrt(squared.mean(axis=1)) / 255.0)


def _absolute(outputs: Pixels, targets: Pixels) -> npt.NDArray[np.int16]:
    return np.abs(outputs.astype(np.int16) - targets.astype(np.int16))


PIXEL_DIFFERENCE = PairedScore(
    title="Pixel difference",
    function=pixel_difference,
    higher_is_better=False,
    range=(0, 1),
    library=LIBRARY,
    describe="Mean absolute difference from the target over pixels and channels, 0 to 1.",
)
PIXEL_DIFFERENCE_L2 = PairedScore(
    title="Pixel difference (L2)",
    function=root_mean_square,
    higher_is_better=False,
    range=(0, 1),
    library=LIBRARY,
    describe=(
        "Root mean square difference from the target over pixels and channels, 0 to 1, averaged "
        "over images; a few large errors weigh more than in the mean absolute one."
    ),
)
