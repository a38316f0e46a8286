"""Shading: colour dodge, tone, grain, darkness and contrast of a pencil's portrait."""

from typing import Any

import numpy as np
import pytest

from s2f_core.common.images import Floats, Pixels, resize
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.photographed import paper_grain
from s2f_core.data.sketch.shading import Shading, colour_dodge

PLAIN: dict[str, Any] = {
    "blur": (2, 2),
    "tone": (0, 0),
    "softness": (1, 1),
    "grain": (0, 0),
    "darkness": (1, 1),
    "contrast": (1, 1),
}


def _edge(side: int = 64) -> Pixels:
    """Dark at the left, light at the right."""
    grey = np.full((side, side), 60, np.uint8)
    grey[:, side // 2 :] = 200
    return grey


def _ink(**changes: Any) -> Floats:
    page = Shading(**PLAIN | changes).draw(_edge(), stream(0))
    return np.asarray(1 - page.astype(np.float32) / 255)


def test_colour_dodge_is_grey_over_its_blur() -> None:
    """White on even areas and on the light side of an edge, dark on the other one."""
    dodge = colour_dodge(_edge() * np.float32(1 / 255), 2.0)
    assert dodge[:, :20].min() == pytest.approx(1, abs=1e-3)
    assert dodge[:, 32:].min() > 0.999
    assert dodge[32, 31] == pytest.approx(60 / (0.6 * 60 + 0.4 * 200), abs=0.05)


def test_tone_shades_dark_areas() -> None:
    """By its share of their darkness."""
    ink = _ink(tone=(0.5, 0.5))
    assert ink[:, :16].mean() > ink[:, -16:].mean() + 0.15
    assert _ink()[:, :16].max() < 0.01


def test_darkness_and_contrast_change_the_ink() -> None:
    """Ink to a power, times the darkness."""
    plain = _ink()
    assert _ink(darkness=(0.5, 0.5)) == pytest.approx(plain / 2, abs=0.01)
    assert _ink(contrast=(2, 2)) == pytest.approx(plain**2, abs=0.01)


def test_grain_takes_ink_and_leaves_white_paper() -> None:
    """Never more than its share."""
    shaded, grainy = _ink(tone=(0.7, 0.7)), _ink(tone=(0.7, 0.7), grain=(0.4, 0.4))
    assert (grainy <= shaded + 0.005).all()
    assert (grainy >= 0.6 * shaded - 0.005).all()
    assert grainy[:, :16].std() > 3 * shaded[:, :16].std()


def test_grain_is_equally_fine_at_every_size() -> None:
    """In 128ths of the side; half of it on average."""
    lengths = []
    for side in (128, 256):
        grain = paper_grain((side, side), stream(0))
        assert grain.mean() == pytest.approx(0.5, abs=0.01)
        assert grain.min() >= 0
        assert grain.max() <= 1
        step = side // 128
        lengths.append(np.corrcoef(grain[:, :-step].ravel(), grain[:, step:].ravel())[0, 1])
    assert lengths[0] == pytest.approx(lengths[1], abs=0.1)


def test_a_drawing_depends_on_its_stream() -> None:
    """Each range gives a value of its own."""
    pages = [Shading().draw(_edge(), stream(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(pages[0], pages[1])
    assert not np.array_equal(pages[0], pages[2])


@pytest.mark.parametrize("side", [64, 256])
def test_a_drawing_looks_alike_at_every_size(side: int) -> None:
    """Nearly as dark as at 128, and in the same places."""
    section = Shading(grain=(0, 0))
    for seed in range(5):
        page, other = (section.draw(_edge(size), stream(seed)) for size in (128, side))
        small = [
            np.asarray(resize(each[..., None], 64), dtype=np.float64) for each in (page, other)
        ]
        assert small[0].mean() == pytest.approx(small[1].mean(), abs=4)
        assert np.corrcoef(small[0].ravel(), small[1].ravel())[0, 1] > 0.9
