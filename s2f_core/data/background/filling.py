"""What takes the background's place, and how softly the subject ends."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Floats, Pixels

Level = Annotated[int, Field(ge=0, le=255)]

NOTHING = 1e-3  # share of background in reach, under which there is none to blur


class Colour(Section):
    """A plain colour: ``fill: {type: colour}``."""

    type: Literal["colour"] = "colour"
    colour: tuple[Level, Level, Level] = Field(
        (255, 255, 255), description="Red, green and blue, 0 to 255."
    )

    def render(self, _photo: Pixels, _alpha: Pixels) -> Floats:
        """The colour, [3]."""
        return np.asarray(self.colour, dtype=np.float32)


class Blur(Section):
    """The background itself, blurred: ``fill: {type: blurred}``.

    The subject is left out of the blur, so that its colours do not run into the background.
    """

    type: Literal["blurred"]
    sigma: float = Field(8, gt=0, le=100, description="Standard deviation of the blur in pixels.")

    def render(self, photo: Pixels, alpha: Pixels) -> Floats:
        """The mean colour of the background around each pixel, [H, W, 3]."""
        weight = 1 - alpha.astype(np.float32) / 255
        seen = cv2.GaussianBlur(photo * weight, (0, 0), self.sigma)
        reach = cv2.GaussianBlur(weight, (0, 0), self.sigma)[..., None]
        return np.asarray(seen / np.maximum(reach, NOTHING), dtype=np.float32)


Fill = Annotated[Colour | Blur, Field(discriminator="type")]


def feather_matte(alpha: Pixels, sigma: float) -> Pixels:
    """A matte uint8 [H, W, 1] whose edge is softened by a Gaussian of ``sigma`` pixels; 0 as is."""
    if not sigma:
        return alpha
    return cv2.GaussianBlur(alpha, (0, 0), sigma).reshape(alpha.shape).astype(np.uint8)


def composite(photo: Pixels, alpha: Pixels, behind: Floats) -> Pixels:
    """α·photo + (1 - α)·behind: uint8 [H, W, 3], [H, W, 1] and float [3] or [H, W, 3]."""
    share = alpha.astype(np.float32) / 255
    composed: Pixels = np.rint(photo * share + behind * (1 - share)).astype(np.uint8)
    return composed
