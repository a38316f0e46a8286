"""Average pixel difference."""

from __future__ import annotations

import numpy as np

from s2f_core.images import Pixels
from s2f_core.scores.kinds import PairedScore, Values


def pixel_difference(outputs: Pixels, targets: Pixels) -> Values:
    """Mean absolute difference of each pair over pixels and channels, in [0, 1]."""
    difference = np.abs(outputs.astype(np.int16) - targets.astype(np.int16))
    mean: Values = difference.reshape(len(outputs), -1).mean(axis=1) / 255.0
    return mean


PIXEL_DIFFERENCE = PairedScore(
    title="Pixel difference",
    function=pixel_difference,
    higher_is_better=False,
    range=(0, 1),
    library=f"numpy {np.__version__}",
    describe="Mean absolute difference from the target over pixels and channels, 0 to 1.",
)
