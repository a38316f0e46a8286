"""How far the pixels of each output are from its target's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels
from s2f_core.metrics.types import PairedScore, Values

LIBRARY = f"numpy {np.__version__}"


def pixel_difference(outputs: Pixels, targets: Pixels) -> Values:
    """Mean absolute difference of each pair over pixels and channels, in [0, 1]."""
    mean: Values = _apart(outputs, targets).reshape(len(outputs), -1).mean(axis=1) / 255.0
    return mean


def root_mean_square(outputs: Pixels, targets: Pixels) -> Values:
    """Root mean square difference of each pair over pixels and channels, in [0, 1]."""
    squared = np.square(_apart(outputs, targets), dtype=np.int32).reshape(len(outputs), -1)
    return np.asarray(np.sqrt(squared.mean(axis=1)) / 255.0)


def _apart(outputs: Pixels, targets: Pixels) -> npt.NDArray[np.int16]:
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
