"""Drawings that people hand in, as a generator knows them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.normalise import margin_colour, normalise_drawing, to_square
from s2f_core.data.sketch.strokes import LineStatistics, stroke_width, widths

THIN = LineStatistics(paper="white", ink=0.1, stroke_width=1.0)
PEN = LineStatistics(paper="white", ink=0.1, stroke_width=3.0)


def _page(width: int, side: int = 256) -> Pixels:
    """A circle and a line, black on white, uint8 [side, side, 3]."""
    page: Any = np.full((side, side, 3), 255, np.uint8)
    cv2.circle(page, (side // 2, side // 2), side // 4, (0, 0, 0), width)
    cv2.line(page, (side // 8, side // 8), (side // 3, side // 8), (0, 0, 0), width)
    return np.asarray(page)


@pytest.mark.parametrize("width", [1, 2, 12, 24])
def test_lines_become_as_wide_as_those_learned_from(width: int) -> None:
    """From about 1 to 12 of 128, to 3; or they stay as they are."""
    page = _page(width)
    made, kept = (normalise_drawing(page, PEN, 128, pen=pen)[None] for pen in (True, False))
    assert made.shape == (1, 128, 128, 1)
    assert stroke_width(made)[0] == pytest.approx(3, abs=0.9)
    assert stroke_width(kept)[0] == pytest.approx(stroke_width(page[None])[0], abs=0.9)


def test_thick_lines_leave_the_thin_ones() -> None:
    """A hair beside a brush is still there when the brush has become a pen."""
    page = _page(20)
    cv2.line(page, (40, 230), (216, 230), (0, 0, 0), 3)
    made = normalise_drawing(page, PEN, 128)
    assert made[112:118].min() < 128


def test_white_on_black_is_inverted() -> None:
    """It gives what black on white gives; a dark drawing with light margins stays."""
    light = _page(6)
    assert (normalise_drawing(255 - light, PEN, 128) == normalise_drawing(light, PEN, 128)).all()
    filled = light.copy()
    filled[40:216, 40:216] = 10
    assert normalise_drawing(filled, PEN, 128)[64, 64] < 30


def test_a_generator_that_knows_black_paper_gets_it() -> None:
    """Either way of drawing."""
    black = PEN.model_copy(update={"paper": "black"})
    for page in (_page(6), 255 - _page(6)):
        assert (
            normalise_drawing(page, black, 128) == 255 - normalise_drawing(_page(6), PEN, 128)
        ).all()


def test_paper_becomes_white_and_coloured_lines_dark() -> None:
    """Cream paper; red ink, whose grey would be faint."""
    cream = np.asarray(np.where(_page(6) < 128, 60, np.array([240, 228, 200])), np.uint8)
    assert normalise_drawing(cream, PEN, 128)[0, 0] == 255
    red = _page(6)
    red[..., 0] = 255
    assert normalise_drawing(red, PEN, 128).min() == 0


def test_what_was_learned_from_is_left_to_the_byte() -> None:
    """Lines of the right width, on white, at the right size; and an empty sheet."""
    page = _page(1, 128)[..., :1]
    assert (normalise_drawing(page, THIN, 128) == page).all()
    empty = np.full((128, 128, 1), 255, np.uint8)
    assert (normalise_drawing(empty, THIN, 128) == empty).all()


def test_lines_are_measured_or_are_none() -> None:
    """Not of colours, nor of tones without paper, unless they are said to be drawn."""
    pages = np.stack([_page(2, 128)[..., :1]] * 2)
    found = LineStatistics.measure(pages, sure=False)
    assert found is not None
    assert found.paper == "white"
    assert found.stroke_width == pytest.approx(3, abs=0.6)
    dark = LineStatistics.measure(255 - pages, sure=False)
    assert dark == found.model_copy(update={"paper": "black"})
    tones = np.asarray(np.arange(128) + 60, np.uint8)[None, :, None, None].repeat(128, axis=2)
    assert LineStatistics.measure(tones, sure=False) is None
    assert LineStatistics.measure(tones, sure=True) is not None
    coloured = np.stack([_page(2, 128)])
    coloured[..., 0] //= 2
    assert LineStatistics.measure(coloured, sure=True) is None
    assert LineStatistics.measure(np.full((1, 8, 8, 1), 255, np.uint8), sure=True) is None
    assert len(widths(np.full((8, 8, 1), 255, np.uint8))) == 0


@pytest.mark.parametrize(
    ("fit", "side", "covers"),
    [("pad", 60, (60, 30)), ("crop", 30, (30, 30)), ("stretch", 60, (60, 60))],
)
def test_what_is_oblong_becomes_a_square(fit: Any, side: int, covers: tuple[int, int]) -> None:
    """Padded with its margin's colour and cut again, cut out of, or stretched."""
    image = np.full((60, 30, 3), (200, 10, 30), np.uint8)
    image[20:40, 10:20] = 0
    found = to_square(image, fit)
    assert found.pixels.shape == (side, side, 3)
    assert (found.pixels[0, 0] == (200, 10, 30)).all()
    assert found.crop(np.zeros((side, side, 1), np.uint8)).shape[:2] == covers
    larger = found.crop(np.zeros((4 * side, 4 * side, 1), np.uint8))
    assert larger.shape[:2] == (4 * covers[0], 4 * covers[1])


def test_a_margin_is_the_colour_around() -> None:
    """A blot in a corner does not change it."""
    image = np.full((64, 64, 3), 240, np.uint8)
    image[:8, :8] = 0
    assert margin_colour(image).tolist() == [240, 240, 240]
    assert (to_square(image, "pad").pixels == image).all()
