"""Printed lines are told from drawn ones."""

from __future__ import annotations

import numpy as np
import pytest

from s2f_core.common.images import Floats
from s2f_core.data.sketch.ruling import remove_ruling


def _ruled(count: int, side: int = 400, strength: float = 0.3) -> Floats:
    """So many lines across a page of ink float32 [side, side]."""
    ink = np.zeros((side, side), np.float32)
    for row in range(count):
        ink[20 + row * side // 20 : 22 + row * side // 20] = strength
    return ink


def test_lines_at_equal_distances_are_taken_out() -> None:
    """A dark stroke across them stays; across a line it loses only the line's part."""
    ink = _ruled(18)
    ink[60:330, 100:104] = 0.8
    without, ruled = remove_ruling(ink)
    assert ruled
    assert without[:, 110:].max() < 0.02
    assert without[60:330, 100:104].min() > 0.65


def test_a_margin_goes_with_the_lines() -> None:
    """A printed line from top to bottom, but not where there is no ruling."""
    for count, ruled in ((18, True), (0, False)):
        ink = _ruled(count)
        ink[:, 60:62] = 0.3
        clean, is_ruled = remove_ruling(ink)
        assert is_ruled == ruled
        assert (clean[:, 60:62].max() < 0.02) == ruled


def test_strokes_along_a_line_stay() -> None:
    """A mouth in dark pencil on a printed line."""
    ink = _ruled(18)
    ink[200:202, 150:230] = 0.8
    without, _ = remove_ruling(ink)
    assert without[200:202, 150:230].min() > 0.6


@pytest.mark.parametrize(
    "ink",
    [
        _ruled(0),
        _ruled(4),
        _ruled(18)[:, ::-1] * (np.arange(400) < 200),
        np.full((400, 400), 0.5, np.float32),
        _ruled(18)[:180, :180],
        np.zeros((1, 900), np.float32),
    ],
    ids=["blank", "four lines", "half as long", "grey", "small", "strip"],
)
def test_other_drawings_are_unchanged(ink: Floats) -> None:
    """Few or short lines may be drawn."""
    without, ruled = remove_ruling(ink.astype(np.float32))
    assert not ruled
    assert without is not None
    assert np.array_equal(without, ink)
