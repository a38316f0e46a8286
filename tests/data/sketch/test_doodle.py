"""Doodles of a synthetic face: parts near the photo's, in few strokes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from face_points import FACE, face_points

from s2f_core.common.images import Doubles
from s2f_core.common.seeding import stream
from s2f_core.data.sketch import doodle
from s2f_core.data.sketch.contours import Contours
from s2f_core.data.sketch.curves import Part, length

NOWHERE = np.zeros((128, 128), np.uint8)
EMPTY = Contours([], [], [], [], [], NOWHERE, NOWHERE)
NOTHING = {"head": 0, "nose": 0, "brow": 0, "hair": 0, "ears": 0}
HAIR = replace(EMPTY, head=[np.array([[24.0, 40.0], [108.0, 40.0]])])


def _points(parts: list[Part]) -> Doubles:
    return np.concatenate([curve for part in parts for curve in part])


def test_a_doodle_has_at_least_two_eyes_and_a_mouth() -> None:
    """Near those of the photo, in every style."""
    for seed in range(30):
        parts = doodle.Doodle(**NOTHING).trace(face_points(), EMPTY, stream(seed))
        right, left, mouth = (_points([part]) for part in parts)
        assert np.abs(right.mean(axis=0) - (51, 58)).max() < 4
        assert np.abs(left.mean(axis=0) - (77, 58)).max() < 4
        assert np.abs(mouth.mean(axis=0) - (64, 84)).max() < 3


@pytest.mark.parametrize("name", NOTHING)
def test_each_part_can_be_turned_on(name: str) -> None:
    """It adds curves."""
    for seed in range(10):
        section = doodle.Doodle(**NOTHING | {name: 1})
        parts = section.trace(face_points(), EMPTY, stream(seed))
        assert len(parts) == (5 if name == "brow" else 4)
        assert all(np.isfinite(_points([part])).all() for part in parts)


def test_the_head_is_an_oval_around_the_face() -> None:
    """It ends at the chin, also of a face that leans."""
    for seed in range(20):
        (oval,) = doodle.head(face_points(), stream(seed))
        low, high = oval.min(axis=0), oval.max(axis=0)
        assert high[1] == pytest.approx(64 + FACE[1], abs=1)
        assert low[1] <= 64 - FACE[1] + 1
        assert 0.6 < (high - low)[0] / (high - low)[1] < 1.1
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    (lying,) = doodle.head((face_points() - 64) @ turn + 64, stream(0))
    (upright,) = doodle.head(face_points(), stream(0))
    assert (upright - 64) @ turn + 64 == pytest.approx(lying)


def test_mouths_smile_as_the_photo_does() -> None:
    """A bow bends down as far as the lower lip, or farther."""
    points = face_points(gap=6)
    bows = [doodle.mouth(points, stream(seed))[0] for seed in range(20)]
    depths = [bow[:, 1].max() - bow[0, 1] for bow in bows]
    assert max(depths) > 4
    assert sum(depth > 1 for depth in depths) > 10


def test_hair_is_an_outline_or_strokes() -> None:
    """Without an outline, six strokes stand on the head."""
    counts = {len(doodle.hair(face_points(), HAIR, stream(seed))) for seed in range(20)}
    assert counts == {1, 6}
    strokes = doodle.hair(face_points(), EMPTY, stream(0))
    assert len(strokes) == 6
    assert all(stroke[1, 1] < stroke[0, 1] for stroke in strokes)
    assert all(4 < length(stroke) < 20 for stroke in strokes)
