"""The photo like a painting: flat areas, dark contours."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.images import Pixels, resize, to_rgb
from s2f_core.data.conditions.formula import FormulaCondition


class StylisedPhoto(FormulaCondition):
    """The photo as if painted: ``{type: stylised}``, OpenCV's ``stylization``.

    An edge-preserving smoothing with darkened edges (Gastal and Oliveira 2011, section 7). It
    stands in for paintings.
    """

    type: Literal["stylised"]
    size: int | None = Field(
        256,
        ge=16,
        le=2048,
        description=(
            "Side in pixels at which it works, which sets how wide contours "
            "are; null is the photo's."
        ),
    )
    radius: float = Field(
        60, gt=0, le=200, description="How far areas are smoothed, in pixels (their sigma_s)."
    )
    contrast: float = Field(
        0.45, gt=0, le=1, description="Contrast that is smoothed over, 0 to 1 (their sigma_r)."
    )

    def apply(self, photo: Pixels) -> Pixels:
        """Painting of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 3]."""
        large = to_rgb(photo) if self.size is None else resize(to_rgb(photo), self.size)
        painted = cv2.stylization(large, sigma_s=self.radius, sigma_r=self.contrast)
        small = cv2.resize(painted, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)
