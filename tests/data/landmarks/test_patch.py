"""The square of a landmark network: crop it from the photo, and map its points back."""

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.landmarks.patch import Patch


def dot_photo(x: float, y: float, shape: tuple[int, int] = (120, 160)) -> Pixels:
    """A black photo with a soft dot at x, y."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    dot = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18)
    return np.repeat(dot.astype(np.uint8)[..., None], 3, axis=2)


def centre_of_mass(image: npt.NDArray[Any]) -> tuple[float, float]:
    """The centre of mass of an image, in shares of its sides."""
    weight = image[..., 0].astype(float)
    rows, columns = np.mgrid[0 : weight.shape[0], 0 : weight.shape[1]] + 0.5
    total = weight.sum()
    x, y = (columns * weight).sum() / total, (rows * weight).sum() / total
    return x / weight.shape[1], y / weight.shape[0]


@pytest.mark.parametrize("angle", [0, 0.5, -2.0])
@pytest.mark.parametrize("size", [64, 200])
def test_points_of_the_square_map_back_to_the_photo(angle: float, size: int) -> None:
    """The centre of a cropped dot, at any angle and size, within 0.15 pixels."""
    patch = Patch(75, 50, 80, angle)
    centre = centre_of_mass(patch.crop(dot_photo(83.5, 61.25), size, cv2.BORDER_CONSTANT))
    assert patch.to_photo(np.array([centre]))[0].tolist() == pytest.approx([83.5, 61.25], abs=0.15)


def test_the_square_around_a_photo_contains_all_of_it() -> None:
    """In the middle, on black; rotation is clockwise."""
    patch = Patch.around(np.zeros((60, 100, 3), np.uint8))
    assert (patch.x, patch.y, patch.side, patch.angle) == (50, 30, 100, 0)
    white = patch.crop(np.full((60, 100, 3), 255, np.uint8), 100, cv2.BORDER_CONSTANT)
    assert not white[:20].any()
    assert white[20:80].min() == 255
    quarter = Patch(50, 50, 100, math.pi / 2).to_photo(np.array([[1.0, 0.5]]))
    assert quarter[0].tolist() == pytest.approx([50, 100])


@pytest.mark.parametrize("patch", [Patch(0.5, 0.5, 1), Patch(0.3, 0.8, 0.4, 0.7)])
def test_the_inverse_maps_points_back(patch: Patch) -> None:
    """A point of the photo, through the patch and its inverse; scaling is by the side."""
    points = np.array([[0.1, 0.9], [0.5, 0.25]])
    assert patch.to_photo(patch.inverse().to_photo(points)) == pytest.approx(points, abs=1e-6)
    in_pixels = patch.scaled(200).to_photo(points)
    assert in_pixels == pytest.approx(200 * patch.to_photo(points), abs=1e-3)
