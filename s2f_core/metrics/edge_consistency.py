"""Edge consistency: whether an output contains the lines of its input drawing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import joblib
import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.conditions import Condition
from s2f_core.data.conditions.copies import Copies
from s2f_core.data.conditions.face_mesh import Mesh
from s2f_core.data.conditions.mixture import Mixture
from s2f_core.data.conditions.noise import Noise
from s2f_core.data.conditions.per_photo import PhotoCondition
from s2f_core.data.conditions.pose import Pose
from s2f_core.metrics.types import PairedScore, Values

SIDE = 128  # pixels of a drawing whose blur is σ = 1


class ConditionRedraw:
    """Turns photos into profiles of their condition, such as their edges.

    ``costly``: the condition needs a network, which takes too long for baselines.
    """

    def __init__(self, condition: PhotoCondition, assets: Path) -> None:
        self.costly = bool(condition.ASSETS)
        self._apply: Callable[[Pixels], Pixels] = condition.load(assets)

    def __call__(self, photos: Pixels) -> Values:
        """Return the profiles of photos uint8 [n, H, W, 1 or 3]; see :func:`profiles`."""
        drawings = joblib.Parallel(n_jobs=-1, prefer="threads")(
            joblib.delayed(self._apply)(photo) for photo in photos
        )
        return profiles(np.stack(drawings))


def condition_redraw(condition: Condition, assets: Path) -> ConditionRedraw | None:
    """Return the redraw of a condition, or None where it cannot be computed from every photo.

    People's sketches and noise are not computed from photos, and simulated drawings differ each
    time; poses and meshes need a person in them. ``assets`` is the folder of fetched weights.
    """
    if isinstance(condition, Noise | Pose | Mesh | Copies | Mixture) or not isinstance(
        condition, PhotoCondition
    ):
        return None
    return ConditionRedraw(condition, assets)


def profiles(drawings: Pixels) -> Values:
    """Return drawings uint8 [n, H, W, C] as vectors float64 [n, d] whose products are correlations.

    Each drawing is blurred (σ is 1 pixel of 128), so that a line a pixel away counts in part. Then
    its mean is subtracted and its norm made 1. A drawing of one colour becomes 0.
    """
    sigma = drawings.shape[1] / SIDE
    blurred = [cv2.GaussianBlur(image.astype(np.float64), (0, 0), sigma) for image in drawings]
    vectors = np.stack(blurred).reshape(len(drawings), -1)
    vectors -= vectors.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(norms > 1e-6, norms, np.inf))  # rounding is no drawing


def correlation(outputs: Values, targets: Values) -> Values:
    """Return the Pearson correlation of each pair of drawings, given their profiles [n, d]."""
    return np.asarray(np.einsum("ij,ij->i", outputs, targets))


EDGE_CONSISTENCY = PairedScore(
    title="Edge consistency",
    space="condition",
    function=correlation,
    higher_is_better=True,
    range=(-1, 1),
    library=f"s2f with opencv {cv2.__version__}",
    describe=(
        "Correlation of the input drawing with the drawing of the output by the same condition, "
        "both blurred by 1 pixel of 128: 1 where the input is found again, 0 where nothing of it "
        "is. One definition for thin edges and soft shades alike; contrast does not count. A real "
        "photo has 1."
    ),
)
