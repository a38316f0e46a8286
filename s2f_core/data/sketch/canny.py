"""Canny's edge detector (Canny 1986), for tables of edges and for edges computed in training."""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Pixels


def smooth(grey: Pixels, sigma: float) -> Pixels:
    """Blur grey uint8 [H, W] by a Gaussian of ``sigma`` pixels; 0 returns it unchanged."""
    return cv2.GaussianBlur(grey, (0, 0), sigma).astype(np.uint8) if sigma else grey


def canny(grey: Pixels, sigma: float, low: float, high: float) -> Pixels:
    """The edges of grey uint8 [H, W]: uint8 [H, W], 255 on an edge and 0 elsewhere.

    The image is first blurred by a Gaussian of ``sigma`` pixels. ``low`` and ``high`` are the
    hysteresis thresholds on the gradient (Sobel 3×3, L1 norm, so up to 2040).
    """
    return np.asarray(cv2.Canny(smooth(grey, sigma), low, high), dtype=np.uint8)
