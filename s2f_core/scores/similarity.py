"""SSIM and PSNR of each output against its target."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.images import Pixels
from s2f_core.scores.kinds import PairedScore, Values

LIBRARY = f"s2f with opencv {cv2.__version__}, tested equal to scikit-image's"
WINDOW, SIGMA = (11, 11), 1.5
GREY = 0.5
C1, C2 = 0.01**2, 0.03**2  # for images in [0, 1]

Floats = npt.NDArray[np.floating[Any]]


def ssim(outputs: Pixels, targets: Pixels) -> Values:
    """Structural similarity of each pair (Wang et al. 2004, eq. 13), mean of pixels and channels.

    Gaussian window of 11 × 11, σ 1.5, over borders that are reflected; population variances.
    """
    values = [_similarity(one, other) for one, other in zip(outputs, targets, strict=True)]
    return np.asarray(values, dtype=np.float64)


def _similarity(output: Pixels, target: Pixels) -> float:
    # Around grey, where float32 loses least of the variances: 4e-6 of float64's at most.
    x, y = (image.astype(np.float32) / 255 - GREY for image in (output, target))
    mean_x, mean_y = _blurred(x), _blurred(y)
    covariance = _blurred(x * y) - mean_x * mean_y
    variances = _blurred(x**2 + y**2) - (mean_x**2 + mean_y**2)
    mean_x, mean_y = mean_x + GREY, mean_y + GREY
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    similar = luminance * (2 * covariance + C2) / (variances + C2)
    return float(np.mean(similar, dtype=np.float64))


def _blurred(image: Floats) -> Floats:
    found = cv2.GaussianBlur(image, WINDOW, SIGMA, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(found, dtype=np.float32).reshape(image.shape)


def psnr(outputs: Pixels, targets: Pixels) -> Values:
    """Peak signal-to-noise ratio in dB, peak 255; capped at 100 dB for equal images."""
    difference = (outputs.astype(np.float32) - targets).reshape(len(outputs), -1) / 255.0
    squared = (difference**2).mean(axis=1, dtype=np.float64)
    return np.asarray(-10 * np.log10(np.maximum(squared, 1e-10)))


SSIM = PairedScore(
    title="SSIM",
    function=ssim,
    higher_is_better=True,
    range=(-1, 1),
    library=LIBRARY,
    describe="Structural similarity to the target (Wang 2004), RGB, 11×11 window, reflected.",
)
PSNR = PairedScore(
    title="PSNR",
    function=psnr,
    higher_is_better=True,
    range=(0, 100),
    library=LIBRARY,
    describe="Peak signal-to-noise ratio to the target in dB, averaged over images.",
)
