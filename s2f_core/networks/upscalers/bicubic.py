"""Bicubic interpolation."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from s2f_core.common.images import Pixels


def bicubic(images: Pixels, size: int, data: Path) -> Pixels:
    """Return images uint8 [n, H, W, C] at ``size`` × ``size``, cubic with a = -0.75."""
    del data
    larger = [cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC) for image in images]
    return np.stack(larger).reshape(len(images), size, size, -1).astype(np.uint8)
