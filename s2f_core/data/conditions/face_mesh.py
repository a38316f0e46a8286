"""A face's features as contours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from s2f_core.common.images import ImageError, Pixels, to_rgb
from s2f_core.data.conditions.per_photo import PhotoCondition
from s2f_core.data.landmarks.mesh import FaceMesh, draw_mesh


class Mesh(PhotoCondition):
    """Contours of lips, eyes, brows, nose and outline of a face: ``{type: face-mesh}``.

    The contours join MediaPipe's 468 points (Kartynnik et al. 2019) of the face with the highest
    score, without its irises. A photo without a face is a rejected row.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("mediapipe",)

    type: Literal["face-mesh"]
    thickness: float = Field(
        2, gt=0, le=32, description="Width of the lines in 128ths of the side."
    )
    threshold: float = Field(0.5, gt=0, le=1, description="Lowest score of a face, 0 to 1.")

    def load(self, assets: Path) -> ContourDrawer:
        """The function from a photo to its contours."""
        return ContourDrawer(FaceMesh(assets, self.threshold), self.thickness)


@dataclass(frozen=True)
class ContourDrawer:
    """Draws the contours of the face in a photo."""

    faces: FaceMesh
    thickness: float

    def __call__(self, photo: Pixels) -> Pixels:
        """Contours of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], dark lines on white.

        Raises ImageError if there is no face.
        """
        points = self.faces.detect(to_rgb(photo))
        if points is None:
            raise ImageError("no face found")
        height, width = photo.shape[:2]
        size = max(height, width)
        return draw_mesh(points, size, self.thickness * size / 128)[:height, :width]
