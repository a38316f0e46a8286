"""Whether there is a face, and how far its features are from where they should be."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.landmarks.mesh import FaceMesh
from s2f_core.metrics.feature_cache import remembered
from s2f_core.metrics.types import PairedScore, RelativeScore, Values

NETWORK = "MediaPipe's BlazeFace and Face Mesh, 468 points"
RESIZE = "bilinear to 128×128, then the turned square around the face to 192×192"
POINTS = 468
CORNERS = (33, 263)  # the eyes' outer ones
ENOUGH = 0.5  # share of the real images with a face, from which outputs should have one


class Faces:
    """Turns images into the points of the face in them, which are kept in the user's cache.

    ``assets`` is the folder of fetched weights. Raises UserError where those are missing.
    """

    resize = RESIZE

    def __init__(self, assets: Path) -> None:
        self.weights = assets / "mediapipe" / "mediapipe.zip"
        self._mesh = FaceMesh(assets)

    @cached_property
    def network(self) -> str:
        """What a score says of where its points come from."""
        try:
            return f"{NETWORK}, sha256 {hashlib.sha256(self.weights.read_bytes()).hexdigest()}"
        except OSError:
            raise UserError(f"{self.weights} cannot be read: run 's2f fetch mediapipe'") from None

    def __call__(self, images: Pixels) -> Values:
        """Of images uint8 [n, H, W, 1 or 3]: x, y in pixels, float64 [n, 2 · 468]; NaN, no face."""
        return remembered("faces", self.network, to_rgb(images), self._compute)

    def _compute(self, images: Pixels) -> Values:
        found = joblib.Parallel(n_jobs=-1, prefer="threads")(
            joblib.delayed(self._points)(image) for image in images
        )
        return np.stack(found)

    def _points(self, image: Pixels) -> Values:
        found = self._mesh.detect(image)
        if found is None:
            return np.full(2 * POINTS, np.nan)
        return np.asarray(found[:, :2], dtype=np.float64).ravel()


def landmark_error(outputs: Values, targets: Values) -> Values:
    """Normalised mean error of each pair's points [n, 2 · 468]: float64 [n].

    The mean distance of a point from the target's, over the distance of the target's outer eye
    corners, as in the 300-W benchmark (Sagonas et al. 2013). NaN where either has no face.
    """
    ours, theirs = (points.reshape(-1, POINTS, 2) for points in (outputs, targets))
    eyes = np.linalg.norm(theirs[:, CORNERS[0]] - theirs[:, CORNERS[1]], axis=1)
    return np.asarray(np.linalg.norm(ours - theirs, axis=2).mean(axis=1) / eyes)


def faces_found(outputs: Values, targets: Values) -> Values:
    """1 for each output [n, 2 · 468] that has a face, else 0."""
    del targets
    return _have(outputs).astype(np.float64)


def of_faces(targets: Values) -> bool:
    """Whether half of the real images [m, 2 · 468] or more have a face."""
    return bool(_have(targets).mean() >= ENOUGH)


def _have(points: Values) -> npt.NDArray[np.bool_]:
    return np.asarray(~np.isnan(points[:, 0]))


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
