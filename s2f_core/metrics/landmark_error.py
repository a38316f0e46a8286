"""Landmark error: the distance of an output's facial points from the target's."""

from __future__ import annotations

import numpy as np

from s2f_core.metrics.faces import POINTS
from s2f_core.metrics.types import PairedScore, Values

EYE_CORNERS = (33, 263)  # the outer ones


def landmark_error(outputs: Values, targets: Values) -> Values:
    """Return the normalised mean error of each pair's points [n, 2 · 468]: float64 [n].

    Source: the 300-W benchmark (Sagonas et al. 2013): the mean distance of a point from the
    target's, over the distance of the target's outer eye corners. NaN where either has no face, or
    the target's eyes are one point.
    """
    ours, theirs = (points.reshape(-1, POINTS, 2) for points in (outputs, targets))
    eyes = np.linalg.norm(theirs[:, EYE_CORNERS[0]] - theirs[:, EYE_CORNERS[1]], axis=1)
    distances = np.linalg.norm(ours - theirs, axis=2).mean(axis=1)
    return np.asarray(distances / np.where(eyes > 0, eyes, np.nan))


LANDMARK_ERROR = PairedScore(
    title="Landmark error",
    space="faces",
    function=landmark_error,
    higher_is_better=False,
    range=(0, None),
    library="s2f with ai-edge-litert",
    describe=(
        "Mean distance of 468 points of the face from those of the target's face, over the "
        "distance of its outer eye corners, of the outputs in which a face is found: read it "
        "beside their share. Only where at least half of the real images have a face."
    ),
)
