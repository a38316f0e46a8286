"""Edges by Canny's detector (Canny 1986), as in P1 and P2."""

from __future__ import annotations

from typing import Literal, Self

import cv2
import numpy as np
from pydantic import Field, model_validator

from s2f_core.images import Pixels
from s2f_core.params import Section


class Edges(Section):
    """``{type: edges, sigma: 1.0, low: 50, high: 120}``.

    ``sigma`` of the Gaussian blur in pixels, before; ``low`` and ``high`` are the hysteresis
    thresholds on the gradient (Sobel 3×3, L1 norm, of 8-bit grey).
    """

    type: Literal["edges"]
    sigma: float = Field(1.0, ge=0, le=20)
    low: float = Field(50, ge=0)
    high: float = Field(120, ge=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) must not exceed high ({self.high})")
        return self

    def apply(self, photo: Pixels) -> Pixels:
        """Edges of a photo uint8 [H, W, 3]: uint8 [H, W, 1], black lines on white."""
        grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
        if self.sigma:
            grey = cv2.GaussianBlur(grey, (0, 0), self.sigma)
        return (255 - cv2.Canny(grey, self.low, self.high)).astype(np.uint8)[..., None]
