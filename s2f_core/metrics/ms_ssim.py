"""Multi-scale structural similarity (MS-SSIM) of each output to its target."""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Floats, Pixels
from s2f_core.metrics.ssim import WINDOW, centred, mean, similarity_maps
from s2f_core.metrics.types import PairedScore, Values

BORDER = WINDOW[0] // 2
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales, the finest first


def ms_ssim(outputs: Pixels, targets: Pixels) -> Values:
    """Return the MS-SSIM of each pair uint8 [n, H, W, C], in [0, 1]: float64 [n].

    Source: Wang, Simoncelli and Bovik 2003, eq. 7: contrast and structure at every scale, without
    the pixels whose window reaches over the border, and SSIM at the coarsest scale. Each scale is
    the mean of 2 × 2 pixels of the one before.

    Deviations: the paper's five scales need 176 pixels a side. A smaller image has as many scales
    as the window fits into, with weights scaled up to the sum of all five. A scale below 0 counts
    as 0.
    """
    values = [_of_pair(one, other) for one, other in zip(outputs, targets, strict=True)]
    return np.asarray(values, dtype=np.float64)


def count_scales(side: int) -> int:
    """Return the number of scales of an image with ``side`` pixels a side, 1 to 5."""
    return max(1, sum(side >> number >= WINDOW[0] for number in range(len(WEIGHTS))))


def _of_pair(output: Pixels, target: Pixels) -> float:
    count = count_scales(min(output.shape[:2]))
    x, y = centred(output), centred(target)
    factors = []
    for _ in range(count - 1):
        factors.append(mean(similarity_maps(x, y)[1][BORDER:-BORDER, BORDER:-BORDER]))
        x, y = _halve(x), _halve(y)
    luminance, contrast = similarity_maps(x, y)
    factors.append(mean(luminance * contrast))
    weights = np.array(WEIGHTS[:count]) * (sum(WEIGHTS) / sum(WEIGHTS[:count]))
    return float(np.prod(np.maximum(factors, 0) ** weights))


def _halve(image: Floats) -> Floats:
    height, width = (side // 2 * 2 for side in image.shape[:2])
    half = cv2.resize(
        image[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA
    )
    return np.asarray(half, dtype=np.float32).reshape(height // 2, width // 2, -1)


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
