"""The statistics of line drawings."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.strokes import LineStatistics, stroke_width, widths


def _drawings() -> Pixels:
    """Twice a circle and a line two pixels wide, black on white, uint8 [2, 128, 128, 3]."""
    drawing: Any = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(drawing, (64, 64), 32, (0, 0, 0), 2)
    cv2.line(drawing, (16, 16), (42, 16), (0, 0, 0), 2)
    return np.stack([drawing] * 2)


def test_statistics_are_measured_on_white_paper() -> None:
    """Black paper is told apart, and otherwise gives the same numbers."""
    drawings = _drawings()[..., :1]
    lines = LineStatistics.measure(drawings, are_drawings=False)
    assert lines is not None
    assert lines.paper == "white"
    assert lines.stroke_width == pytest.approx(3, abs=0.6)
    inverted = LineStatistics.measure(255 - drawings, are_drawings=False)
    assert inverted == lines.model_copy(update={"paper": "black"})


def test_images_without_paper_are_measured_only_if_they_are_drawings() -> None:
    """Lines on tones all over the image might be a photo; tones alone have no lines."""
    tones = np.asarray(np.arange(128) + 60, np.uint8)[None, :, None, None].repeat(128, axis=2)
    assert LineStatistics.measure(tones, are_drawings=True) is None
    tones = tones // 2 + 100
    tones[:, ::16] = 0
    assert LineStatistics.measure(tones, are_drawings=False) is None
    assert LineStatistics.measure(tones, are_drawings=True) is not None


@pytest.mark.parametrize("bad", [180, 0, (240, 214, 92)])
def test_one_bad_sheet_leaves_the_statistics(bad: Any) -> None:
    """A grey, a black and a yellow sheet without lines among forty sketches, in either colour."""
    drawings = np.concatenate([_drawings()] * 20)
    sheet = np.full((1, 128, 128, 3), bad, np.uint8)
    expected = LineStatistics.measure(drawings, are_drawings=True)
    lines = LineStatistics.measure(np.concatenate([sheet, drawings]), are_drawings=True)
    assert lines is not None
    assert lines == expected
    assert LineStatistics.measure(sheet, are_drawings=True) is None


def test_a_blot_among_sketches_leaves_the_statistics() -> None:
    """A filled disc is thirty times wider than the lines of the others."""
    blot: Any = np.full((128, 128, 3), 255, np.uint8)
    cv2.circle(blot, (64, 64), 15, (0, 0, 0), -1)
    drawings = np.concatenate([_drawings()] * 20)
    with_blot = LineStatistics.measure(np.concatenate([blot[None], drawings]), are_drawings=True)
    assert with_blot == LineStatistics.measure(drawings, are_drawings=True)


@pytest.mark.parametrize("side", [16, 128, 700])
def test_widths_are_bounded_by_the_picture(side: int) -> None:
    """A page that is all ink has none, also with one white pixel; nor has one with noise alone."""
    page = np.full((side, side, 1), 90, np.uint8)
    assert len(widths(page)) == 0
    page[0, 0] = 255
    assert widths(page).max() <= 2 * 1.5 * 128
    noise = np.random.default_rng(0).integers(248, 256, (side, side, 1)).astype(np.uint8)
    assert np.isnan(stroke_width(np.stack([page, page * 0, noise]))).all()


def test_the_measure_of_a_large_sketch_is_that_of_a_small_one() -> None:
    """In 128ths of the side, although it is enlarged less."""
    small = _drawings()[0]
    large = small.repeat(8, axis=0).repeat(8, axis=1)
    assert np.median(widths(large)) == pytest.approx(np.median(widths(small)), abs=0.3)


def test_chroma_of_jpeg_is_no_colour() -> None:
    """A grey drawing saved as a colour JPEG is still a line drawing."""
    drawings = _drawings()
    drawings[..., 0] = drawings[..., 0] // 255 * 250
    assert LineStatistics.measure(drawings, are_drawings=False) is not None


def test_coloured_and_empty_images_have_no_statistics() -> None:
    """Even if they are said to be drawings."""
    coloured = _drawings()
    coloured[..., 0] //= 2
    assert LineStatistics.measure(coloured, are_drawings=True) is None
    empty = np.full((1, 8, 8, 1), 255, np.uint8)
    assert LineStatistics.measure(empty, are_drawings=True) is None
    assert len(widths(empty[0])) == 0
