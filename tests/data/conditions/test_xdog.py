"""XDoG equals the paper's formula."""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.xdog import XDoG


def test_xdog_is_the_papers_formula(faces: Pixels) -> None:
    """With SciPy's Gaussians in doubles, within two grey levels."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY) / 255.0
    fine, coarse = (gaussian_filter(grey, sigma, mode="mirror") for sigma in (1.5, 2.4))
    u = 11 * fine - 10 * coarse
    expected = 255 * np.where(u >= 0.5, 1, 1 + np.tanh(3 * (u - 0.5)))
    section = XDoG(type="xdog", sigma=1.5, sharpness=10, level=0.5, slope=3)
    assert np.abs(section.apply(faces[0])[..., 0] - expected).max() <= 2


def test_xdog_draws_lines_and_darkens_areas() -> None:
    """Plain paper stays white, plain ink is dark, and beside a step there is a line."""
    photo = np.full((32, 32, 3), 200, np.uint8)
    photo[:, 16:] = 120
    drawing = XDoG(type="xdog").apply(photo)[..., 0]
    assert drawing[:, [0, 31]].min() == 255
    assert drawing[:, 16].max() < 120
    assert XDoG(type="xdog").apply(np.zeros((8, 8, 3), np.uint8)).max() < 130
