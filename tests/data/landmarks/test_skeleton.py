"""The skeleton: the order of points, the lines, and their colours."""

import numpy as np
import pytest

from s2f_core.common.images import Floats
from s2f_core.data.landmarks.skeleton import (
    COLOURS,
    JOINTS,
    LIMBS,
    draw_skeleton,
    from_coco17,
    from_mediapipe33,
)

COCO = (
    "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
    "left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee",
    "right knee", "left ankle", "right ankle",
)  # fmt: skip
BLAZEPOSE = (
    "nose", "left eye inner", "left eye", "left eye outer", "right eye inner", "right eye",
    "right eye outer", "left ear", "right ear", "mouth left", "mouth right", "left shoulder",
    "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist", "left pinky",
    "right pinky", "left index", "right index", "left thumb", "right thumb", "left hip",
    "right hip", "left knee", "right knee", "left ankle", "right ankle", "left heel", "right heel",
    "left foot index", "right foot index",
)  # fmt: skip


def hidden_points() -> Floats:
    """Eighteen points in the middle of 100 pixels, none visible."""
    return np.tile(np.array([50, 50, 0], np.float32), (18, 1))


def test_points_keep_their_names() -> None:
    """Every joint but the neck comes from the point with its name, in both orders."""
    for names, convert in ((COCO, from_coco17), (BLAZEPOSE, from_mediapipe33)):
        points = np.column_stack([np.arange(len(names)), -np.arange(len(names)), [2] * len(names)])
        joints = convert(points)
        assert joints.shape == (18, 3)
        for joint, (x, y, _) in zip(JOINTS, joints, strict=True):
            if joint != "neck":
                assert names[int(x)] == joint
                assert y == -x


def test_the_neck_is_between_the_shoulders() -> None:
    """Halfway, and as visible as the less visible; COCO's v of 0, 1, 2 becomes 0, 0.5, 1."""
    points = np.zeros((17, 3))
    points[5], points[6] = (10, 20, 2), (30, 40, 1)
    joints = from_coco17(points)
    assert joints[1].tolist() == [20, 30, 0.5]
    assert joints[[2, 5], 2].tolist() == [0.5, 1]


def test_limbs_are_a_tree_of_all_joints() -> None:
    """Each joint but the neck is the end of one of 17 limbs; no limb joins left and right."""
    assert sorted(end for _, end in LIMBS) == [joint for joint in range(18) if joint != 1]
    assert len(set(COLOURS)) == 18
    for start, end in LIMBS:
        sides = {JOINTS[joint].split()[0] for joint in (start, end)} & {"left", "right"}
        assert len(sides) <= 1


def test_a_limb_has_the_colour_of_its_end() -> None:
    """The left forearm has the wrist's colour; the rest is black."""
    points = hidden_points()
    points[6], points[7] = (20, 50, 1), (80, 50, 0.5)
    image = draw_skeleton(points, 100, thickness=4)
    assert image.shape == (100, 100, 3)
    assert image[50, 50].tolist() == list(COLOURS[7])
    assert image[50, 20].tolist() == list(COLOURS[6])
    assert not image[:40].any()
    assert not image[60:].any()
    assert image[:, 50].max(axis=1).sum() / 255 == pytest.approx(4, abs=0.3)


def test_points_below_the_visibility_are_not_drawn() -> None:
    """Nor are their limbs; a point without limbs is a dot."""
    points = hidden_points()
    points[6], points[7] = (20, 50, 1), (80, 50, 0.4)
    image = draw_skeleton(points, 100)
    assert image[50, 20].any()
    assert not image[:, 30:].any()
    assert draw_skeleton(points, 100, visible=0.4)[50, 50].any()
    assert not draw_skeleton(hidden_points(), 100).any()


def test_points_may_lie_outside_the_picture() -> None:
    """A limb that leaves the picture is clipped; a point that is not finite is not drawn."""
    points = hidden_points()
    points[6], points[7] = (20, 50, 1), (1e9, 50, 1)
    assert draw_skeleton(points, 100)[50, 99].tolist() == list(COLOURS[7])
    points[7] = (np.nan, np.inf, 0)
    assert draw_skeleton(points, 100)[50, 20].any()


def test_points_are_drawn_at_fractions_of_pixels() -> None:
    """The dot's centre of mass is at the point."""
    points = hidden_points()
    points[0] = (30.25, 40.75, 1)
    shade = draw_skeleton(points, 100, thickness=6).max(axis=2).astype(float)
    y, x = np.mgrid[0:100, 0:100] + 0.5
    assert abs((x * shade).sum() / shade.sum() - 30.25) < 0.15
    assert abs((y * shade).sum() / shade.sum() - 40.75) < 0.15
