"""OpenPose's skeleton of 18 points (Cao et al. 2017, the COCO model), and how it is drawn."""

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
# Where each joint but the neck stands among COCO's 17 points and BlazePose's 33.
COCO = (0, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
MEDIAPIPE = (0, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
NECK, SHOULDERS = 1, [2, 5]


def from_coco17(points: npt.ArrayLike) -> Floats:
    """The 18 points [18, 3] of COCO's annotation [17, 3] (x, y, v).

    COCO's v of 2 (visible) becomes a visibility of 1, 1 (occluded) 0.5 and 0 (not labelled) 0.
    """
    found = np.array(points, np.float32)[list(COCO)]
    found[:, 2] /= 2
    return with_neck(found)


def from_mediapipe33(points: npt.ArrayLike) -> Floats:
    """The 18 points [18, 3] of BlazePose's landmarks [33, 3] (x, y, visibility)."""
    return with_neck(np.asarray(points, np.float32)[list(MEDIAPIPE)])


def with_neck(points: Floats) -> Floats:
    """17 joints in OpenPose's order without the neck, to 18 with it.

    As in OpenPose, the neck is halfway between the shoulders, and as visible as the less visible.
    """
    found = np.insert(points, NECK, 0, axis=0)
    found[NECK, :2] = found[SHOULDERS, :2].mean(axis=0)
    found[NECK, 2] = found[SHOULDERS, 2].min()
    return found.astype(np.float32)


def draw_skeleton(
    points: npt.ArrayLike, size: int, *, visible: float = 0.5, thickness: float | None = None
) -> Pixels:
    """Draw ``points`` [18, 3] (x, y in pixels, visibility) on black: uint8 [size, size, 3].

    A point is drawn from ``visible`` on, a limb where both its ends are, in the colour of its
    second end, as OpenPose's own renderer does. Pixel (0, 0) reaches from 0 to 1 either way; points
    outside the picture are fine. Lines are ``thickness`` pixels wide, by default 1/26 of the side:
    OpenPose's own 1/100 would hardly be seen at 128 pixels.
    """
    wide = size / 26 if thickness is None else thickness
    drawn = antialiased.sheet(size, 3, 0)
    given = np.asarray(points, np.float32)
    places = antialiased.places(given[:, :2]).tolist()
    shown = given[:, 2] >= visible
    for one, other in LIMBS:
        if shown[one] and shown[other]:
            cv2.line(
                drawn, places[one], places[other], COLOURS[other],
                antialiased.stroke(wide), cv2.LINE_AA, antialiased.FRACTION,
            )  # fmt: skip
    radius = round(wide * 0.7 * antialiased.FINER * 2**antialiased.FRACTION)
    for joint in np.flatnonzero(shown):
        cv2.circle(
            drawn, places[joint], radius, COLOURS[joint], -1, cv2.LINE_AA, antialiased.FRACTION
        )
    return antialiased.picture(drawn)
