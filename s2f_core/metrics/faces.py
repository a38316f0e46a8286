"""Points of the face in an image."""

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
from s2f_core.metrics.feature_cache import cached_features
from s2f_core.metrics.types import Values

NETWORK = "MediaPipe's BlazeFace and Face Mesh, 468 points"
RESIZE = "bilinear to 128×128, then the turned square around the face to 192×192"
POINTS = 468
MIN_SHARE = 0.5  # of the real images with a face, from which face scores apply


class FacePoints:
    """Turns images into the points of the face in them, cached by content.

    ``assets`` is the folder of fetched weights. Raises UserError where those are missing.
    """

    resize = RESIZE
    loss_network = ""

    def __init__(self, assets: Path) -> None:
        self.weights = assets / "mediapipe" / "mediapipe.zip"
        self._mesh = FaceMesh(assets)

    @cached_property
    def network(self) -> str:
        """The network's title and the checksum of its weights, for reports."""
        try:
            return f"{NETWORK}, sha256 {hashlib.sha256(self.weights.read_bytes()).hexdigest()}"
        except OSError:
            raise UserError(f"{self.weights} cannot be read: run 's2f fetch mediapipe'") from None

    def __call__(self, images: Pixels) -> Values:
        """Return x, y in pixels of uint8 [n, H, W, 1 or 3]: float64 [n, 2 · 468].

        An image without a face has NaN.
        """
        return cached_features("faces", self.network, to_rgb(images), self._compute)

    def _compute(self, images: Pixels) -> Values:
        points = joblib.Parallel(n_jobs=-1, prefer="threads")(
            joblib.delayed(self._points)(image) for image in images
        )
        return np.stack(points)

    def _points(self, image: Pixels) -> Values:
        mesh = self._mesh.detect(image)
        if mesh is None:
            return np.full(2 * POINTS, np.nan)
        return np.asarray(mesh[:, :2], dtype=np.float64).ravel()


def has_face(points: Values) -> npt.NDArray[np.bool_]:
    """Return whether each image has a face, given its points [n, 2 · 468]: bool [n]."""
    return np.asarray(~np.isnan(points[:, 0]))


def are_faces(targets: Values) -> bool:
    """Return whether half of the real images [m, 2 · 468] or more have a face."""
    return bool(has_face(targets).mean() >= MIN_SHARE)
