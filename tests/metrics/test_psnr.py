"""PSNR against scikit-image."""

import pytest
from skimage.metrics import peak_signal_noise_ratio

from s2f_core.common.images import Pixels
from s2f_core.metrics.psnr import PSNR


def test_psnr_equals_scikit_images(faces: Pixels, noisy: Pixels) -> None:
    """In dB, for little and for much noise."""
    for row in (0, 20, 39):
        expected = peak_signal_noise_ratio(faces[row], noisy[row], data_range=255)
        assert PSNR(noisy, faces)[row] == pytest.approx(expected, abs=1e-4)
