"""Edges by Canny's detector (Canny 1986), as in P1 and P2."""

from __future__ import annotations

from typing import Literal, Self

import cv2
import numpy as np
from pydantic import Field, model_validator

from s2f_core.common.images import Pixels, luma
from s2f_core.data.conditions.formula import FormulaCondition
from s2f_core.data.sketch.canny import canny, smooth


class Edges(FormulaCondition):
    """Canny's edges: ``{type: edges}`` (Canny 1986).

    The hysteresis thresholds act on the gradient (Sobel 3×3, L1 norm, of 8-bit grey):

    - ``fixed``: ``low`` and ``high``.
    - ``otsu``: the high one divides the image's gradients into two classes (Fang, Yue and Yu 2009),
      the low one is half of it.
    - ``median``: two thirds and four thirds of the median grey (Rosebrock 2015); a dark photo gets
      more edges.
    """

    type: Literal["edges"]
    sigma: float = Field(
        1.0,
        ge=0,
        le=20,
        description="Standard deviation in pixels of the blur before the detector.",
    )
    thresholds: Literal["fixed", "otsu", "median"] = Field(
        "fixed", description="Rule for the hysteresis thresholds."
    )
    low: float = Field(50, ge=0, le=5000, description="Lower threshold, if they are fixed.")
    high: float = Field(120, ge=0, le=5000, description="Higher threshold, if they are fixed.")

    @model_validator(mode="after")
    def _check_thresholds(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) must not exceed high ({self.high})")
        if self.thresholds != "fixed" and self.model_fields_set & {"low", "high"}:
            raise ValueError(
                f"thresholds: {self.thresholds} computes low and high itself: leave both out"
            )
        return self

    def apply(self, photo: Pixels) -> Pixels:
        """Edges of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], black lines on white."""
        grey = smooth(luma(photo), self.sigma)
        return (255 - canny(grey, 0, *self._limits(grey)))[..., None]

    def _limits(self, grey: Pixels) -> tuple[float, float]:
        match self.thresholds:
            case "otsu":
                high = otsu(grey)
                return high / 2, high
            case "median":
                middle = float(np.median(grey))
                return 0.67 * middle, 1.33 * middle
            case "fixed":
                return self.low, self.high


def otsu(grey: Pixels) -> float:
    """Otsu's threshold on the gradients of grey uint8 [H, W]."""
    across, down = (cv2.Sobel(grey, cv2.CV_16S, *axis) for axis in ((1, 0), (0, 1)))
    gradient = (np.abs(across) + np.abs(down)).astype(np.uint16)
    threshold, _ = cv2.threshold(gradient, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return float(threshold)
