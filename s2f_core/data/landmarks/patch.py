"""The rotated square of a photo that a landmark network gets as its input."""

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
    """A square around ``x``, ``y``, of ``side`` pixels, rotated clockwise by ``angle`` radians.

    Coordinates are in pixels from the photo's top left corner: the first pixel reaches from 0 to 1.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    @classmethod
    def around(cls, photo: Pixels) -> Patch:
        """The smallest square that contains the whole photo."""
        height, width = photo.shape[:2]
        return cls(width / 2, height / 2, max(height, width))

    def crop(self, photo: Pixels, size: int, border: int) -> Pixels:
        """Crop the square out of a photo uint8 [H, W, 3]: uint8 [size, size, 3].

        ``border`` is OpenCV's border mode for pixels outside the photo.
        """
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        matrix = self.matrix(size)
        square = cv2.warpAffine(photo, matrix, (size, size), flags=flags, borderMode=border)
        return square.astype(np.uint8)

    def matrix(self, size: int) -> Floats:
        """The affine map [2, 3] from pixels of the cropped square to the photo's, as OpenCV's."""
        turn = self.side / size * self._rotation
        corner = np.array([self.x, self.y]) - turn @ np.full(2, size / 2)
        middle = corner + turn @ np.full(2, 0.5) - 0.5  # OpenCV's origin is the middle of a pixel
        return np.column_stack([turn, middle])

    def inverse(self) -> Patch:
        """The unit square as a patch of this patch; both are in shares of a side."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        right, down = (0.5 - self.x) / self.side, (0.5 - self.y) / self.side
        x, y = cos * right + sin * down + 0.5, cos * down - sin * right + 0.5
        return Patch(x, y, 1 / self.side, -self.angle)

    def scaled(self, side: float) -> Patch:
        """The patch in pixels, of a photo of so many pixels a side, if it is in shares of it."""
        return Patch(self.x * side, self.y * side, self.side * side, self.angle)

    def to_photo(self, points: npt.NDArray[Any]) -> Floats:
        """The photo coordinates [n, 2] of points of the square, each 0…1 from its top left."""
        coordinates = (points - 0.5) * self.side @ self._rotation.T + np.array([self.x, self.y])
        return np.asarray(coordinates, dtype=np.float32)

    @property
    def _rotation(self) -> Floats:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        return np.array([[cos, -sin], [sin, cos]], np.float32)
