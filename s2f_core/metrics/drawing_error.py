"""Drawing error: the distance of an output's facial points from those of the drawing."""

from __future__ import annotations

from s2f_core.metrics.landmark_error import landmark_error
from s2f_core.metrics.types import PairedScore, Values


def drawing_error(outputs: Values, drawings: Values) -> Values:
    """Return the normalised mean error of each output's points [n, 2 · 468]: float64 [n].

    :func:`.landmark_error` with the points of the drawings in place of the targets', so the unit
    is the distance of the drawn eyes' outer corners. NaN where either has no face.
    """
    return landmark_error(outputs, drawings)


DRAWING_ERROR = PairedScore(
    title="Drawing error",
    space="drawn_faces",
    of_input=True,
    function=drawing_error,
    higher_is_better=False,
    range=(0, None),
    library="s2f with ai-edge-litert",
    describe=(
        "How faithful outputs are: mean distance of 468 points of the face from those of the face "
        "in the drawing, over the distance of its outer eye corners, of the drawings in which a "
        "face is found and in whose outputs one is: N counts these. Only where at least half of "
        "the real images have a face."
    ),
)
