"""Diversity: the variety of generated images over that of real ones."""

from __future__ import annotations

import math

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import RESAMPLED_SETS, Rows
from s2f_core.metrics.mmd import mean_of_pairs, pairwise_distances
from s2f_core.metrics.types import SetScore, Values


def pixel_vectors(images: Pixels) -> Values:
    """Return images uint8 [n, H, W, C] as vectors float64 [n, H·W·C] in [0, 1]."""
    return images.reshape(len(images), -1) / 255.0


def diversity(outputs: Values, targets: Values) -> float:
    """Return the root mean squared distance of two outputs [n, d], over that of two targets [m, d].

    The score is 0 where all outputs are equal, and 1 where they vary as the targets do. It is NaN
    where all targets are equal.
    """
    rows, others = np.arange(len(outputs)), np.arange(len(targets))
    return _ratio(_squared_distances(outputs), _squared_distances(targets), rows, others)


def diversity_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the diversity; no image is paired with itself."""
    del value
    ours, theirs = _squared_distances(outputs), _squared_distances(targets)

    def statistic(rows: Rows, others: Rows) -> float:
        return _ratio(ours, theirs, rows, others)

    sizes = len(outputs), len(targets)
    return bootstrap.percentile_interval(bootstrap.resample_sets(statistic, sizes, random))


def _squared_distances(vectors: Values) -> Values:
    return pairwise_distances(vectors, vectors) ** 2


def _ratio(ours: Values, theirs: Values, rows: Rows, others: Rows) -> float:
    real = mean_of_pairs(theirs, others)
    ratio = max(mean_of_pairs(ours, rows), 0.0) / real if real > 0 else math.nan
    return math.sqrt(ratio)


DIVERSITY = SetScore(
    title="Diversity",
    space="pixels",
    value=diversity,
    interval=diversity_interval,
    higher_is_better=True,
    range=(0, None),
    library=f"numpy {np.__version__}",
    interval_by=f"percentiles of {RESAMPLED_SETS}",
    describe=(
        "Root mean squared difference of two generated images over that of two real ones: 0 where "
        "all are equal, 1 where they vary as real ones do. Noise raises it too: read it beside KID."
    ),
)
