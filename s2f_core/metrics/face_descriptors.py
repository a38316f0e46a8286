"""Descriptors of the faces in images, by a face recognition network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.landmarks.mesh import EYES, LIPS
from s2f_core.data.landmarks.patch import Patch
from s2f_core.metrics.face_recognition import DIMENSIONS, FACE_RECOGNITION, SIDE
from s2f_core.metrics.faces import POINTS, FacePoints, has_face
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.types import Values

EYE_TO_MOUTH = 0.45  # of the crop's side
MIDDLE = (0.5, 0.43)  # of eyes and mouth, in the crop


class FaceDescriptors:
    """Turns images into descriptors of the face in them, cached by content.

    The face is cropped as face-api.js crops it for this network: a square whose side is the
    distance of eyes and mouth over 0.45, with the middle of eyes and mouth at (0.5, 0.43).
    Deviation: the square is turned until the eyes are level, as dlib does, and points are those of
    MediaPipe's face mesh. ``assets`` is the folder of fetched weights; raises UserError where
    those are missing.
    """

    loss_network = ""

    def __init__(self, assets: Path) -> None:
        self.points = FacePoints(assets)
        self._extractor = FeatureExtractor(
            assets / "face-recognition" / "face-recognition.zip", FACE_RECOGNITION
        )

    @property
    def network(self) -> str:
        """The network's title and the checksum of its weights, for reports."""
        return self._extractor.network

    @property
    def resize(self) -> str:
        """The rule by which faces reach the network's size."""
        return self._extractor.resize

    def __call__(self, images: Pixels) -> Values:
        """Return descriptors float64 [n, 128] of uint8 [n, H, W, 1 or 3].

        An image without a face has NaN.
        """
        return self.of_faces_in(images)(images)

    def of_faces_in(self, guides: Pixels) -> Callable[[Pixels], Values]:
        """Return a function that crops image i by the face in ``guides`` [n, H, W, 1 or 3].

        So an output is described where its target has a face, also if none is found in the output.
        """

        def describe(images: Pixels) -> Values:
            points = self.points(guides)
            faces = np.flatnonzero(has_face(points))
            descriptors = np.full((len(images), DIMENSIONS), np.nan)
            if len(faces):
                coloured = to_rgb(images)
                crops = [crop(coloured[row], points[row]) for row in faces]
                descriptors[faces] = self._extractor(np.stack(crops))
            return descriptors

        return describe


def crop(image: Pixels, points: Values) -> Pixels:
    """Crop uint8 [H, W, 3] by the points [2 · 468] of a face in pixels: uint8 [150, 150, 3]."""
    places = points.reshape(POINTS, 2)
    left, right = (places[list({*one, *other})].mean(axis=0) for one, other in (EYES[:2], EYES[2:]))
    mouth = places[list({point for lip in LIPS for point in lip})].mean(axis=0)
    side = (np.linalg.norm(mouth - left) + np.linalg.norm(mouth - right)) / 2 / EYE_TO_MOUTH
    across = left - right  # of the person, so that x grows
    angle = float(np.arctan2(across[1], across[0]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x, y = (left + right + mouth) / 3 + turn @ (0.5 - np.array(MIDDLE)) * side
    patch = Patch(float(x), float(y), max(float(side), 1.0), angle)
    return patch.crop(image, SIDE, cv2.BORDER_REPLICATE)
