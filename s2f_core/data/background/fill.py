"""Fill the background with a colour or a blur, and blend the subject into it."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Floats, Pixels

Level = Annotated[int, Field(ge=0, le=255)]

MIN_WEIGHT = 1e-3  # a blur with a smaller share of background pixels is dark


class Colour(Section):
    """A plain colour: ``fill: {type: colour}``."""

    type: Literal["colour"] = "colour"
    colour: tuple[Level, Level, Level] = Field(
        (255, 255, 255), description="Red, green and blue, 0 to 255."
    )

    def render(self, _photo: Pixels, _alpha: Pixels) -> Floats:
        """The colour, float32 [3] in 0…255."""
        return np.asarray(self.colour, dtype=np.float32)


class Blur(Section):
    """The photo's own background, blurred: ``fill: {type: blurred}``.

    The blur leaves the subject out, so that its colours do not bleed into the background.
    """

    type: Literal["blurred"]
    sigma: float = Field(8, gt=0, le=100, description="Standard deviation of the blur in pixels.")

    def render(self, photo: Pixels, alpha: Pixels) -> Floats:
        """The mean colour of the background around each pixel, float32 [H, W, 3] in 0…255."""
        weight = 1 - alpha.astype(np.float32) / 255
        weighted = cv2.GaussianBlur(photo * weight, (0, 0), self.sigma)
        total = cv2.GaussianBlur(weight, (0, 0), self.sigma)[..., None]
        return np.asarray(weighted / np.maximum(total, MIN_WEIGHT), dtype=np.float32)


Fill = Annotated[Colour | Blur, Field(discriminator="type")]


def feather_matte(alpha: Pixels, sigma: float) -> Pixels:
    """Soften the edge of a matte uint8 [H, W, 1] by a Gaussian of ``sigma`` pixels; 0 is off."""
    if not sigma:
        return alpha
    return cv2.GaussianBlur(alpha, (0, 0), sigma).reshape(alpha.shape).astype(np.uint8)


def composite(photo: Pixels, alpha: Pixels, fill: Floats) -> Pixels:
    """α·photo + (1 - α)·fill: uint8 [H, W, 3].

    ``photo`` is uint8 [H, W, 3], ``alpha`` uint8 [H, W, 1] and ``fill`` [3] or [H, W, 3] in 0…255.
    """
    share = alpha.astype(np.float32) / 255
    composed: Pixels = np.rint(photo * share + fill * (1 - share)).astype(np.uint8)
    return composed
