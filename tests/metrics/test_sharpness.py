"""Sharpness against SciPy's Laplacian."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace

from s2f_core.common.images import Pixels
from s2f_core.metrics.sharpness import SHARPNESS, laplacian_deviation


def test_sharpness_equals_scipys_laplacian(faces: Pixels) -> None:
    """On one channel; half the contrast is half as sharp, and blur is less sharp."""
    grey = faces[:3, ..., :1]
    for row in range(3):
        expected = laplace(grey[row, ..., 0].astype(float), mode="mirror").std()
        assert laplacian_deviation(grey)[row, 0] == pytest.approx(expected)
    even = grey // np.uint8(2) * np.uint8(2)
    full, half = laplacian_deviation(even), laplacian_deviation(even // np.uint8(2))
    assert SHARPNESS(half, full).mean() == pytest.approx(0.5)
    assert SHARPNESS(full, half).mean() == pytest.approx(2)
    values = laplacian_deviation(grey)
    assert SHARPNESS(laplacian_deviation(grey[:1]), values)[0] == SHARPNESS(values, values)[0]
    smooth = np.stack([gaussian_filter(face, (2, 2, 0)) for face in faces])
    assert (laplacian_deviation(smooth) < laplacian_deviation(faces)).all()
    flat = np.zeros((2, 8, 8, 3), np.uint8)
    assert np.isnan(SHARPNESS(laplacian_deviation(faces), laplacian_deviation(flat))).all()
