"""Lines of any width at any place: drawn by OpenCV four times as large, then shrunk."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels

FINER = 4
FRACTION = 4  # bits of a pixel's fraction that OpenCV draws with
FAR = 10_000  # pixels, beyond which a point is of no use and would overflow those
BLEED = 1.4  # pixels by which OpenCV's anti-aliased lines of even width are wider than asked


def sheet(size: int, channels: int, colour: int) -> Pixels:
    """A plain sheet to draw on, for a picture of ``size``: uint8 [4 size, 4 size, channels]."""
    return np.full((size * FINER, size * FINER, channels), colour, np.uint8)


def places(points: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    """Points [n, 2] (x, y) of the picture as OpenCV takes them, with ``FRACTION`` bits.

    The picture's first pixel reaches from 0 to 1. What is not finite or far away is moved to where
    it can be drawn.
    """
    finite = np.nan_to_num(points, nan=0, posinf=FAR, neginf=-FAR).clip(-FAR, FAR)
    return np.asarray(np.rint((finite * FINER - 0.5) * 2**FRACTION), dtype=np.int32)


def stroke(width: float) -> int:
    """OpenCV's thickness for a line that is ``width`` pixels wide in the picture, to a quarter."""
    return max(1, 2 * round((width * FINER - BLEED) / 2))


def picture(drawn: Pixels) -> Pixels:
    """The picture uint8 [size, size, C] of a sheet that was drawn on."""
    size = len(drawn) // FINER
    small = cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8).reshape(size, size, -1)
