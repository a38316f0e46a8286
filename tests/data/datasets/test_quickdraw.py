"""Doodles: from the three formats they come in to dark strokes on white."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from archives import fetch_from_loopback, make_zip, reasons, write_files
from drawing_archives import (
    CLASSES,
    doodle,
    dot_bitmap,
    gzip_ndjson,
    ndjson_file,
    npy_file,
    pickle_round_trip,
    prepare_table,
    quickdraw_package,
)
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.bitmaps import draw_bitmap, parse_bitmap
from s2f_core.data.datasets.quickdraw import QuickDraw

BLANK = [0.0] * 784
LINE, BEND = ([0, 255], [0, 0]), ([0, 255, 255], [0, 0, 255])
DRAWINGS = {
    "light bulb": [dot_bitmap(0, 0)],
    "dog": [dot_bitmap(1, 1), dot_bitmap(1, 2)],
    "cat": [dot_bitmap(2, 1), dot_bitmap(2, 2), dot_bitmap(20, 4)],
}


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    """Three cats, two dogs and a light bulb, each another dot."""
    return write_files(tmp_path / "asset", {"quickdraw.zip": make_zip(gzip_ndjson(DRAWINGS))})


@pytest.fixture
def strokes(tmp_path: Path) -> Path:
    """Four cats, of which the second was not recognised, and two dogs."""
    cats = [doodle(LINE), doodle(LINE, BEND, recognized=False), doodle(BEND), doodle(LINE, LINE)]
    files = {
        "simplified/cat.ndjson": ndjson_file(cats),
        "simplified/dog.ndjson": ndjson_file(cats[:2]),
    }
    return write_files(tmp_path / "asset", files)


def _section(**keys: object) -> QuickDraw:
    return QuickDraw.model_validate({"source": "quickdraw", "path": "unused", **keys})


def test_the_fetched_package_becomes_doodles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other files of the package are ignored."""
    body = {"quickdraw.zip": quickdraw_package(DRAWINGS)}
    path = fetch_from_loopback("quickdraw", body, tmp_path, monkeypatch)
    table = prepare_table(_section(), path, 28)
    assert table.index["id"].tolist()[-1] == "light-bulb-0000"
    assert table.image(5)[0, 0, 0] == 0


def test_fetched_bitmaps_become_doodles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ink from 0 to 255; the same pixels as those of the package."""
    drawings = np.array([dot_bitmap(2, 1), dot_bitmap(20, 4)]) * 255
    bodies = {f"numpy_bitmap/{name}.npy": npy_file(drawings.astype(np.uint8)) for name in CLASSES}
    path = fetch_from_loopback("quickdraw-bitmaps", bodies, tmp_path, monkeypatch)
    table = prepare_table(_section(classes=["tree", "cat"]), path, 128)
    ids = ["tree-0000", "tree-0001", "cat-0000", "cat-0001"]
    assert table.accepted["id"].tolist() == ids
    assert table.accepted["source"].tolist()[0] == "tree.npy"
    expected = draw_bitmap(np.array(dot_bitmap(20, 4), np.float32).reshape(28, 28), 128)
    assert (table.image(1) == expected).all()
    below = prepare_table(_section(classes=["tree", "cat"]), path / "numpy_bitmap", 128)
    assert (below.accepted["sha256"] == table.accepted["sha256"]).all()
    one = prepare_table(_section(classes=["cat"], limit=1), path, 128)
    assert one.accepted["id"].tolist() == ["cat-0000"]


def test_fetched_strokes_become_doodles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the image size and with the stroke width."""
    bodies = {f"simplified/{name}.ndjson": ndjson_file([doodle(BEND)]) for name in CLASSES}
    path = fetch_from_loopback("quickdraw-strokes", bodies, tmp_path, monkeypatch)
    table = prepare_table(_section(classes=["face"]), path, 64)
    assert table.shape == (64, 64, 1)
    assert table.accepted["source"].tolist() == ["face.ndjson"]
    ink = (255.0 - table.image(0)).sum()
    thick = prepare_table(_section(classes=["face"], stroke=12), path, 64)  # in the same place
    assert (255.0 - thick.image(0)).sum() / ink == pytest.approx(2, rel=0.1)


def test_unrecognised_strokes_are_skipped_on_request(strokes: Path) -> None:
    """The limit counts recognised ones; they keep their numbers in the file."""
    table = prepare_table(_section(), strokes)
    assert table.accepted["id"].tolist()[:4] == [f"cat-000{number}" for number in range(4)]
    table = prepare_table(_section(recognized=True), strokes)
    assert table.accepted["id"].tolist() == ["cat-0000", "cat-0002", "cat-0003", "dog-0000"]
    table = prepare_table(_section(recognized=True, limit=2), strokes)
    assert table.accepted["id"].tolist() == ["cat-0000", "cat-0002", "dog-0000"]


def test_stroke_parameters_are_refused_for_bitmaps(asset: Path) -> None:
    """The message says what to do."""
    with pytest.raises(UserError, match=r"has bitmaps, which do not say .* use the strokes"):
        prepare_table(_section(recognized=True), asset)
    with pytest.raises(UserError, match="remove 'stroke'"):
        prepare_table(_section(stroke=6), asset)


def test_makers_can_be_pickled(asset: Path, tmp_path: Path) -> None:
    """Of each format; the pickle is small."""
    bitmaps = npy_file(np.full((3, 784), 7, np.uint8))
    more = write_files(tmp_path / "npy", {"cat.npy": bitmaps})
    lines = write_files(tmp_path / "lines", {"cat.ndjson": ndjson_file([doodle(BEND)] * 3)})
    for path in (asset, more, lines):
        make = _section(classes=["cat"]).open(path, 32, tmp_path).images.make
        assert (pickle_round_trip(make)(2) == make(2)).all()


def test_a_class_without_drawings_is_a_rejected_row(tmp_path: Path) -> None:
    """In every format, and if none was recognised; the other classes are used."""
    ones = np.ones((1, 784), np.uint8)
    for number, files in enumerate(
        (
            {"quickdraw.zip": make_zip(gzip_ndjson({"cat": [dot_bitmap(1, 1)], "dog": []}))},
            {"cat.npy": npy_file(ones), "dog.npy": npy_file(ones[:0])},
            {"cat.ndjson": ndjson_file([doodle(BEND)]), "dog.ndjson": b"\n"},
        )
    ):
        table = prepare_table(_section(), write_files(tmp_path / str(number), files))
        assert table.accepted["id"].tolist() == ["cat-0000"]
        assert reasons(table) == {"dog": "empty class: no drawing"}
    unknown = {
        "cat.ndjson": ndjson_file([doodle(BEND)]),
        "dog.ndjson": ndjson_file([doodle(BEND, recognized=False)]),
    }
    table = prepare_table(_section(recognized=True), write_files(tmp_path / "unknown", unknown))
    assert reasons(table) == {"dog": "empty class: no drawing marked as recognised"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be read"),
        (b"not numpy", "cannot be read"),
        (npy_file(np.ones((9, 784), np.uint8))[:-1], "8 of 9 drawings; fetch it again"),
        (npy_file(np.ones((9, 100), np.uint8)), r"uint8 \[9, 100\], not uint8 \[N, 784\]"),
        (npy_file(np.ones((9, 784))), "float64"),
        (npy_file(np.ones(784, np.uint8)), r"uint8 \[784\]"),
        (npy_file(np.asfortranarray(np.ones((9, 784), np.uint8))), "in row order"),
        (npy_file(np.array([{"pickle": 1}], object)), "object"),
    ],
)
def test_a_damaged_array_is_an_error(tmp_path: Path, data: bytes, message: str) -> None:
    """No code in it is run."""
    with pytest.raises(UserError, match=message):
        prepare_table(_section(), write_files(tmp_path / "in", {"numpy_bitmap/cat.npy": data}))


def test_an_array_that_shrinks_after_opening_is_rejected(tmp_path: Path) -> None:
    """As when a download replaces it."""
    path = write_files(tmp_path / "in", {"cat.npy": npy_file(np.ones((3, 784), np.uint8))})
    make = _section().open(path, 28, tmp_path).images.make
    (path / "cat.npy").write_bytes((path / "cat.npy").read_bytes()[:-10])
    assert make(1).min() == 254
    with pytest.raises(ImageError, match="not 784 numbers: it has 774"):
        make(2)


def test_several_formats_in_one_folder_are_refused(asset: Path) -> None:
    """``path`` must name the folder of one."""
    write_files(asset, {"numpy_bitmap/cat.npy": npy_file(np.ones((3, 784), np.uint8))})
    with pytest.raises(UserError, match="more than one format: 'path' must name a folder"):
        prepare_table(_section(), asset)
    assert len(prepare_table(_section(), asset / "numpy_bitmap")) == 3
    files = {f"{folder}/cat.ndjson.gz": b"" for folder in "ab"}
    with pytest.raises(UserError, match="two files of one class: 2 files of 1 classes"):
        prepare_table(_section(), write_files(asset.parent / "twice", files))


def test_rows_have_their_class_and_number(asset: Path) -> None:
    """All classes, by name; there are no groups."""
    table = prepare_table(_section(), asset, 28)
    assert table.shape == (28, 28, 1)
    ids = ["cat-0000", "cat-0001", "cat-0002", "dog-0000", "dog-0001", "light-bulb-0000"]
    assert table.index["id"].tolist() == ids
    assert table.index["class"].tolist() == ["cat"] * 3 + ["dog"] * 2 + ["light bulb"]
    assert table.index["source"].tolist()[-1] == "light bulb.ndjson.gz"
    assert table.index["group"].isna().all()


def test_classes_and_limit_select_drawings(asset: Path) -> None:
    """The limit is per class; classes keep the given order."""
    section = _section(classes=["light bulb", "cat"], limit=2)
    table = prepare_table(section, asset, 28)
    assert table.index["id"].tolist() == ["light-bulb-0000", "cat-0000", "cat-0001"]


def test_a_drawing_is_upright_and_dark_on_white(asset: Path) -> None:
    """Row 20, column 4 of the numbers is 20 down and 4 to the right, at any size."""
    for size in (14, 28, 128):
        table = prepare_table(_section(classes=["cat"]), asset, size)
        image = table.images([2])[0, :, :, 0]
        darkest = np.unravel_index(image.argmin(), image.shape)
        assert np.array(darkest) * 28 / size == pytest.approx([20, 4], abs=1)
        assert image.max() == 255
    assert (draw_bitmap(np.zeros((28, 28), np.float32), 128) == 255).all()
    assert (draw_bitmap(np.ones((28, 28), np.float32), 128) == 0).all()
    assert draw_bitmap(np.full((28, 28), 0.4, np.float32), 28)[3, 3, 0] == 153


def test_enlarged_strokes_have_no_blocks_and_leave_the_paper_clean() -> None:
    """A slanted stroke has grey at its edge, and next to nothing four pixels of 28 away."""
    stroke = np.eye(28, dtype=np.float32)
    image = draw_bitmap(stroke, 128)[..., 0]
    assert len(np.unique(image)) > 50
    y, x = np.mgrid[0:128, 0:128]
    assert image[np.abs(x - y) > 4 * 128 / 28].min() >= 250


@pytest.mark.parametrize(
    ("drawing", "reason"),
    [
        (BLANK[:783], "not 784 numbers: it has 783"),
        ([BLANK], "not a list of numbers"),
        ([], "it has 0"),
        (7, "not a list of numbers"),
        ([*BLANK[:783], 1e300], "outside 0 to 1"),
        ([*BLANK[:783], float("nan")], "outside 0 to 1"),
        ([*BLANK[:783], "ink"], "not a list of numbers"),
        ({"drawing": []}, "not a list of numbers"),
    ],
)
def test_an_invalid_drawing_is_a_rejected_row(tmp_path: Path, drawing: object, reason: str) -> None:
    """The other drawings of its class keep their numbers."""
    files = gzip_ndjson({"cat": [dot_bitmap(1, 1), drawing, dot_bitmap(2, 2)]})
    asset = write_files(tmp_path / "asset", {"quickdraw.zip": make_zip(files)})
    table = prepare_table(_section(), asset, 28)
    assert table.accepted["id"].tolist() == ["cat-0000", "cat-0002"]
    assert table.index["rejected"].str.contains(reason).tolist()[1]


def test_a_line_that_is_not_json_is_rejected() -> None:
    """It is truncated."""
    with pytest.raises(ImageError, match="not a list of numbers"):
        parse_bitmap(b"[0, 1, 0")


def test_an_unknown_class_is_an_error(asset: Path) -> None:
    """Before any drawing; the error lists the known ones."""
    with pytest.raises(UserError, match=r"no class 'lightbulb' \(allowed: .*light bulb"):
        prepare_table(_section(classes=["lightbulb"]), asset, 28)
    with pytest.raises(UserError, match=r"no class 'xyz' \(allowed: cat, dog, light bulb\)"):
        prepare_table(_section(classes=["xyz"]), asset, 28)


def test_a_missing_or_damaged_archive_is_an_error(tmp_path: Path) -> None:
    """The folder, the zip, and a class inside."""
    with pytest.raises(UserError, match="is not a folder"):
        prepare_table(_section(), tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no drawings \(0 files\).*quickdraw\.zip.*; fetch it"):
        prepare_table(_section(), write_files(tmp_path / "empty", {".hidden": b""}))
    with pytest.raises(UserError, match=r"quickdraw\.zip cannot be read.*fetch it again"):
        prepare_table(_section(), write_files(tmp_path / "in", {"quickdraw.zip": b"PK damaged"}))
    half = make_zip({"cat.ndjson.gz": gzip.compress(b"[0, 1]\n" * 99)[:-9]})
    with pytest.raises(UserError, match=r"cat\.ndjson\.gz cannot be read"):
        prepare_table(_section(), write_files(tmp_path / "in", {"quickdraw.zip": half}))


def test_invalid_parameters_are_refused() -> None:
    """A class twice, or no class."""
    with pytest.raises(ValidationError, match="are listed twice: cat"):
        _section(classes=["cat", "dog", "cat"])
    with pytest.raises(ValidationError, match="at least 1 item"):
        _section(classes=[])
    with pytest.raises(ValidationError, match="Input should be True"):
        _section(recognized=False)
