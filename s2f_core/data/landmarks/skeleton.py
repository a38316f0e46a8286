"""OpenPose's skeleton of 18 points (Cao et al. 2017, the COCO model): convert and draw it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Floats, Pixels
from s2f_core.data.landmarks import antialiased

JOINTS = (
    "nose", "neck", "right shoulder", "right elbow", "right wrist", "left shoulder", "left elbow",
    "left wrist", "right hip", "right knee", "right ankle", "left hip", "left knee", "left ankle",
    "right eye", "left eye", "right ear", "left ear",
)  # fmt: skip
LIMBS = (
    (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12),
    (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
)  # fmt: skip
COLOURS = (
    (255, 0, 85), (255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0),
    (85, 255, 0), (0, 255, 0), (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255),
    (0, 85, 255), (0, 0, 255), (255, 0, 170), (170, 0, 255), (255, 0, 255), (85, 0, 255),
)  # fmt: skip
# The row of each joint but the neck among COCO's 17 points and BlazePose's 33.
COCO = (0, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
MEDIAPIPE = (0, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
NECK, SHOULDERS = 1, [2, 5]


def from_coco17(points: npt.ArrayLike) -> Floats:
    """The 18 points [18, 3] from COCO's annotation [17, 3] (x, y, v).

    v becomes the visibility: 2 (visible) becomes 1, 1 (occluded) 0.5 and 0 (not labelled) 0.
    """
    joints = np.array(points, np.float32)[list(COCO)]
    joints[:, 2] /= 2
    return add_neck(joints)


def from_mediapipe33(points: npt.ArrayLike) -> Floats:
    """The 18 points [18, 3] from BlazePose's landmarks [33, 3] (x, y, visibility)."""
    return add_neck(np.asarray(points, np.float32)[list(MEDIAPIPE)])


def add_neck(joints: Floats) -> Floats:
    """Add the neck to 17 joints in OpenPose's order: [18, 3].

    As in OpenPose, the neck is halfway between the shoulders. It is as visible as the less visible
    shoulder.
    """
    points = np.insert(joints, NECK, 0, axis=0)
    points[NECK, :2] = points[SHOULDERS, :2].mean(axis=0)
    points[NECK, 2] = points[SHOULDERS, 2].min()
    return points.astype(np.float32)


def draw_skeleton(
    points: npt.ArrayLike, size: int, *, visible: float = 0.5, thickness: float | None = None
) -> Pixels:
    """Draw ``points`` [18, 3] (x, y in pixels, visibility) on black: uint8 [size, size, 3].

    ``visible`` is the lowest visibility of a point that is drawn. A limb is drawn if both its ends
    are, in the colour of its second end, as in OpenPose. Pixel (0, 0) reaches from 0 to 1; points
    may lie outside the picture. Lines are ``thickness`` pixels wide, by default 1/26 of the side:
    OpenPose's 1/100 would be hard to see at 128 pixels.
    """
    width = size / 26 if thickness is None else thickness
    canvas = antialiased.canvas(size, 3, 0)
    joints = np.asarray(points, np.float32)
    places = antialiased.to_fixed_point(joints[:, :2]).tolist()
    is_visible = joints[:, 2] >= visible
    for start, end in LIMBS:
        if is_visible[start] and is_visible[end]:
            cv2.line(
                canvas, places[start], places[end], COLOURS[end],
                antialiased.line_thickness(width), cv2.LINE_AA, antialiased.FRACTION,
            )  # fmt: skip
    radius = round(width * 0.7 * antialiased.SCALE * 2**antialiased.FRACTION)
    for joint in np.flatnonzero(is_visible):
        cv2.circle(
            canvas, places[joint], radius, COLOURS[joint], -1, cv2.LINE_AA, antialiased.FRACTION
        )
    return antialiased.shrink(canvas)
