"""A person's pose as a skeleton, as in P2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from s2f_core.common.images import ImageError, Pixels, to_rgb
from s2f_core.data.conditions.per_photo import PhotoCondition
from s2f_core.data.landmarks.pose import PoseDetector
from s2f_core.data.landmarks.skeleton import draw_skeleton, from_mediapipe33


class Pose(PhotoCondition):
    """A person's skeleton of OpenPose's 18 points: ``{type: pose}``.

    MediaPipe's BlazePose detects it (Bazarevsky et al. 2020); it is drawn in OpenPose's colours on
    black (Cao et al. 2017). A photo without a person is a rejected row.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("mediapipe",)

    type: Literal["pose"]
    visible: float = Field(
        0.3, ge=0, le=1, description="Lowest visibility of a point that is drawn, 0 to 1."
    )
    thickness: float = Field(
        5, gt=0, le=32, description="Width of the lines in 128ths of the side."
    )
    threshold: float = Field(0.5, gt=0, le=1, description="Lowest score of a person, 0 to 1.")

    def load(self, assets: Path) -> SkeletonDrawer:
        """The function from a photo to its skeleton."""
        return SkeletonDrawer(PoseDetector(assets, self.threshold), self.visible, self.thickness)


@dataclass(frozen=True)
class SkeletonDrawer:
    """Draws the skeleton of the person in a photo."""

    poses: PoseDetector
    visible: float
    thickness: float

    def __call__(self, photo: Pixels) -> Pixels:
        """Skeleton of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 3] on black.

        Raises ImageError if there is no person, or no point of the person is visible.
        """
        landmarks = self.poses.detect(to_rgb(photo))
        if landmarks is None:
            raise ImageError("no person found")
        points = from_mediapipe33(landmarks)
        if (points[:, 2] < self.visible).all():
            raise ImageError("no point of a person visible")
        height, width = photo.shape[:2]
        size = max(height, width)
        skeleton = draw_skeleton(
            points, size, visible=self.visible, thickness=self.thickness * size / 128
        )
        return skeleton[:height, :width]
