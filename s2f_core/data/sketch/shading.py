"""Shaded pencil portraits: colour dodge and soft tone of a photo's grey, with grain."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Floats, Pixels
from s2f_core.data.sketch.photographed import paper_grain
from s2f_core.data.sketch.ranges import Lengths, Ordered, Shares
from s2f_core.data.sketch.strokes import UNITS

CLIP, TILES = 2.0, (4, 4)  # of the equalisation (Zuiderveld 1994)
Exponent = Annotated[float, Field(gt=0, le=8)]


Exponents = Annotated[tuple[Exponent, Exponent], Ordered]


class Shading(Section):
    """The look of a shaded portrait: ``shading:``. Of each range a drawing has one value."""

    blur: Lengths = Field(
        (1.2, 7.0),
        description=(
            "Standard deviation in 128ths of the side of the dodge's blur; larger is darker and "
            "softer."
        ),
    )
    tone: Shares = Field((0.0, 0.7), description="Share of the grey that is shaded softly.")
    softness: Lengths = Field(
        (0.5, 3.0), description="Standard deviation in 128ths of the blur of that tone."
    )
    grain: Shares = Field((0.0, 0.5), description="Loss of ink to the paper's grain.")
    darkness: Shares = Field((0.6, 1.0), description="Ink of the darkest places.")
    contrast: Exponents = Field(
        (0.8, 1.8), description="Exponent of the ink before; larger leaves light tones out."
    )

    def draw(self, grey: Pixels, random: np.random.Generator) -> Pixels:
        """A shaded drawing uint8 [H, W] of grey uint8 [H, W], dark pencil on white."""
        unit = max(grey.shape) / UNITS
        blur, tone, softness, grain, darkness, contrast = (
            random.uniform(*ends)
            for ends in (
                self.blur, self.tone, self.softness, self.grain, self.darkness, self.contrast,
            )
        )  # fmt: skip
        even = np.float32(1 / 255) * cv2.createCLAHE(CLIP, TILES).apply(grey)
        lines = colour_dodge(even, blur * unit)
        shade = 1 - tone * (1 - _blur(even, softness * unit))
        ink = darkness * (1 - lines * shade).clip(0) ** contrast  # rounding can go below 0
        ink *= 1 - grain * paper_grain(grey.shape, random)
        return np.asarray(np.rint(255 * (1 - ink.clip(0, 1))), dtype=np.uint8)


def colour_dodge(grey: Floats, sigma: float) -> Floats:
    """Grey [H, W] in [0, 1] over its blur of ``sigma`` pixels: 1 on even areas."""
    base = np.maximum(_blur(grey, sigma), 1 / 255)
    return np.asarray((grey / base).clip(0, 1), dtype=np.float32)


def _blur(grey: Floats, sigma: float) -> Floats:
    if not sigma:
        return grey
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), dtype=np.float32)
