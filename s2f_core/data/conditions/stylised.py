"""The photo as if painted: flat areas, dark contours."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.images import Pixels, resize, to_rgb
from s2f_core.data.conditions.formula import FormulaCondition


class StylisedPhoto(FormulaCondition):
    """``{type: stylised, size: 256, radius: 60, contrast: 0.45}``: OpenCV's ``stylization``.

    An edge-preserving smoothing by the domain transform, with the edges darkened (Gastal and
    Oliveira 2011, section 7). It stands in for paintings where none can be had. ``size`` is the
    side in pixels at which it works: contours are as wide there whatever the photo's size, so at
    128 they are coarse; null is the photo's own. ``radius`` (their sigma_s, in pixels) is how far
    areas are smoothed, ``contrast`` (sigma_r, of 1) what they smooth over.
    """

    type: Literal["stylised"]
    size: int | None = Field(256, ge=16, le=2048)
    radius: float = Field(60, gt=0, le=200)
    contrast: float = Field(0.45, gt=0, le=1)

    def apply(self, photo: Pixels) -> Pixels:
        """Painting of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 3]."""
        large = to_rgb(photo) if self.size is None else resize(to_rgb(photo), self.size)
        painted = cv2.stylization(large, sigma_s=self.radius, sigma_r=self.contrast)
        small = cv2.resize(painted, photo.shape[1::-1], interpolation=cv2.INTER_AREA)
        return np.asarray(small, dtype=np.uint8)
