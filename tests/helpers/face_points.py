"""A synthetic face: the points that a face mesh would find, its photo, and its matte."""

import cv2
import numpy as np

from s2f_core.common.images import Doubles, Pixels
from s2f_core.data.landmarks.mesh import LIPS, OVAL
from s2f_core.data.sketch.features import NOSE_BASE, SIDES, UNDER_LIP

CENTRE = (64.0, 64.0)
FACE = (27.0, 34.0)  # radii of the face's oval, in 128ths


def _arc(left: tuple[float, float], right: tuple[float, float], rise: float, n: int) -> Doubles:
    """``n`` points of a bow between two ends, ``rise`` above their line."""
    across = np.linspace(0, 1, n)
    line = np.linspace(left, right, n)
    line[:, 1] -= rise * 4 * across * (1 - across)
    return line


def face_points(gap: float = 0.0) -> Doubles:
    """The 468 points (x, y) of a face in 128ths of the side; ``gap`` is that of its open mouth."""
    points = np.full((468, 2), CENTRE)
    angles = np.linspace(0, 2 * np.pi, 37)[:, None]
    circle = np.concatenate([np.sin(angles), -np.cos(angles)], axis=1)
    points[list(OVAL[0])] = np.array(CENTRE) + circle * FACE
    for sign, side in zip((-1, 1), SIDES, strict=True):
        curves = {
            side.upper_lid: _arc((18, 58), (8, 58), 3, 9),
            side.lower_lid: _arc((18, 58), (8, 58), -2, 9),
            side.crease: _arc((18, 55), (8, 55), 3, 7),
            side.brow_top: _arc((19, 50), (7, 50), 3, 5),
            side.brow_bottom: _arc((19, 52), (7, 52), 3, 5),
            side.ridge: _arc((6, 52), (4, 72), 0, 7),
            side.wing: _arc((5, 71), (4, 75), 0, 4),
            side.smile_line: _arc((8, 72), (11, 82), 0, 5),
        }
        for indices, curve in curves.items():
            points[list(indices)] = curve * (sign, 1) + (CENTRE[0], 0)
    points[list(NOSE_BASE)] = _arc((60, 75), (68, 75), -1, 5)
    ends = (55.0, 83.0), (73.0, 83.0)
    for indices, rise in zip(LIPS, (-4 - gap, 3 + gap, -gap / 2, gap / 2), strict=True):
        points[list(indices)] = _arc(*ends, rise, len(indices))
    points[list(UNDER_LIP)] = _arc((60, 90), (68, 90), 0, 3)
    points[168], points[6] = (64, 58), (64, 62)
    return points


def face_photo(side: int = 128) -> tuple[Pixels, Pixels]:
    """The photo uint8 [side, side, 3] of that face, with dark hair, and its matte [side, side, 1].

    A lock of light hair is at the left, and a striped shirt below.
    """
    photo, matte = np.full((128, 128, 3), 210, np.uint8), np.zeros((128, 128), np.uint8)
    for image, hair, shirt, skin in ((photo, 40, 90, 190), (matte, 255, 255, 255)):
        cv2.ellipse(image, (64, 58), (38, 46), 0, 0, 360, (hair,) * 3, -1)
        cv2.ellipse(image, (64, 134), (58, 32), 0, 0, 360, (shirt,) * 3, -1)
        cv2.ellipse(image, (64, 64), (27, 34), 0, 0, 360, (skin,) * 3, -1)
    cv2.ellipse(photo, (64, 58), (33, 41), 0, 130, 220, (150,) * 3, 2)
    cv2.line(photo, (20, 122), (108, 122), (200,) * 3, 3)
    size = (side, side)
    return (
        np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), dtype=np.uint8),
        np.asarray(cv2.resize(matte, size), dtype=np.uint8)[..., None],
    )
