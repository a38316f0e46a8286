"""Line drawings by the extended difference of Gaussians (Winnemöller et al. 2012)."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.images import Pixels, luma
from s2f_core.data.conditions.formula import FormulaCondition

RATIO = 1.6  # of the two sigmas: nearest to a Laplacian (Marr and Hildreth 1980)


class XDoG(FormulaCondition):
    """Ink lines and dark areas: ``{type: xdog}`` (Winnemöller, Kyprianidis and Olsen 2012).

    S = (1 + p)·G(σ) - p·G(1.6 σ) of grey in [0, 1], then white where S ≥ ε, else 1 + tanh(φ·(S -
    ε)).
    """

    type: Literal["xdog"]
    sigma: float = Field(0.8, gt=0, le=20, description="σ in pixels: the width of the lines.")
    sharpness: float = Field(
        20, ge=0, le=1000, description="p: how much lines stand out from tones."
    )
    level: float = Field(0.3, ge=0, le=2, description="ε: plain areas below this grey darken.")
    slope: float = Field(2, gt=0, le=1000, description="φ: how hard ink is set off from paper.")

    def apply(self, photo: Pixels) -> Pixels:
        """Drawing of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], dark ink on white."""
        grey = luma(photo).astype(np.float32) / 255
        fine, coarse = (
            cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (self.sigma, self.sigma * RATIO)
        )
        sharpened = (1 + self.sharpness) * fine - self.sharpness * coarse
        below = np.minimum(sharpened - self.level, 0)
        ink = 1 + np.tanh(self.slope * below)
        return np.asarray(np.rint(255 * ink), dtype=np.uint8)[..., None]
