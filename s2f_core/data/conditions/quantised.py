"""A few flat colours at low resolution, like a first layer of paint."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.conditions.formula import FormulaCondition

KMEANS_ROUNDS = 10  # at most; k-means converges before


class QuantisedPhoto(FormulaCondition):
    """The photo as a grid of flat squares: ``{type: quantised}``.

    Each square has the mean colour of its area. Each image has its own palette, by median cut
    (Heckbert 1982), refined by k-means.
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
            small = reduce_colours(small, self.colours)
        size = photo.shape[1::-1]
        large = cv2.resize(small, size, interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(large, dtype=np.uint8)


def reduce_colours(image: Pixels, count: int) -> Pixels:
    """Reduce an image uint8 [H, W, 3] to at most ``count`` of its own colours, undithered."""
    palette = Image.fromarray(image).quantize(
        count, Image.Quantize.MEDIANCUT, kmeans=KMEANS_ROUNDS, dither=Image.Dither.NONE
    )
    return np.array(palette.convert("RGB"))
