"""The positions of the eyes in a drawing, and their mean positions in the photos of a training.

Eyes are two positions (x, y) in shares of the image's side, the person's right eye first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.landmarks.faces import FaceDetector

Eyes = tuple[tuple[float, float], tuple[float, float]]

VIEW_THRESHOLD = 0.2  # the lowest score of a face in one view of a drawing
MIN_SCORE = 0.4  # the lowest mean score over the views; doodles reach 0.6, photos 0.9
MAX_SPREAD = 0.5  # of the eyes' distance: the median distance of the views' eyes from the result
STROKE, BLUR = 3, 2  # 128ths of the side, of the views with thicker and with blurred lines
MIN_DISTANCE = 0.05  # of the side, between two eyes
MIN_FACES, MAX_DEVIATION = 0.9, 0.05  # of photos with a layout: share with a face, share of a side
DIGITS = 3  # of a layout: processors differ by less


def _are_apart(eyes: Eyes) -> bool:
    inside = all(0 <= share <= 1 for eye in eyes for share in eye)
    return inside and math.dist(*eyes) >= MIN_DISTANCE


def _check_apart(eyes: Eyes) -> Eyes:
    if not _are_apart(eyes):
        raise ValueError(f"eyes {eyes} are not two positions in [0, 1], {MIN_DISTANCE} apart")
    return eyes


Layout = Annotated[Eyes, AfterValidator(_check_apart)]


def find_eyes(drawing: Pixels, detector: FaceDetector) -> Eyes | None:
    """Find the eyes of a face in a drawing uint8 [s, s, 1 or 3], dark on white; None without one.

    The detector learned from photos: in drawings its scores are low and its points jitter. So it
    sees six views: the drawing as it is, with thicker lines and blurred, each also mirrored. The
    eyes are the medians over the views with a face. There is none where the mean score is below
    0.4, or where the views disagree: the median distance from the result is over half of the eyes'
    distance.

    ``detector`` has the threshold :data:`VIEW_THRESHOLD`. Raises UserError if its weights are
    missing or damaged.
    """
    side, scores, found = len(drawing), [], []
    for view in _views(to_rgb(drawing)):
        for mirrored in (False, True):
            faces = detector.detect(np.ascontiguousarray(view[:, ::-1]) if mirrored else view)
            scores.append(faces[0].score if faces else 0.0)
            if faces:
                eyes = faces[0].points[:2] / side
                found.append((1, 0) + eyes[::-1] * (-1, 1) if mirrored else eyes)
    if np.mean(scores) < MIN_SCORE:
        return None
    median = np.median(found, axis=0)
    distance = math.dist(*median)
    spread = np.median(np.linalg.norm(found - median, axis=2).mean(axis=1))
    if distance < MIN_DISTANCE or spread > MAX_SPREAD * distance:
        return None
    return _as_eyes(median)


def _views(drawing: Pixels) -> Iterator[Pixels]:
    unit = len(drawing) / 128
    stroke = max(2, round(STROKE * unit))
    yield drawing
    yield np.asarray(cv2.erode(drawing, np.ones((stroke, stroke), np.uint8)), np.uint8)
    yield np.asarray(cv2.GaussianBlur(drawing, (0, 0), BLUR * unit), np.uint8)


def eye_layout(photos: Pixels, detector: FaceDetector) -> Eyes | None:
    """Return the mean positions of the eyes in photos uint8 [n, s, s, C] of aligned faces.

    None where fewer than 90 % of the photos show a face, where the standard deviation of a
    coordinate is 5 % of the side or more, or where the eyes are cut off or tiny. Raises UserError
    if the detector's weights are missing or damaged.
    """
    faces = [found[0] for photo in photos if (found := detector.detect(to_rgb(photo)))]
    if len(faces) < MIN_FACES * len(photos):
        return None
    eyes = np.stack([face.points[:2] for face in faces]) / photos.shape[1]
    if eyes.std(axis=0).max() >= MAX_DEVIATION:
        return None
    layout = _as_eyes(eyes.mean(axis=0, dtype=np.float64).round(DIGITS))
    return layout if _are_apart(layout) else None


def _as_eyes(points: npt.NDArray[np.floating]) -> Eyes:
    (right_x, right_y), (left_x, left_y) = points.tolist()
    return (right_x, right_y), (left_x, left_y)
