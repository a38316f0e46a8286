"""The statistics of line drawings."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.strokes import LineStatistics, widths


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
    """Tones all over the image might be a photo."""
    tones = np.asarray(np.arange(128) + 60, np.uint8)[None, :, None, None].repeat(128, axis=2)
    assert LineStatistics.measure(tones, are_drawings=False) is None
    assert LineStatistics.measure(tones, are_drawings=True) is not None


def test_coloured_and_empty_images_have_no_statistics() -> None:
    """Even if they are said to be drawings."""
    coloured = _drawings()
    coloured[..., 0] //= 2
    assert LineStatistics.measure(coloured, are_drawings=True) is None
    empty = np.full((1, 8, 8, 1), 255, np.uint8)
    assert LineStatistics.measure(empty, are_drawings=True) is None
    assert len(widths(empty[0])) == 0
