"""Peak signal-to-noise ratio (PSNR) of each output against its target."""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.metrics.types import PairedScore, Values


def psnr(outputs: Pixels, targets: Pixels) -> Values:
    """Return the PSNR of each pair uint8 [n, H, W, C] in dB, peak 255: float64 [n].

    Equal images have 100 dB, the most that there is.
    """
    difference = (outputs.astype(np.float32) - targets).reshape(len(outputs), -1) / 255.0
    squared = (difference**2).mean(axis=1, dtype=np.float64)
    return np.asarray(-10 * np.log10(np.maximum(squared, 1e-10)))


PSNR = PairedScore(
    title="PSNR",
    function=psnr,
    higher_is_better=True,
    range=(0, 100),
    library=f"s2f with opencv {cv2.__version__}, tested equal to scikit-image's",
    describe="Peak signal-to-noise ratio to the target in dB, averaged over images.",
)
