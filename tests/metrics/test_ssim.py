"""SSIM against scikit-image."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from s2f_core.common.images import Pixels
from s2f_core.metrics.ssim import SSIM


def test_ssim_equals_scikit_images(faces: Pixels, noisy: Pixels) -> None:
    """The paper's Gaussian window over reflected borders; the mean of single channels."""
    for row in (0, 20, 39):
        expected = structural_similarity(
            np.pad(noisy[row], ((5, 5), (5, 5), (0, 0)), mode="reflect"),
            np.pad(faces[row], ((5, 5), (5, 5), (0, 0)), mode="reflect"),
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )
        assert SSIM(noisy, faces)[row] == pytest.approx(expected, abs=4e-6)
        channels = [SSIM(noisy[..., i : i + 1], faces[..., i : i + 1])[row] for i in range(3)]
        assert np.mean(channels) == pytest.approx(expected, abs=4e-6)
