"""The turned square of a photo that a landmark network sees."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Floats, Pixels


@dataclass(frozen=True)
class Patch:
    """A square around ``x``, ``y``, of ``side`` pixels, turned clockwise by ``angle`` radians.

    Places are in pixels from the photo's top left corner: the first pixel reaches from 0 to 1.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    @classmethod
    def whole(cls, photo: Pixels) -> Patch:
        """The smallest square that holds all of a photo."""
        height, width = photo.shape[:2]
        return cls(width / 2, height / 2, max(height, width))

    def cut(self, photo: Pixels, size: int, border: int) -> Pixels:
        """The square of a photo uint8 [H, W, 3]: uint8 [size, size, 3].

        ``border`` is OpenCV's rule for what lies outside of the photo.
        """
        scale = self.side / size
        turn = scale * self._turn
        corner = np.array([self.x, self.y]) - turn @ np.full(2, size / 2)
        middle = corner + turn @ np.full(2, 0.5) - 0.5  # OpenCV counts from a pixel's middle
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = np.column_stack([turn, middle])
        cut = cv2.warpAffine(photo, matrix, (size, size), flags=how, borderMode=border)
        return cut.astype(np.uint8)

    def places(self, points: npt.NDArray[Any]) -> Floats:
        """Where points [n, 2] of the square, each 0…1 from its own top left, are in the photo."""
        found = (points - 0.5) * self.side @ self._turn.T + np.array([self.x, self.y])
        return np.asarray(found, dtype=np.float32)

    @property
    def _turn(self) -> Floats:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]], np.float32)
