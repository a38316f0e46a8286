"""Where the parts of a face are in a photo: masks uint8 [H, W], 1 on the part.

Photos are at 128 pixels on the longer side, so that points in 128ths of it are pixels.
"""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Doubles, Pixels
from s2f_core.data.landmarks.mesh import BROWS, EYES, LIPS, OVAL
from s2f_core.data.sketch.features import NOSE_BASE

CHEEKS = ((50, 101, 36, 205), (280, 330, 266, 425))
BEARD = 0.7  # of the cheeks' grey; skin that is darker below the nose is a beard
MIN_BEARD = 0.18  # of the face below the nose that a beard covers


def fill(shape: tuple[int, ...], corners: Doubles) -> Pixels:
    """A filled polygon [n, 2] on zeros uint8 ``shape``: 1 inside."""
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 1)
    return mask


def erode(mask: Pixels, diameter: int) -> Pixels:
    """Shrink a mask by a disc."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter,) * 2)
    return np.asarray(cv2.erode(mask, disc), dtype=np.uint8)


def dilate(mask: Pixels, diameter: int) -> Pixels:
    """Grow a mask by a disc."""
    return np.uint8(1) - erode(np.uint8(1) - mask, diameter)


def feature_mask(shape: tuple[int, ...], points: Doubles) -> Pixels:
    """Where the eyes, brows, nose and lips are."""
    groups = (EYES[0] + EYES[1], EYES[2] + EYES[3], BROWS[0] + BROWS[1], BROWS[2] + BROWS[3])
    mask = np.zeros(shape[:2], np.uint8)
    for group in (*groups, LIPS[0] + LIPS[1], (*NOSE_BASE, 4, 48, 278)):
        mask |= fill(shape, _hull(points[list(group)]))
    return dilate(mask, 5)


def beard_mask(grey: Pixels, points: Doubles) -> Pixels:
    """Where skin below the nose is darker than the cheeks; empty if that is a small part."""
    face = fill(grey.shape, points[list(OVAL[0])])
    below_nose = np.arange(len(grey))[:, None] > points[list(NOSE_BASE), 1].mean()
    lips = fill(grey.shape, _hull(points[list(LIPS[0] + LIPS[1])]))
    zone = (face & (1 - lips)).astype(bool) & below_nose
    cheeks = sum(fill(grey.shape, points[list(cheek)]) for cheek in CHEEKS)
    skin = grey[np.asarray(cheeks) > 0]
    if not zone.any() or not skin.size:
        return np.zeros_like(grey)
    dark = zone & (cv2.GaussianBlur(grey, (0, 0), 1.0) < BEARD * np.median(skin))
    covers = dark.sum() >= MIN_BEARD * zone.sum()
    return np.asarray(dark if covers else np.zeros_like(dark), dtype=np.uint8)


def _hull(points: Doubles) -> Doubles:
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], dtype=np.float64)
