"""Strokes: where they are, how wide, how smooth, and which lines are none."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from drawing_archives import doodle, ndjson_file

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.strokes import Points, draw_strokes, index_strokes, parse_strokes

ZIGZAG = [np.array([[0.0, 0], [255, 40], [10, 200], [255, 255]]), np.array([[128.0, 60]])]


def _ink(strokes: list[Points], size: int, width: float = 6.0) -> npt.NDArray[np.float64]:
    """How much of each pixel is covered, from 0 to 1."""
    return 1 - draw_strokes(strokes, size, width)[..., 0] / 255.0


@pytest.mark.parametrize("size", [32, 64, 128, 256])
@pytest.mark.parametrize("width", [2.0, 6.0, 16.0])
def test_a_line_has_its_width_and_position_at_any_size(size: int, width: float) -> None:
    """In a box of 255 its top is 16 of 256 and half a stroke from the border, to half a pixel."""
    box = [np.array([[0.0, 0], [255, 0], [255, 255], [0, 255], [0, 0]])]
    column = _ink(box, size, width)[: size // 2, size // 2] * 256 / size
    assert column.sum() == pytest.approx(width, rel=0.05)
    rows = (np.arange(size // 2) + 0.5) * 256 / size
    top = (column * rows).sum() / column.sum()
    assert top == pytest.approx(16 + width / 2, abs=128 / size)
    assert _ink(box, size, width)[size // 2, size // 2] == 0


def test_a_slanted_line_is_smooth_and_has_its_width() -> None:
    """At 45 degrees a row crosses 3·√2 pixels of it, in greys; the paper beside it is clean."""
    ink = _ink([np.array([[0.0, 0], [255, 255]])], 128)
    assert ink[64].sum() == pytest.approx(3 * np.sqrt(2), rel=0.03)
    assert len(np.unique(ink[40:90])) > 5
    y, x = np.mgrid[0:128, 0:128]
    assert ink[np.abs(x - y) > 4].max() == 0


def test_two_sizes_show_the_same_drawing() -> None:
    """The larger one, averaged, equals the smaller one."""
    half = cv2.resize(_ink(ZIGZAG, 128), (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(half - _ink(ZIGZAG, 64)).max() < 0.03


def test_a_single_point_is_a_dot() -> None:
    """Round, as wide as a stroke, in the middle."""
    ink = _ink([np.array([[7.0, 200]])], 128, 16)
    assert ink.sum() == pytest.approx(np.pi * 4**2, rel=0.06)
    assert ink[60:68, 60:68].sum() == pytest.approx(ink.sum(), rel=0.03)


def test_drawings_are_upright_and_centred() -> None:
    """x grows to the right and y downwards; a flat drawing is centred vertically."""
    ink = _ink([np.array([[0.0, 0], [255, 0]])], 64)
    assert ink.sum(axis=1).argmax() in {31, 32}
    hook = _ink([np.array([[0.0, 0], [0, 255], [255, 255]])], 64)
    assert hook[:16, :16].sum() > 0
    assert hook[:16, 48:].sum() == 0


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        ([], "a drawing without strokes"),
        (None, "not a list of strokes"),
        ("strokes", "not a list of strokes"),
        ([[]], "not two lists, x and y"),
        ([[[], []]], "not two lists, x and y"),
        ([[[1, 2], [3]]], "not two lists, x and y"),
        ([[["a"], ["b"]]], "not two lists, x and y"),
        ([7], "not two lists, x and y"),
        ([[[1, 2]]], "not two lists, x and y: it has 1"),
        ([[[1], [2], [30]]], "use the simplified format, not the raw one"),
        ([[[0, 256], [0, 0]]], "coordinates outside 0 to 255"),
        ([[[0, -1], [0, 0]]], "coordinates outside 0 to 255"),
        ([[[float("nan")], [0]]], "coordinates outside 0 to 255"),
        ([[[10**400], [0]]], "not two lists, x and y"),
    ],
)
def test_an_invalid_drawing_is_rejected_with_the_reason(drawing: object, reason: str) -> None:
    """Nothing of it is drawn."""
    with pytest.raises(ImageError, match=reason):
        parse_strokes(drawing)


def test_lines_are_indexed_by_their_offsets(tmp_path: Path) -> None:
    """Numbers count lines that are not blank; no text is kept."""
    lines = [doodle(([0, 9], [0, 9])), doodle(([5], [5]), recognized=False), doodle(([0], [0]))]
    file = tmp_path / "cat.ndjson"
    file.write_bytes(b"\n" + ndjson_file(lines[:1]) + b"  \n" + ndjson_file(lines[1:]))
    every = index_strokes(file, width=6, recognized=False, limit=None)
    assert every.numbers.tolist() == [0, 1, 2]
    assert every.offsets.tolist()[0] == 1
    assert (every.draw(0, 64) != every.draw(2, 64)).any()
    known = index_strokes(file, width=6, recognized=True, limit=None)
    assert known.numbers.tolist() == [0, 2]
    assert (known.draw(1, 64) == every.draw(2, 64)).all()
    assert index_strokes(file, width=6, recognized=True, limit=1).numbers.tolist() == [0]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"recognized": true, "drawing": [[[0, 1', "not a JSON object"),
        (b"[1, 2]", "not a JSON object"),
        (b"[" * 100_000, "not a JSON object"),
        (b'{"drawing": [[[0], [0]]]}', "it does not say whether the drawing was recognised"),
        (
            b'{"recognized": "yes", "drawing": [[[0], [0]]]}',
            "it does not say whether the drawing was recognised",
        ),
        (json.dumps({"recognized": True}).encode(), "not a list of strokes"),
    ],
)
def test_a_damaged_line_is_rejected_when_it_is_drawn(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    """The others can be used."""
    file = tmp_path / "cat.ndjson"
    file.write_bytes(line + b"\n" + ndjson_file([doodle(([0, 9], [0, 9]))]))
    drawings = index_strokes(file, width=6, recognized=True, limit=None)
    with pytest.raises(ImageError, match=reason):
        drawings.draw(0, 32)
    assert drawings.draw(1, 32).min() < 128


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """As a rejected drawing if it disappears later."""
    file = tmp_path / "cat.ndjson"
    file.write_bytes(ndjson_file([doodle(([0], [0]))]))
    drawings = index_strokes(file, width=6, recognized=False, limit=None)
    file.unlink()
    with pytest.raises(ImageError, match="no such file"):
        drawings.draw(0, 32)
    with pytest.raises(UserError, match="cannot be read"):
        index_strokes(file, width=6, recognized=False, limit=None)
