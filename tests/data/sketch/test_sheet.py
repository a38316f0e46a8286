"""Sheets are told from tables, frames and filled shapes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.sheet import find_sheet, margin_colour


def _sheet(paper: int, around: int, *, marks: bool = True) -> Pixels:
    """A rectangle with or without a cross on it, uint8 [300, 400, 3]."""
    page: Any = np.full((300, 400, 3), around, np.uint8)
    page[50:250, 60:340] = paper
    if marks:
        cv2.line(page, (120, 90), (280, 210), (255 - paper,) * 3, 4)
        cv2.line(page, (280, 90), (120, 210), (255 - paper,) * 3, 4)
    return np.asarray(page)


def test_a_sheet_ends_a_little_inside_its_edge() -> None:
    """Dark on light and light on dark; the edge itself is left out."""
    for paper, around in ((20, 250), (240, 60)):
        sheet = find_sheet(_sheet(paper, around))
        assert sheet is not None
        assert sheet[60:240, 70:330].all()
        assert not sheet[:50].any()
        assert not sheet[:, :60].any()


def test_a_filled_shape_is_no_sheet() -> None:
    """A rectangle without marks, a disc with marks, an outline, and a page of one grey."""
    disc: Any = np.full((300, 400, 3), 255, np.uint8)
    cv2.circle(disc, (200, 150), 130, (30, 30, 30), -1)
    cv2.line(disc, (120, 90), (280, 210), (255, 255, 255), 4)
    outline: Any = np.full((300, 400, 3), 255, np.uint8)
    cv2.rectangle(outline, (60, 50), (340, 250), (0, 0, 0), 6)
    cv2.line(outline, (120, 90), (280, 210), (0, 0, 0), 4)
    for page in (_sheet(20, 250, marks=False), disc, outline, np.full((9, 9, 3), 7, np.uint8)):
        assert find_sheet(page) is None


def test_the_margin_colour_is_a_median() -> None:
    """A blot in a corner does not change it."""
    image = np.full((64, 64, 3), 240, np.uint8)
    image[:8, :8] = 0
    assert margin_colour(image).tolist() == [240, 240, 240]
