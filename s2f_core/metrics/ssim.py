"""SSIM, MS-SSIM and PSNR of each output against its target."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels
from s2f_core.metrics.types import PairedScore, Values

LIBRARY = f"s2f with opencv {cv2.__version__}, tested equal to scikit-image's"
WINDOW, SIGMA = (11, 11), 1.5
BORDER = WINDOW[0] // 2
GREY = 0.5
C1, C2 = 0.01**2, 0.03**2  # for images in [0, 1]
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, the finest first

AnyFloats = npt.NDArray[np.floating[Any]]


def ssim(outputs: Pixels, targets: Pixels) -> Values:
    """Structural similarity of each pair (Wang et al. 2004, eq. 13), mean of pixels and channels.

    Gaussian window of 11 × 11, σ 1.5, over borders that are reflected; population variances.
    """
    values = [_similarity(one, other) for one, other in zip(outputs, targets, strict=True)]
    return np.asarray(values, dtype=np.float64)


def ms_ssim(outputs: Pixels, targets: Pixels) -> Values:
    """Multi-scale structural similarity of each pair (Wang, Simoncelli and Bovik 2003, eq. 7).

    Contrast and structure at every scale, without the pixels whose window reaches over the border,
    SSIM at the coarsest; each scale is the mean of 2 × 2 pixels of the one before. The paper's five
    scales need 176 pixels a side: a smaller image has as many as the window fits into, with their
    weights scaled up to the sum of all five. A scale below 0 counts as 0.
    """
    values = [_multiscale(one, other) for one, other in zip(outputs, targets, strict=True)]
    return np.asarray(values, dtype=np.float64)


def scales(side: int) -> int:
    """How many scales an image of so many pixels a side has, 1 to 5."""
    return max(1, sum(side >> number >= WINDOW[0] for number in range(len(WEIGHTS))))


def _multiscale(output: Pixels, target: Pixels) -> float:
    count = scales(min(output.shape[:2]))
    x, y = _around_grey(output), _around_grey(target)
    factors = []
    for _ in range(count - 1):
        factors.append(_mean(_parts(x, y)[1][BORDER:-BORDER, BORDER:-BORDER]))
        x, y = _halved(x), _halved(y)
    luminance, contrast = _parts(x, y)
    factors.append(_mean(luminance * contrast))
    weights = np.array(WEIGHTS[:count]) * (sum(WEIGHTS) / sum(WEIGHTS[:count]))
    return float(np.prod(np.maximum(factors, 0) ** weights))


def _halved(image: AnyFloats) -> AnyFloats:
    height, width = (side // 2 * 2 for side in image.shape[:2])
    half = cv2.resize(
        image[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA
    )
    return np.asarray(half, dtype=np.float32).reshape(height // 2, width // 2, -1)


def _similarity(output: Pixels, target: Pixels) -> float:
    luminance, contrast = _parts(_around_grey(output), _around_grey(target))
    return _mean(luminance * contrast)


def _around_grey(image: Pixels) -> AnyFloats:
    """Around grey, where float32 loses least of the variances: 4e-6 of float64's at most."""
    return np.asarray(image.astype(np.float32) / 255 - GREY)


def _parts(x: AnyFloats, y: AnyFloats) -> tuple[AnyFloats, AnyFloats]:
    """Luminance, and contrast times structure, at every pixel (Wang et al. 2004, eq. 6 and 13)."""
    mean_x, mean_y = _blurred(x), _blurred(y)
    covariance = _blurred(x * y) - mean_x * mean_y
    variances = _blurred(x**2 + y**2) - (mean_x**2 + mean_y**2)
    mean_x, mean_y = mean_x + GREY, mean_y + GREY
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return luminance, (2 * covariance + C2) / (variances + C2)


def _mean(values: AnyFloats) -> float:
    return float(np.mean(values, dtype=np.float64))


def _blurred(image: AnyFloats) -> AnyFloats:
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
MS_SSIM = PairedScore(
    title="MS-SSIM",
    function=ms_ssim,
    higher_is_better=True,
    range=(0, 1),
    library=f"s2f with opencv {cv2.__version__}, tested equal to torchmetrics' 1.9",
    describe=(
        "Multi-scale structural similarity to the target (Wang 2003), RGB. The paper's five scales "
        "and weights from 176 pixels a side on; below, the scales that an 11×11 window fits into "
        "(four at 128) with their weights scaled up to match: compare figures of one size only."
    ),
)
PSNR = PairedScore(
    title="PSNR",
    function=psnr,
    higher_is_better=True,
    range=(0, 100),
    library=LIBRARY,
    describe="Peak signal-to-noise ratio to the target in dB, averaged over images.",
)
