"""Pencil sketch by colour dodge (P1's "realistic sketch")."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from pydantic import Field, field_validator

from s2f_core.common.images import Pixels, luma
from s2f_core.data.conditions.formula import FormulaCondition


class Pencil(FormulaCondition):
    """A pencil sketch by colour dodge: ``{type: pencil}`` (P1's "realistic sketch")."""

    type: Literal["pencil"]
    blur: int = Field(
        21,
        ge=3,
        le=255,
        description="Side of the blur's kernel in pixels, odd; larger is darker and softer.",
    )

    @field_validator("blur")
    @classmethod
    def _check_odd(cls, blur: int) -> int:
        if blur % 2 == 0:
            raise ValueError("must be odd")
        return blur

    def apply(self, photo: Pixels) -> Pixels:
        """Sketch of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], dark strokes on white."""
        grey = luma(photo)
        mask = cv2.GaussianBlur(255 - grey, (self.blur, self.blur), 0)
        sketch = cv2.divide(grey, 255 - mask, scale=255)
        return sketch.astype(np.uint8)[..., None]
