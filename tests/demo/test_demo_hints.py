"""Drawings measured, and what is said of them."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.demo.hints import MEASURES, Range, habits, hints, measured


def _page(*boxes: tuple[int, int, int, int], ink: int = 0) -> Pixels:
    """White, 32 px, with boxes (top, left, height, width) of one grey: uint8 [32, 32, 1]."""
    page = np.full((32, 32, 1), 255, np.uint8)
    for top, left, height, width in boxes:
        page[top : top + height, left : left + width] = ink
    return page


def test_measures_are_those_of_a_drawing_known_by_hand() -> None:
    """Two lines of one pixel in 32, that is of 4 units of 128, at the left and in the middle."""
    page = _page((4, 0, 24, 1), (4, 16, 24, 1))
    found = {name: float(values[0]) for name, values in measured(page[None], "lines").items()}
    assert found["stroke_width"] == pytest.approx(4, abs=0.6)
    assert found["ink"] == pytest.approx(48 / 1024)
    assert found["darkest"] == 1
    assert found["soft"] == 0
    assert found["span"] == pytest.approx(24 / 32)
    assert found["across"] == pytest.approx((0.5 + 16.5) / 2 / 32)
    assert found["down"] == pytest.approx(0.5)
    assert found["pieces"] == 2


def test_pale_ink_and_black_paper() -> None:
    """Grey is pale; on black paper what is bright is ink, of any colour."""
    pale = measured(_page((4, 4, 8, 8), ink=180)[None], "lines")
    assert pale["soft"][0] == 1
    assert pale["darkest"][0] == pytest.approx(75 / 255)
    skeleton = np.zeros((1, 32, 32, 3), np.uint8)
    skeleton[0, 4:12, 4:12, 1] = 255
    assert measured(skeleton, "pose")["ink"][0] == pytest.approx(64 / 1024)


def test_what_is_outside_is_said_and_nothing_else() -> None:
    """A drawing like those learned from is in order; one of thick, small lines is not."""
    pages = np.stack([_page((row % 4, 6, 27, 1), (3, 6 + row % 5, 1, 22)) for row in range(20)])
    usual = habits(pages, "lines")
    assert set(usual) == set(MEASURES)
    assert {hint["says"] for hint in hints(pages[7], "lines", usual)} == {""}
    thick = {hint["name"]: hint["says"] for hint in hints(_page((2, 2, 6, 6)), "lines", usual)}
    assert thick["stroke_width"] == "take a thinner pen"
    assert thick["span"] == "draw larger"
    assert thick["down"] == "draw lower"
    assert thick["darkest"] == ""


def test_a_difference_that_is_not_shown_is_not_held_against_it() -> None:
    """100 % is not more than 100 %."""
    usual = {"darkest": Range(0.9, 0.95, 0.9961)}
    (hint,) = hints(_page((4, 4, 8, 8)), "lines", usual)
    assert hint["shown"] == "100%"
    assert hint["says"] == ""


@pytest.mark.parametrize("sheet", ["paint", "noise"])
def test_colours_have_no_lines(sheet: str) -> None:
    """Nothing is measured where strokes mean nothing, nor of an empty sheet."""
    assert habits(np.zeros((3, 8, 8, 3), np.uint8), sheet) == {}  # type: ignore[arg-type]
    assert hints(_page(), "lines", {"ink": Range(0, 0, 0)}) == []
