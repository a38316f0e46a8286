"""How varied generated images are, beside real ones."""

from __future__ import annotations

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import Rows
from s2f_core.metrics.distances import SETS, distances, within
from s2f_core.metrics.types import SetScore, Values


def as_vectors(images: Pixels) -> Values:
    """Images uint8 [n, H, W, C] as vectors float64 [n, H·W·C] in [0, 1]."""
    return images.reshape(len(images), -1) / 255.0


def diversity(outputs: Values, targets: Values) -> float:
    """How far outputs [n, d] lie from each other, over how far targets [m, d] do.

    Far is the root of the mean squared distance of two different images. 0 where all outputs are
    equal, 1 where they vary as the targets do.
    """
    return _ratio(_squared(outputs), _squared(targets), _rows(outputs), _rows(targets))


def diversity_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % percentile interval of the diversity; no image is paired with itself."""
    del value
    ours, theirs = _squared(outputs), _squared(targets)

    def statistic(rows: Rows, others: Rows) -> float:
        return _ratio(ours, theirs, rows, others)

    sizes = len(outputs), len(targets)
    return bootstrap.percentiles(bootstrap.of_sets(statistic, sizes, random))


def _squared(vectors: Values) -> Values:
    return distances(vectors, vectors) ** 2


def _rows(vectors: Values) -> Rows:
    return np.arange(len(vectors))


def _ratio(ours: Values, theirs: Values, rows: Rows, others: Rows) -> float:
    real = within(theirs, others)
    return float(np.sqrt(within(ours, rows) / real)) if real else 0.0


DIVERSITY = SetScore(
    title="Diversity",
    space="pixels",
    value=diversity,
    interval=diversity_interval,
    higher_is_better=True,
    range=(0, None),
    library=f"numpy {np.__version__}",
    interval_by=f"percentiles of {SETS}",
    describe=(
        "Root mean squared difference of two generated images over that of two real ones: 0 where "
        "all are equal, 1 where they vary as real ones do. Noise raises it too: read it beside KID."
    ),
)
