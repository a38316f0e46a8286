"""A few flat colours at low resolution, as somebody might lay them down before drawing."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.conditions.formula import FormulaCondition

ROUNDS = 10  # of k-means at most; it settles before


class QuantisedPhoto(FormulaCondition):
    """The photo as a grid of flat squares: ``{type: quantised}``.

    Each square is the mean of its area. Colours are a palette by median cut (Heckbert 1982),
    refined by k-means.
    """

    type: Literal["quantised"]
    cells: int = Field(16, ge=1, le=256, description="Squares a side.")
    colours: int | None = Field(
        8, ge=2, le=256, description="Most colours of an image; null keeps all."
    )

    def apply(self, photo: Pixels) -> Pixels:
        """Colours of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 3]."""
        side = (self.cells, self.cells)
        small = np.asarray(cv2.resize(to_rgb(photo), side, interpolation=cv2.INTER_AREA), np.uint8)
        if self.colours is not None:
            small = few_colours(small, self.colours)
        size = photo.shape[1::-1]
        large = cv2.resize(small, size, interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(large, dtype=np.uint8)


def few_colours(image: Pixels, count: int) -> Pixels:
    """An image uint8 [H, W, 3] in ``count`` colours of its own at most; no dithering."""
    found = Image.fromarray(image).quantize(
        count, Image.Quantize.MEDIANCUT, kmeans=ROUNDS, dither=Image.Dither.NONE
    )
    return np.array(found.convert("RGB"))
