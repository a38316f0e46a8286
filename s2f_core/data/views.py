"""Views: which copy of an image a training sees in a step, and in which frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.data.sketch.ranges import Ordered

Zoom = Annotated[float, Field(ge=0.25, le=4)]


@dataclass(frozen=True)
class View:
    """A copy of an image, enlarged by ``zoom`` and turned by ``turn`` degrees about its middle.

    Copies count from 0, and start again where a table has fewer. A positive turn is anticlockwise.
    """

    copy: int = 0
    zoom: float = 1.0
    turn: float = 0.0

    @property
    def framed(self) -> bool:
        """Whether the frame differs from the image's."""
        return self.zoom != 1 or self.turn != 0

    def frame(self, image: Pixels) -> Pixels:
        """The image uint8 [H, W, C] in its frame, of the same shape; mirrored over its border."""
        height, width = image.shape[:2]
        middle = ((width - 1) / 2, (height - 1) / 2)
        matrix = cv2.getRotationMatrix2D(middle, self.turn, self.zoom)
        framed = cv2.warpAffine(
            image,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        return np.asarray(framed, dtype=np.uint8).reshape(image.shape)


class Framing(Section):
    """Random frames of training pairs: ``frame: {zoom: [0.8, 1.7], turn: 8}``.

    Both images of a pair get the same frame, at the tables' size.
    """

    zoom: Annotated[tuple[Zoom, Zoom], Ordered] = Field(
        (1.0, 1.0), description="Range of the enlargement; its logarithm is uniform."
    )
    turn: float = Field(0.0, ge=0, le=180, description="Largest turn to either side in degrees.")

    def views(self, copies: npt.NDArray[np.int64], random: np.random.Generator) -> list[View]:
        """A random frame for each of these copies [n]."""
        low, high = self.zoom
        zooms = low * (high / low) ** random.random(len(copies))
        turns = random.uniform(-self.turn, self.turn, len(copies))
        return [
            View(copy, zoom, turn)
            for copy, zoom, turn in zip(
                copies.tolist(), zooms.tolist(), turns.tolist(), strict=True
            )
        ]
