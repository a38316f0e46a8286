"""Doodles: from lines of numbers to dark strokes on white."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from s2f_core.datasets import prepare
from s2f_core.datasets.quickdraw import QuickDraw, draw, ink
from s2f_core.errors import UserError
from s2f_core.images import Rejected

BLANK = [0.0] * 784


def _line(row: int, column: int) -> list[float]:
    """A drawing of one dot."""
    values = BLANK.copy()
    values[28 * row + column] = 1
    return values


def _archive(folder: Path, classes: dict[str, list[object]]) -> Path:
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / "quickdraw.zip", "w") as archive:
        for name, drawings in classes.items():
            text = "".join(json.dumps(drawing) + "\n" for drawing in drawings)
            archive.writestr(f"{name}.ndjson.gz", gzip.compress(text.encode()))
    return folder


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    """Three cats, two dogs and a light bulb, each another dot."""
    return _archive(
        tmp_path / "asset",
        {
            "light bulb": [_line(0, 0)],
            "dog": [_line(1, 1), _line(1, 2)],
            "cat": [_line(2, 1), _line(2, 2), _line(20, 4)],
        },
    )


def _section(**keys: object) -> QuickDraw:
    return QuickDraw.model_validate({"source": "quickdraw", "path": "unused", **keys})


def test_rows_have_their_class_and_number(asset: Path, tmp_path: Path) -> None:
    """All classes, by name; no group is known."""
    table = prepare(_section(), asset, 28, tmp_path / "out")
    assert table.shape == (28, 28, 1)
    ids = ["cat-0000", "cat-0001", "cat-0002", "dog-0000", "dog-0001", "light-bulb-0000"]
    assert table.index["id"].tolist() == ids
    assert table.index["class"].tolist() == ["cat"] * 3 + ["dog"] * 2 + ["light bulb"]
    assert table.index["source"].tolist()[-1] == "light bulb.ndjson.gz"
    assert table.index["group"].isna().all()


def test_classes_and_limit_choose(asset: Path, tmp_path: Path) -> None:
    """The limit is for each class; classes come in the order given."""
    section = _section(classes=["light bulb", "cat"], limit=2)
    table = prepare(section, asset, 28, tmp_path / "out")
    assert table.index["id"].tolist() == ["light-bulb-0000", "cat-0000", "cat-0001"]


def test_a_drawing_stands_upright_dark_on_white(asset: Path, tmp_path: Path) -> None:
    """Row 20, column 4 of the numbers is 20 down and 4 to the right, at any size."""
    for size in (14, 28, 128):
        table = prepare(_section(classes=["cat"]), asset, size, tmp_path / "out")
        image = table.images([2])[0, :, :, 0]
        darkest = np.unravel_index(image.argmin(), image.shape)
        assert np.array(darkest) * 28 / size == pytest.approx([20, 4], abs=1)
        assert image.max() == 255
    assert (draw(np.zeros((28, 28), np.float32), 128) == 255).all()
    assert (draw(np.ones((28, 28), np.float32), 128) == 0).all()
    assert draw(np.full((28, 28), 0.4, np.float32), 28)[3, 3, 0] == 153


def test_enlarged_strokes_have_no_blocks_and_leave_the_paper_clean() -> None:
    """A slanted stroke has grey at its edge, and next to nothing four pixels of 28 away."""
    stroke = np.eye(28, dtype=np.float32)
    image = draw(stroke, 128)[..., 0]
    assert len(np.unique(image)) > 50
    y, x = np.mgrid[0:128, 0:128]
    assert image[np.abs(x - y) > 4 * 128 / 28].min() >= 250


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (BLANK[:783], "783 numbers, not 784"),
        ([BLANK], "not a list of numbers"),
        ([], "0 numbers"),
        (7, "not a list of numbers"),
        ([*BLANK[:783], 1e300], "outside 0 to 1"),
        ([*BLANK[:783], float("nan")], "outside 0 to 1"),
        ([*BLANK[:783], "ink"], "not a list of numbers"),
        ({"drawing": []}, "not a list of numbers"),
    ],
)
def test_a_wrong_drawing_is_a_row_with_a_reason(
    tmp_path: Path, drawing: object, reason: str
) -> None:
    """The others of its class are used, under their own numbers."""
    asset = _archive(tmp_path / "asset", {"cat": [_line(1, 1), drawing, _line(2, 2)]})
    table = prepare(_section(), asset, 28, tmp_path / "out")
    assert table.accepted["id"].tolist() == ["cat-0000", "cat-0002"]
    assert table.index["rejected"].str.contains(reason).tolist()[1]


def test_a_line_that_is_no_json_is_rejected() -> None:
    """Cut off in the middle."""
    with pytest.raises(Rejected, match="not a list of numbers"):
        ink(b"[0, 1, 0")


def test_an_unknown_class_names_those_near_it(asset: Path, tmp_path: Path) -> None:
    """Before anything is drawn."""
    with pytest.raises(UserError, match=r"no class 'lightbulb' \(3 classes; near it: light bulb"):
        prepare(_section(classes=["lightbulb"]), asset, 28, tmp_path / "out")
    with pytest.raises(UserError, match=r"no class 'xyz' \(3 classes\)"):
        prepare(_section(classes=["xyz"]), asset, 28, tmp_path / "out")


def test_a_missing_or_damaged_archive_is_explained(tmp_path: Path) -> None:
    """The zip, and a class within."""
    with pytest.raises(UserError, match=r"quickdraw\.zip cannot be read.*fetch it again"):
        prepare(_section(), tmp_path, 28, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "quickdraw.zip", "w") as archive:
        archive.writestr("cat.ndjson.gz", gzip.compress(b"[0, 1]\n" * 99)[:-9])
    with pytest.raises(UserError, match=r"cat\.ndjson\.gz cannot be read"):
        prepare(_section(), tmp_path, 28, tmp_path / "out")


def test_wrong_parameters_are_refused() -> None:
    """A class twice would give ids twice; no class gives nothing."""
    with pytest.raises(ValidationError, match="are there twice: cat"):
        _section(classes=["cat", "dog", "cat"])
    with pytest.raises(ValidationError, match="at least 1 item"):
        _section(classes=[])
