"""Hints: the measures of drawings, and the advice outside the usual ranges."""

import json

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.alignment import NO_FACE
from s2f_core.demo.hints import (
    MEASURES,
    PLACEMENT,
    UsualRange,
    alignment_note,
    hints,
    measure,
    usual_ranges,
    warning,
)


def _drawing(*boxes: tuple[int, int, int, int], ink: int = 0) -> Pixels:
    """White, 32 px, with boxes (top, left, height, width) of one grey: uint8 [32, 32, 1]."""
    image = np.full((32, 32, 1), 255, np.uint8)
    for top, left, height, width in boxes:
        image[top : top + height, left : left + width] = ink
    return image


def test_measures_match_values_computed_by_hand() -> None:
    """Two lines 1 px wide, 4/128 of the side: one at the left, one in the middle."""
    drawing = _drawing((4, 0, 24, 1), (4, 16, 24, 1))
    values = {name: float(each[0]) for name, each in measure(drawing[None], "lines").items()}
    assert values["stroke_width"] == pytest.approx(4, abs=0.6)
    assert values["ink"] == pytest.approx(48 / 1024)
    assert values["darkest"] == 1
    assert values["pale"] == 0
    assert values["size"] == pytest.approx(24 / 32)
    assert values["centre_x"] == pytest.approx((0.5 + 16.5) / 2 / 32)
    assert values["centre_y"] == pytest.approx(0.5)
    assert values["pieces"] == 2


def test_grey_ink_is_pale_and_on_black_the_bright_pixels_are_ink() -> None:
    """On a black canvas ink of any colour counts."""
    pale = measure(_drawing((4, 4, 8, 8), ink=180)[None], "lines")
    assert pale["pale"][0] == 1
    assert pale["darkest"][0] == pytest.approx(75 / 255)
    skeleton = np.zeros((1, 32, 32, 3), np.uint8)
    skeleton[0, 4:12, 4:12, 1] = 255
    assert measure(skeleton, "pose")["ink"][0] == pytest.approx(64 / 1024)


def test_advice_is_given_only_outside_the_usual_range() -> None:
    """A drawing like the training inputs has no advice; one of thick, small lines has."""
    inputs = [_drawing((row % 4, 6, 27, 1), (3, 6 + row % 5, 1, 22)) for row in range(20)]
    ranges = usual_ranges(np.stack(inputs), "lines")
    assert set(ranges) == set(MEASURES)
    assert {hint["advice"] for hint in hints(inputs[7], "lines", ranges)} == {""}
    rows = hints(_drawing((2, 2, 6, 6)), "lines", ranges)
    advice = {hint["name"]: hint["advice"] for hint in rows}
    assert advice["stroke_width"] == "use a thinner pen"
    assert advice["size"] == "draw larger"
    assert advice["centre_y"] == "draw lower"
    assert advice["darkest"] == ""


def test_an_aligned_face_has_no_hints_of_its_size_and_place() -> None:
    """A person who draws it elsewhere changes nothing."""
    inputs = [_drawing((row % 4, 6, 27, 1), (3, 6 + row % 5, 1, 22)) for row in range(20)]
    ranges = usual_ranges(np.stack(inputs), "lines")
    rows = hints(_drawing((2, 2, 6, 6)), "lines", ranges, placed=True)
    assert {row["name"] for row in rows} == set(MEASURES) - set(PLACEMENT)


@pytest.mark.parametrize(
    ("note", "moved", "sentence"),
    [
        ("", False, ""),
        ("", True, "The face was moved to where the model expects it, and is measured there."),
        (NO_FACE, False, "No face was found, so it was not aligned: draw both eyes"),
        ("it was not aligned: x is missing", False, "It was not aligned: x is missing."),
    ],
)
def test_an_alignment_in_a_sentence(note: str, moved: bool, sentence: str) -> None:
    """With what to change, where a person can."""
    assert alignment_note(note, moved=moved).startswith(sentence)
    assert bool(alignment_note(note, moved=moved)) == bool(sentence)


def test_difference_lost_in_rounding_gives_no_advice() -> None:
    """A value and a limit that both read 100 % do not differ."""
    ranges = {"darkest": UsualRange(0.9, 0.95, 0.9961)}
    (hint,) = hints(_drawing((4, 4, 8, 8)), "lines", ranges)
    assert hint["value_text"] == "100%"
    assert hint["advice"] == ""


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (_drawing(), "Nothing is dark enough"),
        (_drawing((4, 4, 9, 9), ink=240), "Nothing is dark enough"),
        (_drawing((0, 0, 32, 32)), "Nearly all of the canvas is ink"),
        (_drawing((0, 0, 32, 32), ink=170), "Nearly all of the canvas is ink"),
        (_drawing((4, 4, 7, 7)), "The drawing is very small"),
        (_drawing((4, 4, 8, 8)), ""),
    ],
)
def test_a_canvas_that_is_no_drawing_is_told(drawing: Pixels, message: str) -> None:
    """It is blank, too pale, all ink or tiny; only lines are looked at."""
    assert warning(drawing, "lines").startswith(message)
    assert bool(warning(drawing, "lines")) == bool(message)
    assert warning(drawing, "paint") == ""


def test_no_width_is_given_of_a_page_that_is_all_ink() -> None:
    """Its row is left out; the others stay, and every number is one."""
    inputs = [_drawing((row % 4, 6, 27, 1), (3, 6 + row % 5, 1, 22)) for row in range(20)]
    ranges = usual_ranges(np.stack(inputs), "lines")
    rows = hints(_drawing((0, 0, 32, 32), ink=90), "lines", ranges)
    assert {row["name"] for row in rows} == set(MEASURES) - {"stroke_width"}
    json.dumps(rows, allow_nan=False)


@pytest.mark.parametrize("canvas", ["paint", "noise"])
def test_canvases_without_lines_have_no_ranges(canvas: str) -> None:
    """Flat colours and noise have no usual ranges; an empty drawing has no hints."""
    assert usual_ranges(np.zeros((3, 8, 8, 3), np.uint8), canvas) == {}  # type: ignore[arg-type]
    assert hints(_drawing(), "lines", {"ink": UsualRange(0, 0, 0)}) == []
