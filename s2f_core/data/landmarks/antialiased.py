"""Antialiased lines of any width at any place: OpenCV draws them four times as large."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels

SCALE = 4  # the canvas is so many times as large as the picture
FRACTION = 4  # bits of the fraction in OpenCV's fixed-point coordinates
FAR = 10_000  # pixels; points are clipped here, since farther ones would overflow
BLEED = 1.4  # pixels by which OpenCV's antialiased lines of even width are too wide


def canvas(size: int, channels: int, colour: int) -> Pixels:
    """An empty canvas for a picture of ``size`` pixels: uint8 [4 size, 4 size, channels]."""
    return np.full((size * SCALE, size * SCALE, channels), colour, np.uint8)


def to_fixed_point(points: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    """Points [n, 2] (x, y) of the picture as OpenCV's coordinates with ``FRACTION`` bits.

    The first pixel of the picture reaches from 0 to 1. Points that are far away or not finite are
    moved to where they can be drawn.
    """
    finite = np.nan_to_num(points, nan=0, posinf=FAR, neginf=-FAR).clip(-FAR, FAR)
    return np.asarray(np.rint((finite * SCALE - 0.5) * 2**FRACTION), dtype=np.int32)


def line_thickness(width: float) -> int:
    """OpenCV's thickness for a line of ``width`` pixels in the picture, to a quarter pixel."""
    return max(1, 2 * round((width * SCALE - BLEED) / 2))


def shrink(large: Pixels) -> Pixels:
    """Shrink a canvas to its picture uint8 [size, size, C]."""
    size = len(large) // SCALE
    small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8).reshape(size, size, -1)
