"""Simulated drawings by hand: lines of a face as people draw them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from s2f_core.common.images import Doubles, ImageError, Pixels, to_rgb
from s2f_core.data.background.matting import Matting
from s2f_core.data.background.selfie import Selfie
from s2f_core.data.conditions.copies import Copies, collate
from s2f_core.data.landmarks.mesh import FaceMesh
from s2f_core.data.sketch.contours import Contours, Surroundings, find_contours
from s2f_core.data.sketch.curves import Part
from s2f_core.data.sketch.displacement import Displacement
from s2f_core.data.sketch.doodle import Doodle
from s2f_core.data.sketch.features import Features
from s2f_core.data.sketch.pen import Pen
from s2f_core.data.sketch.strokes import UNITS


class Drawing(Copies):
    """Drawings as people make them: ``{type: drawing}``.

    The features come from MediaPipe's 468 points (Kartynnik et al. 2019), hair and shoulders from
    its matte of the person, strands from Canny's edges. Each drawing leaves out parts, moves
    features, and has strokes of its own. A photo without a face is a rejected row.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("mediapipe", "selfie")

    type: Literal["drawing"]
    features: Features = Field(default_factory=Features, description="What is drawn of the face.")
    surroundings: Surroundings = Field(
        default_factory=Surroundings, description="What is drawn around the features."
    )
    doodle: Doodle = Field(default_factory=Doodle, description="Quick drawings.")
    displacement: Displacement = Field(
        default_factory=Displacement, description="How far features are from the photo's."
    )
    pen: Pen = Field(default_factory=Pen, description="The strokes.")
    threshold: float = Field(0.5, gt=0, le=1, description="Lowest score of a face, 0 to 1.")

    def load(self, assets: Path) -> DrawingMaker:
        """The function from a photo to its drawings."""
        matting = Selfie(model="selfie").open(assets / "selfie")
        return DrawingMaker(self, FaceMesh(assets, self.threshold), matting)

    def draw(
        self, points: Doubles, contours: Contours, size: int, random: np.random.Generator
    ) -> Pixels:
        """One drawing uint8 [size, size, 1] of a face; all lengths are in 128ths of the side."""
        return self.pen.pick(random).draw(self.trace(points, contours, random), size, random)

    def trace(self, points: Doubles, contours: Contours, random: np.random.Generator) -> list[Part]:
        """The curves of one drawing, by its parts."""
        if random.random() < self.doodle.chance:
            doodle = self.doodle.trace(points, contours, random)
            return self.doodle.displacement.move(doodle, random)
        parts = self.features.trace(points, random) + self.surroundings.trace(contours, random)
        return self.displacement.move(parts, random)


@dataclass(frozen=True)
class DrawingMaker:
    """Draws the face in a photo."""

    section: Drawing
    faces: FaceMesh
    matting: Matting

    def __call__(self, photo: Pixels) -> Pixels:
        """Drawings of a photo uint8 [H, W, 1 or 3]: uint8 [copies, H, W, 1], dark ink on white.

        Raises ImageError if there is no face.
        """
        rgb = to_rgb(photo)
        points = self.faces.detect(rgb)
        if points is None:
            raise ImageError("no face found")
        height, width = photo.shape[:2]
        size = max(height, width)
        units = points[:, :2].astype(np.float64) * (UNITS / size)
        contours = find_contours(rgb, self.matting(rgb), units)
        pages = [
            self.section.draw(units, contours, size, random)[:height, :width]
            for random in self.section.streams(photo)
        ]
        return collate(pages)
