"""A drawn face, and a stand-in for the face detector that finds it without weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.landmarks.eyes import Eyes
from s2f_core.data.landmarks.faces import Face

LAYOUT: Eyes = ((0.4, 0.5), (0.6, 0.5))
BLACK = 60  # the eyes' grey is below; other lines are of a middle grey
MIN_AREA = 0.0008  # of the side's square


def drawn_face(eyes: Eyes, side: int = 128) -> Pixels:
    """Black eyes, and a grey mouth and outline at their scale: uint8 [side, side, 3]."""
    right, left = (np.array(eye) * side for eye in eyes)
    across = left - right
    down, middle = np.array([-across[1], across[0]]), (right + left) / 2
    page: Any = np.full((side, side, 3), 255, np.uint8)
    distance = float(np.hypot(*across))

    def point(place: Any) -> tuple[int, int]:
        return round(float(place[0]) * 16), round(float(place[1]) * 16)  # in 16ths, as shift=4 says

    grey = (120,) * 3
    cv2.circle(page, point(middle + 0.4 * down), int(1.3 * distance * 16), grey, 2, cv2.LINE_AA, 4)
    ends = middle + down - 0.4 * across, middle + down + 0.4 * across
    cv2.line(page, point(ends[0]), point(ends[1]), grey, 2, cv2.LINE_AA, 4)
    for eye in (right, left):
        cv2.circle(page, point(eye - 0.5), int(0.18 * distance * 16), (0,) * 3, -1, cv2.LINE_AA, 4)
    return np.asarray(page)


def black_blobs(photo: Pixels) -> list[tuple[float, float]]:
    """The centres of the two largest black blobs from the left, in pixels; fewer if there are."""
    black = (photo.min(axis=2) < BLACK).astype(np.uint8)
    _, _, stats, centres = cv2.connectedComponentsWithStats(black)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = np.argsort(-areas, kind="stable")[:2]
    found = [centres[1 + row] + 0.5 for row in large if areas[row] >= MIN_AREA * photo[..., 0].size]
    return sorted((float(x), float(y)) for x, y in found)


class BlobDetector:
    """Detects a face whose eyes are the two largest black blobs; in place of ``FaceDetector``."""

    def __init__(self, assets: Path = Path(), threshold: float = 0.5) -> None:
        del assets, threshold

    def detect(self, photo: Pixels) -> list[Face]:
        """One face, or none."""
        blobs = black_blobs(photo)
        if len(blobs) < 2:
            return []
        points = np.array([*blobs, *[blobs[0]] * 4], np.float32)
        return [Face((0, 0, 1, 1), points, 0.9)]
