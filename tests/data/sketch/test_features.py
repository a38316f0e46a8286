"""Features: where they are on a synthetic face, and that settings turn each of them off."""

from __future__ import annotations

import numpy as np
import pytest
from face_points import CENTRE, FACE, face_points

from s2f_core.common.images import Doubles
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.curves import Part
from s2f_core.data.sketch.features import LEFT, RIGHT, Features, disc, ear, neck_line

NAMES = tuple(Features.model_fields)
NOTHING = dict.fromkeys(NAMES, 0.0)


def _points(parts: list[Part]) -> Doubles:
    curves = [curve for part in parts for curve in part]
    return np.concatenate(curves) if curves else np.zeros((0, 2))


def _trace(seed: int = 0, gap: float = 0.0, **chances: float) -> Doubles:
    return _points(Features(**NOTHING | chances).trace(face_points(gap), stream(seed)))


def _inside(points: Doubles, left: float, top: float, right: float, bottom: float) -> bool:
    return bool(((points >= (left, top)) & (points <= (right, bottom))).all())


BOXES = {  # where each feature is: left, top, right, bottom
    "upper_lid": (46, 54, 82, 59),
    "lower_lid": (46, 57, 82, 61),
    "crease": (46, 51, 82, 56),
    "lashes": (40, 45, 88, 60),
    "pupil": (46, 54, 82, 62),
    "brow": (44, 46, 84, 53),
    "jaw": (CENTRE[0] - FACE[0], 50, CENTRE[0] + FACE[0], CENTRE[1] + FACE[1]),
    "forehead": (CENTRE[0] - FACE[0], 29, CENTRE[0] + FACE[0], 66),
    "ears": (20, 45, 108, 80),
    "neck": (40, 85, 88, 125),
    "smile_lines": (52, 71, 76, 83),
    "under_lip": (59, 89, 69, 91),
}


@pytest.mark.parametrize("name", BOXES)
def test_a_feature_is_drawn_where_it_is_or_not_at_all(name: str) -> None:
    """With a chance of 1 on both sides of the face; with 0 it adds nothing."""
    for seed in range(5):
        drawn, without = _trace(seed, **{name: 1.0}), _trace(seed)
        extra = np.array([p for p in drawn if not (np.abs(without - p) < 1e-9).all(axis=1).any()])
        assert len(extra) >= 3
        assert _inside(extra, *BOXES[name])
        if name != "under_lip":
            assert extra[:, 0].min() < CENTRE[0] < extra[:, 0].max()


def test_with_no_chance_only_a_line_for_the_mouth_remains() -> None:
    """From corner to corner."""
    mouth = _trace()
    assert _inside(mouth, 55, 80, 73, 86)
    assert np.ptp(mouth[:, 0]) == 18


def test_the_nose_has_its_parts() -> None:
    """Its tip alone, wings, nostrils, and one side of the ridge; without it none of them."""
    above = {name: _trace(2, nose=1.0, **{name: 1.0}) for name in ("wings", "nostrils", "ridge")}
    tip = _trace(2, nose=1.0)
    assert _inside(tip[tip[:, 1] < 79], 60, 74, 68, 77)
    assert np.ptp(above["wings"][:, 0][above["wings"][:, 1] < 76]) > 8
    assert above["ridge"][:, 1].min() < 70
    assert len(above["nostrils"]) >= 4
    hidden = _trace(2, wings=1.0, nostrils=1.0, ridge=1.0)
    assert len(hidden) == len(_trace(2))


def test_an_open_mouth_shows_both_edges_and_teeth() -> None:
    """The line of a closed mouth becomes two."""
    for seed in range(5):
        both = _trace(seed, gap=4.0, lips=1.0, teeth=1.0)
        assert np.ptp(both[:, 1]) > np.ptp(_trace(seed, lips=1.0)[:, 1])
        assert len(both) > len(_trace(seed, gap=4.0, lips=1.0))


def test_simple_eyes_replace_the_eyes() -> None:
    """Dots or ovals around the same centres."""
    for seed in range(6):
        eyes = _trace(seed, simple_eyes=1.0, upper_lid=1.0, crease=1.0)
        eyes = eyes[eyes[:, 1] < 70]
        assert _inside(eyes, 44, 53, 84, 63)
        assert np.median(eyes[eyes[:, 0] < 64], axis=0) == pytest.approx([51, 58], abs=1)


def test_a_disc_is_filled() -> None:
    """Its rings are at most a unit apart."""
    radii = [np.hypot(*(ring - (5, 5)).T).mean() for ring in disc(np.array([5.0, 5.0]), 3.0)]
    assert radii == pytest.approx([1, 2, 3])
    assert len(disc(np.zeros(2), 0.3)) == 1


def test_ears_and_neck_are_outside_of_the_face() -> None:
    """Ears beside it, the neck below the jaw."""
    points = face_points()
    assert ear(points, RIGHT)[:, 0].min() < points[:, 0].min() - 3
    assert ear(points, LEFT)[:, 0].max() > points[:, 0].max() + 3
    line = neck_line(points, LEFT, stream(0))
    assert line[-1, 1] > points[:, 1].max()
    assert line[0].tolist() == points[LEFT.neck].tolist()


def test_a_drawing_depends_on_its_stream() -> None:
    """Equal streams draw equal parts, others mostly not; small and large faces the same ones."""
    points = face_points()
    one, same, other = (_points(Features().trace(points, stream(seed))) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert one.shape != other.shape
