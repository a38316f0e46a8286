"""Faces found: the share of outputs with a face."""

from __future__ import annotations

import numpy as np

from s2f_core.metrics.faces import has_face
from s2f_core.metrics.types import RelativeScore, Values


def faces_found(outputs: Values, targets: Values) -> Values:
    """Return 1 for each output [n, 2 · 468] that has a face, else 0: float64 [n]."""
    del targets
    return has_face(outputs).astype(np.float64)


FACES_FOUND = RelativeScore(
    title="Faces found",
    space="faces",
    function=faces_found,
    higher_is_better=True,
    range=(0, 1),
    library="s2f with ai-edge-litert",
    describe=(
        "Share of the outputs in which a face is found. Only where at least half of the real "
        "images have one."
    ),
)
