"""A person's drawing gets the paper, pen and size that a generator knows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.normalise import normalise_drawing, to_square
from s2f_core.data.sketch.strokes import LineStatistics, stroke_width

THIN = LineStatistics(paper="white", ink=0.1, stroke_width=1.0)
PEN = LineStatistics(paper="white", ink=0.1, stroke_width=3.0)


def _drawing(width: int, side: int = 256) -> Pixels:
    """A circle and a line, black on white, uint8 [side, side, 3]."""
    drawing: Any = np.full((side, side, 3), 255, np.uint8)
    cv2.circle(drawing, (side // 2, side // 2), side // 4, (0, 0, 0), width)
    cv2.line(drawing, (side // 8, side // 8), (side // 3, side // 8), (0, 0, 0), width)
    return np.asarray(drawing)


def _normalise(drawing: Pixels, lines: LineStatistics) -> Pixels:
    return normalise_drawing(drawing, lines, 128).pixels


@pytest.mark.parametrize("width", [1, 2, 12, 24])
def test_lines_get_the_width_of_the_pen(width: int) -> None:
    """Lines of about 1 to 12 of 128 become 3 wide; without ``pen`` they keep their width."""
    drawing = _drawing(width)
    with_pen, without = (
        normalise_drawing(drawing, PEN, 128, pen=pen).pixels[None] for pen in (True, False)
    )
    assert with_pen.shape == (1, 128, 128, 1)
    assert stroke_width(with_pen)[0] == pytest.approx(3, abs=0.9)
    assert stroke_width(without)[0] == pytest.approx(stroke_width(drawing[None])[0], abs=0.9)


def test_thinning_keeps_thin_lines() -> None:
    """A hair beside a brush is still there when the brush has become a pen."""
    drawing = _drawing(20)
    cv2.line(drawing, (40, 230), (216, 230), (0, 0, 0), 3)
    assert _normalise(drawing, PEN)[112:118].min() < 128


def test_white_on_black_is_inverted() -> None:
    """The result is that of black on white; a dark drawing with light margins stays."""
    light = _drawing(6)
    assert (_normalise(255 - light, PEN) == _normalise(light, PEN)).all()
    filled = light.copy()
    filled[40:216, 40:216] = 10
    assert _normalise(filled, PEN)[64, 64] < 30


def test_a_generator_of_black_paper_gets_white_on_black() -> None:
    """Whether the drawing is black on white or white on black."""
    black = PEN.model_copy(update={"paper": "black"})
    expected = 255 - _normalise(_drawing(6), PEN)
    for drawing in (_drawing(6), 255 - _drawing(6)):
        assert (_normalise(drawing, black) == expected).all()


def test_paper_becomes_white_and_coloured_lines_dark() -> None:
    """Cream paper; red ink, whose grey would be faint."""
    cream = np.asarray(np.where(_drawing(6) < 128, 60, np.array([240, 228, 200])), np.uint8)
    assert _normalise(cream, PEN)[0, 0] == 255
    red = _drawing(6)
    red[..., 0] = 255
    assert _normalise(red, PEN).min() == 0


def test_a_drawing_that_fits_is_unchanged() -> None:
    """Lines of the right width, on white, at the right size; and an empty sheet."""
    drawing = _drawing(1, 128)[..., :1]
    assert (_normalise(drawing, THIN) == drawing).all()
    empty = np.full((128, 128, 1), 255, np.uint8)
    assert (_normalise(empty, THIN) == empty).all()


@pytest.mark.parametrize(
    ("fit", "side", "covers"),
    [("pad", 60, (60, 30)), ("crop", 30, (30, 30)), ("stretch", 60, (60, 60))],
)
def test_an_oblong_image_becomes_square(fit: Any, side: int, covers: tuple[int, int]) -> None:
    """Padded with its margin's colour, cropped or stretched; outputs are cropped to its part."""
    image = np.full((60, 30, 3), (200, 10, 30), np.uint8)
    image[20:40, 10:20] = 0
    square = to_square(image, fit)
    assert square.pixels.shape == (side, side, 3)
    assert (square.pixels[0, 0] == (200, 10, 30)).all()
    assert square.crop(np.zeros((side, side, 1), np.uint8)).shape[:2] == covers
    larger = square.crop(np.zeros((4 * side, 4 * side, 1), np.uint8))
    assert larger.shape[:2] == (4 * covers[0], 4 * covers[1])


@pytest.mark.parametrize("shape", [(60_000, 300), (300, 60_000), (1, 40_000)])
@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_work_is_bounded_by_the_picture(shape: tuple[int, int], fit: Any) -> None:
    """A strip does not become a square of 10 GiB, neither here nor as a drawing."""
    strip = np.full((*shape, 3), 250, np.uint8)
    assert max(to_square(strip, fit).pixels.shape) <= 4096
    assert normalise_drawing(strip, PEN, 128, fit=fit).pixels.shape == (128, 128, 1)


@pytest.mark.parametrize(
    ("drawing", "note"),
    [
        (np.full((600, 600, 3), 255, np.uint8), "no ink was found: the page is blank"),
        (np.full((600, 600, 3), (240, 214, 92), np.uint8), "no ink was found: the page is blank"),
        (np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8), "little of it is"),
    ],
    ids=["white", "yellow", "noise"],
)
def test_a_page_without_a_drawing_is_told(drawing: Pixels, note: str, caplog: Any) -> None:
    """In a log line with its name; the pen does not hang on it."""
    square = normalise_drawing(drawing, THIN, 128)
    assert square.notes[-1].startswith(note)
    square.log_notes("page.png")
    assert caplog.messages == [f"page.png: {'; '.join(square.notes)}"]


def test_a_dark_drawing_is_no_photo() -> None:
    """Two thirds of hatching in black on white, and a drawing that fills half of yellow paper."""
    dark = np.full((300, 300, 3), 255, np.uint8)
    dark[:, 20:-20][:, np.arange(260) % 3 > 0] = 0
    yellow = np.full((300, 300, 3), (240, 214, 92), np.uint8)
    yellow[20:-20, 20:-20][np.indices((260, 260)).sum(axis=0) % 12 < 6] = 20
    for drawing in (dark, yellow):
        assert normalise_drawing(drawing, THIN, 128).notes == ()


def test_areas_are_no_lines() -> None:
    """A page with a large fill keeps it: it is not made thinner by a disc as large as the page."""
    page = np.full((1024, 1024, 1), 255, np.uint8)
    page[100:900, 100:600] = 0
    assert normalise_drawing(page, THIN, 128).pixels[14:112, 14:74].max() == 0
