"""The 468 points of a face by MediaPipe's Face Mesh (Kartynnik et al. 2019)."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from s2f_core.common.images import Floats, Pixels
from s2f_core.data.landmarks import antialiased
from s2f_core.data.landmarks.faces import FaceDetector
from s2f_core.data.landmarks.patch import Patch
from s2f_core.data.landmarks.pose import sigmoid
from s2f_core.data.landmarks.tflite import TfliteNetwork

SIDE = 192  # the network's input, in pixels
MARGIN = 1.5  # the network's square is larger than the face's box by this factor
RIGHT_EYE, LEFT_EYE = 0, 1  # rows of the detector's points

LIPS = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
)
EYES = (
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
)
BROWS = (
    (276, 283, 282, 295, 285),
    (300, 293, 334, 296, 336),
    (46, 53, 52, 65, 55),
    (70, 63, 105, 66, 107),
)
OVAL = (
    (
        10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10,
    ),
)  # fmt: skip
NOSE = (
    (168, 6, 197, 195, 5, 4, 1, 19, 94, 2),
    (98, 97, 2, 326, 327, 294, 278, 344, 440, 275, 4, 45, 220, 115, 48, 64, 98),
)
CONTOURS = (*LIPS, *EYES, *BROWS, *OVAL, *NOSE)


class FaceMesh:
    """Detects a face's points with the weights in ``assets/mediapipe``; picklable, safe in threads.

    ``threshold`` is the lowest score of a face in both networks.
    """

    def __init__(self, assets: Path, threshold: float = 0.5) -> None:
        self.faces = FaceDetector(assets, threshold)
        self.network = TfliteNetwork(assets / "mediapipe" / "mediapipe.zip", "face_landmark.tflite")
        self.threshold = threshold

    def detect(self, photo: Pixels) -> Floats | None:
        """The points [468, 3] of the highest-scoring face in a photo uint8 [H, W, 3], or None.

        x, y and z are in pixels; z is smaller towards the camera. Raises UserError if the weights
        are missing or damaged.
        """
        faces = self.faces.detect(photo)
        if not faces:
            return None
        left, top, width, height = faces[0].box
        across = faces[0].points[LEFT_EYE] - faces[0].points[RIGHT_EYE]
        angle = math.atan2(across[1], across[0])
        side = max(width, height) * MARGIN
        patch = Patch(left + width / 2, top + height / 2, side, angle)
        values = patch.crop(photo, SIDE, cv2.BORDER_REPLICATE).astype(np.float32) / 255
        landmarks, logit = self.network(values)
        if sigmoid(logit).item() < self.threshold:
            return None
        points = landmarks.reshape(-1, 3) / np.float32(SIDE)
        return np.column_stack([patch.to_photo(points[:, :2]), points[:, 2] * np.float32(side)])


def draw_mesh(points: Floats, size: int, thickness: float) -> Pixels:
    """Draw the contours of ``points`` [468, 2+] (x, y in pixels): uint8 [size, size, 1].

    Lips, eyes, brows, nose and the oval of the face, black on white, ``thickness`` pixels wide.
    """
    canvas = antialiased.canvas(size, 1, 255)
    places = antialiased.to_fixed_point(points[:, :2])
    lines = [places[list(contour)] for contour in CONTOURS]
    width = antialiased.line_thickness(thickness)
    cv2.polylines(canvas, lines, False, 0, width, cv2.LINE_AA, antialiased.FRACTION)
    return antialiased.shrink(canvas)
