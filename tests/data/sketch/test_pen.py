"""The pen: width, ink, tremble, gaps and second strokes of a line."""

from typing import Any

import numpy as np
import pytest

from s2f_core.common.images import Doubles
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.curves import Part
from s2f_core.data.sketch.pen import SPREAD, Hand, Pen

STEADY: dict[str, Any] = {
    "width": (3, 3),
    "fine": (1, 1),
    "darkness": (1, 1),
    "pressure": (0, 0),
    "wobble": (0, 0),
    "lift": (0, 0),
    "retrace": (0, 0),
}
LINE: list[Part] = [[np.array([[14.0, 64.0], [114.0, 64.0]])]]


def _hand(**changes: Any) -> Hand:
    return Pen(**STEADY | changes).pick(stream(0))


def _widths(hand: Hand, size: int = 128, count: int = 40) -> Doubles:
    """The mean widths of many lines, in 128ths."""
    pages = np.stack([hand.draw(LINE, size, stream(0, k))[..., 0] for k in range(count)])
    middle = pages[:, :, size // 4 : -size // 4].astype(float)
    return np.asarray((255 - middle).sum(axis=1).mean(axis=1) / 255 * 128 / size)


@pytest.mark.parametrize("size", [64, 128, 256])
def test_a_line_has_the_width_at_every_size(size: int) -> None:
    """Each line within the spread of a drawing's strokes, all of them on average."""
    widths = _widths(_hand(), size)
    assert widths.mean() == pytest.approx(3, rel=0.1)
    assert np.abs(widths - 3).max() < 3 * SPREAD + 0.5
    assert widths.std() > 0.1


def test_short_strokes_are_finer() -> None:
    """By the share that is drawn."""
    short: list[Part] = [[np.array([[54.0, 64.0], [74.0, 64.0]])]]
    inks = []
    for fine in (1, 0.5):
        hand = _hand(fine=(fine, fine))
        pages = np.stack([hand.draw(short, 128, stream(0, k)) for k in range(20)])
        inks.append((255.0 - pages[:, :, 60:68]).sum())
    assert inks[1] / inks[0] == pytest.approx(0.5, abs=0.1)


def test_darkness_is_the_ink() -> None:
    """A light pen never makes black, and paper stays white."""
    page = _hand(darkness=(0.4, 0.4)).draw(LINE, 128, stream(0))
    assert page.max() == 255
    assert page.min() == pytest.approx(255 * 0.6, abs=255 * 0.4 * SPREAD)


def test_where_strokes_cross_the_darker_ink_counts() -> None:
    """A light stroke that is drawn later does not lighten a dark one."""
    across: Part = [np.array([[64.0, 14.0], [64.0, 114.0]])]
    for seed in range(10):
        page = _hand(darkness=(0.6, 0.6)).draw([*LINE, across], 128, stream(0, seed))[..., 0]
        assert page[64, 64] <= min(page[64, 40], page[40, 64])


def test_a_stroke_trembles_by_its_deviation() -> None:
    """Smoothly, around the line."""
    hand, places = _hand(wobble=(1.5, 1.5)), []
    for seed in range(30):
        dark = 255.0 - hand.draw(LINE, 128, stream(0, seed))[:, 24:104, 0]
        places.append((dark * np.arange(128)[:, None]).sum(axis=0) / dark.sum(axis=0))
    assert np.std(places) == pytest.approx(1.4, abs=0.3)
    assert np.abs(np.diff(places)).mean() < 0.4
    assert np.mean(places) == pytest.approx(63.5, abs=0.3)


def test_pressure_changes_the_width_along_a_stroke() -> None:
    """A steady hand has none."""
    spreads = []
    for pressure in (0, 0.4):
        page = _hand(pressure=(pressure, pressure)).draw(LINE, 256, stream(0))
        spreads.append((255.0 - page[:, 60:190, 0]).sum(axis=0).std() / 255)
    assert spreads[0] < 0.05
    assert spreads[1] > 0.5


def test_a_long_stroke_is_lifted_and_retraced() -> None:
    """Two pieces in place of one; with a chance of 1, each of them twice."""
    curve = LINE[0][0]
    counts = [
        len(_hand(lift=(lift, lift), retrace=(again, again))._strokes(curve, stream(0)))
        for lift, again in ((0, 0), (1, 0), (1, 1))
    ]
    assert counts == [1, 2, 4]
    assert len(_hand(lift=(1, 1))._strokes(np.array([[0.0, 0.0], [5.0, 0.0]]), stream(0))) == 1


def test_values_are_drawn_from_their_ranges() -> None:
    """The width on a logarithmic scale."""
    hands = [Pen(width=(1, 4)).pick(stream(0, k)) for k in range(400)]
    widths = np.array([hand.width for hand in hands])
    assert widths.min() >= 1
    assert widths.max() <= 4
    assert np.median(widths) == pytest.approx(2, abs=0.2)


def test_strokes_outside_of_the_page_are_cut() -> None:
    """Also those that are entirely outside."""
    outside: list[Part] = [[np.array([[-50.0, -50.0], [-20.0, -90.0]])]]
    assert (_hand().draw(outside, 64, stream(0)) == 255).all()
    beyond: list[Part] = [[np.array([[-50.0, 64.0], [190.0, 64.0]])]]
    assert (_hand().draw(beyond, 64, stream(0))[30:34, :, 0].min(axis=0) < 120).all()
