"""Canny's edge detector (Canny 1986), for tables of edges and for edges drawn while training."""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Pixels


def smoothed(grey: Pixels, sigma: float) -> Pixels:
    """Grey uint8 [H, W] after a Gaussian blur of ``sigma`` pixels; 0 leaves it as it is."""
    return cv2.GaussianBlur(grey, (0, 0), sigma).astype(np.uint8) if sigma else grey


def canny(grey: Pixels, sigma: float, low: float, high: float) -> Pixels:
    """Edges of grey uint8 [H, W]: uint8 [H, W], 255 on an edge and 0 elsewhere.

    ``sigma`` of the Gaussian blur in pixels, before; ``low`` and ``high`` are the hysteresis
    thresholds on the gradient (Sobel 3×3, L1 norm, so up to 2040).
    """
    return np.asarray(cv2.Canny(smoothed(grey, sigma), low, high), dtype=np.uint8)
