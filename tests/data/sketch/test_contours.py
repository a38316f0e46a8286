"""Contours of a synthetic person: the outline, strands, clothes, details, and hatching."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from face_points import face_photo, face_points

from s2f_core.common.images import Pixels
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.contours import (
    MIN_OUTLINE,
    MIN_STRAND,
    Contours,
    Surroundings,
    find_contours,
    hatch,
    matte_outline,
    split_at,
    strands,
)
from s2f_core.data.sketch.curves import Part, length

NOTHING = {
    "hair": 0,
    "shoulders": 0,
    "strands": 0,
    "hatching": 0,
    "beard": 0,
    "clothes": 0,
    "details": 0,
}


def _disc(radius: int, value: int) -> Pixels:
    page = np.zeros((128, 128), np.uint8)
    cv2.circle(page, (64, 64), radius, value, -1)
    return page


def _contours(side: int = 128) -> Contours:
    photo, matte = face_photo(side)
    start, end = (np.array([[55, 68], [45, 82]]) * side // 128).tolist()
    cv2.line(photo, start, end, 0, 2)
    return find_contours(photo, matte, face_points())


@pytest.mark.parametrize("side", [64, 128, 256])
def test_curves_are_where_the_photo_has_them(side: int) -> None:
    """In 128ths of the side, whatever the photo's size."""
    contours = _contours(side)
    head, shoulders = contours.head[0], np.concatenate(contours.shoulders)
    radii = np.hypot((head[:, 0] - 64) / 38, (head[:, 1] - 58) / 46)
    assert np.abs(radii[head[:, 1] < 60] - 1).max() < 0.06
    assert shoulders[:, 1].min() > 97
    assert np.ptp(shoulders[:, 0]) > 90
    hair, clothes = np.concatenate(contours.hair), contours.clothes[0]
    radii = np.hypot((hair[:, 0] - 64) / 33, (hair[:, 1] - 58) / 41)
    assert np.abs(radii - 1).mean() < 0.06
    assert hair[:, 0].max() < 64
    assert clothes[:, 1] == pytest.approx(122, abs=4)
    face = np.concatenate(contours.face)
    assert np.abs(face - (50, 75)).max() < 12
    assert contours.dark_hair[15:20, 64].all()
    assert not contours.dark_hair[60:, 64].any()


def test_curves_are_long_enough_and_the_longest_comes_first() -> None:
    """Specks are no curves."""
    contours = _contours()
    for part, least in (
        (contours.head, MIN_OUTLINE),
        (contours.shoulders, MIN_OUTLINE),
        (contours.hair, MIN_STRAND),
    ):
        lengths = [length(curve) for curve in part]
        assert min(lengths) >= least
        assert lengths == sorted(lengths, reverse=True)


def test_the_pictures_border_is_no_outline() -> None:
    """A person who fills the picture has none, nor has an empty matte."""
    assert matte_outline(np.full((128, 128), 255, np.uint8)) == []
    assert matte_outline(np.zeros((128, 128), np.uint8)) == []
    half = np.zeros((128, 96), np.uint8)
    half[:, 48:] = 255
    (edge,) = matte_outline(half)
    assert edge[:, 0] == pytest.approx(48, abs=0.6)
    assert np.ptp(edge[:, 1]) > 120
    disc = _disc(30, 255)
    (round_,) = matte_outline(disc)
    assert round_[0] == pytest.approx(round_[-1])


def test_curves_are_split_at_a_height() -> None:
    """A bow that crosses it twice has one piece above and two below."""
    bow = np.column_stack([np.arange(100.0), np.abs(np.arange(100.0) - 50)])
    above, below = split_at([bow], 30)
    assert [len(above), len(below)] == [1, 2]
    assert above[0][:, 1].max() <= 30
    assert min(curve[:, 1].min() for curve in below) > 30


def test_a_strand_is_drawn_once() -> None:
    """From one end of a line to the other, not there and back."""
    edges = np.zeros((128, 128), np.uint8)
    edges[40, 20:80] = 1
    edges[5, 5:9] = 1  # too short
    (line,) = strands(edges)
    assert length(line) == pytest.approx(59, abs=2)
    assert sorted([line[0, 0], line[-1, 0]]) == pytest.approx([20.5, 79.5], abs=1)


def test_hatching_stays_on_its_mask() -> None:
    """Nearly parallel strokes of one angle, other angles for other drawings."""
    mask = _disc(25, 1)
    angles = []
    for seed in range(5):
        strokes = hatch(mask, stream(seed))
        assert len(strokes) > 5
        points = np.floor(np.concatenate(strokes)).astype(int)
        assert mask[points[:, 1], points[:, 0]].all()
        ends = np.stack([stroke[-1] - stroke[0] for stroke in strokes])
        turns = np.arctan2(ends[:, 1], ends[:, 0])
        assert np.ptp(turns) < 0.5
        angles.append(turns.mean())
    assert np.std(angles) > 0.3
    assert hatch(np.zeros((128, 128), np.uint8), stream(0)) == []


def _count(parts: list[Part]) -> int:
    return sum(len(part) for part in parts)


def test_settings_choose_what_is_drawn() -> None:
    """Each chance turns its part on; the longest lines are taken first, up to the most."""
    contours = replace(_contours(), beard=_disc(10, 1))
    assert _count(Surroundings(**NOTHING).trace(contours, stream(0))) == 0
    for name in NOTHING:
        section = Surroundings(**NOTHING | {name: 1})
        assert any(_count(section.trace(contours, stream(seed))) for seed in range(20)), name
    lines = Part([np.array([[0.0, k], [20.0 - k, k]]) for k in range(9)])
    many = replace(_contours(), hair=lines)
    section = Surroundings(**NOTHING | {"strands": 1}, strands_most=3)
    counts = {_count(section.trace(many, stream(seed))) for seed in range(30)}
    assert counts == {0, 1, 2, 3}
