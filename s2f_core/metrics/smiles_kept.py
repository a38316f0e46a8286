"""Smiles kept: the share of outputs whose mouth curves as the drawing's."""

from __future__ import annotations

import numpy as np

from s2f_core.metrics.faces import POINTS
from s2f_core.metrics.landmark_error import EYE_CORNERS
from s2f_core.metrics.types import PairedScore, Values

MOUTH_CORNERS = (61, 291)
MOUTH_MIDDLE = (13, 14)  # the middle of the upper and lower lip, inside
STRAIGHT = 0.02  # of the eyes' distance: a mouth that curves less neither smiles nor pouts


def mouth_curve(points: Values) -> Values:
    """Return how far each mouth's corners are above its middle, for points [n, 2 · 468]: [n].

    In units of the distance of the outer eye corners, at right angles to their line; above 0 is a
    smile. NaN where there is no face, or its eyes are one point.
    """
    places = points.reshape(-1, POINTS, 2)
    eyes = places[:, EYE_CORNERS[1]] - places[:, EYE_CORNERS[0]]
    corners, middle = (places[:, pair].mean(axis=1) for pair in (MOUTH_CORNERS, MOUTH_MIDDLE))
    down = middle - corners
    square = (eyes**2).sum(axis=1)
    across = eyes[:, 0] * down[:, 1] - eyes[:, 1] * down[:, 0]
    return np.asarray(across / np.where(square > 0, square, np.nan))


def smiles_kept(outputs: Values, drawings: Values) -> Values:
    """Return 1 where the mouths of output and drawing curve the same way, else 0: float64 [n].

    For points [n, 2 · 468]. NaN where either has no face, or the drawing's mouth is straight: it
    curves by less than 2 % of the distance of the eyes.
    """
    ours, theirs = mouth_curve(outputs), mouth_curve(drawings)
    known = np.isfinite(ours) & (np.abs(theirs) >= STRAIGHT)
    return np.where(known, np.sign(ours) == np.sign(theirs), np.nan).astype(np.float64)


SMILES_KEPT = PairedScore(
    title="Smiles kept",
    space="drawn_faces",
    of_input=True,
    function=smiles_kept,
    higher_is_better=True,
    range=(0, 1),
    library="s2f with ai-edge-litert",
    describe=(
        "Share of the outputs whose mouth curves as the drawing's: a drawn smile becomes a smile. "
        "Of the drawings in which a face with a curved mouth is found and in whose outputs a face "
        "is: N counts these. Only where at least half of the real images have a face."
    ),
)
