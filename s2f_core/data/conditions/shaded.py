"""Shaded pencil portraits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from s2f_core.common.images import Floats, Pixels, luma, to_rgb
from s2f_core.data.background.fill import composite
from s2f_core.data.background.matting import Matting
from s2f_core.data.background.selfie import Selfie
from s2f_core.data.conditions.copies import Copies, collate
from s2f_core.data.sketch.ranges import Share
from s2f_core.data.sketch.shading import Shading

WHITE: Floats = np.full(3, 255, np.float32)


class Shaded(Copies):
    """Shaded pencil portraits: ``{type: shaded}``.

    Colour dodge and a soft tone of the equalised grey, with grain. Each copy has a softness,
    contrast and darkness of its own. The matte is that of MediaPipe's selfie segmentation.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("selfie",)

    type: Literal["shaded"]
    shading: Shading = Field(default_factory=Shading, description="The pencil's work.")
    white: Share = Field(0.6, description="Chance of a white background.")

    def load(self, assets: Path) -> ShadedMaker:
        """The function from a photo to its shaded drawings."""
        return ShadedMaker(self, Selfie(model="selfie").open(assets / "selfie"))


@dataclass(frozen=True)
class ShadedMaker:
    """Shades a photo."""

    section: Shaded
    matting: Matting

    def __call__(self, photo: Pixels) -> Pixels:
        """Drawings of a photo uint8 [H, W, 1 or 3]: uint8 [copies, H, W, 1], dark on white."""
        rgb = to_rgb(photo)
        whole, matte = luma(rgb), self.matting(rgb)
        pages = []
        for random in self.section.streams(photo):
            white = random.random() < self.section.white
            page = self.section.shading.draw(whole, random)[..., None]
            pages.append(composite(page, matte, WHITE[:1]) if white else page)
        return collate(pages)
