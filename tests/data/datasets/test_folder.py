"""A user's own pictures: the layouts, and rejected files."""

from __future__ import annotations

import logging
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from archives import (
    COLOURS,
    colour_names,
    encode_image,
    make_zip,
    own_inputs,
    picture,
    reasons,
    write_files,
)
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.folder import Folder
from s2f_core.data.tables import Table

RED, GREEN, BLUE = picture("red"), picture("green"), picture("blue")


def _section(**keys: object) -> Folder:
    return Folder.model_validate({"source": "folder", "path": "unused", **keys})


def _table(tmp_path: Path, files: dict[str, bytes], **keys: object) -> Table:
    path = write_files(tmp_path / "in", files)
    return prepare(_section(**keys), path, 32, tmp_path / "out", tmp_path)


def _strip(left: str = "red", right: str = "blue") -> bytes:
    halves = [np.full((64, 64, 3), COLOURS[colour], np.uint8) for colour in (left, right)]
    return encode_image(np.concatenate(halves, axis=1))


def test_photos_at_any_depth(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also in a zip and of any still format; other files are counted in the log."""
    files = {
        "a.JPG": picture("red", (80, 60), "JPEG"),
        "trip/day 1/b.webp": picture("green", kind="WEBP"),
        "trip.zip": make_zip({"zipped/c.bmp": picture("blue", kind="BMP")}),
        "notes.txt": b"",
        "Makefile": b"",
        ".hidden.png": RED,
    }
    with caplog.at_level(logging.INFO):
        table = _table(tmp_path, files)
    assert table.index["id"].tolist() == ["a", "trip/day 1/b", "zipped/c"]
    assert colour_names(table) == ["red", "green", "blue"]
    assert not (table.folder / "given").exists()
    assert (
        "read as images (trip/ (1), zipped/ (1), 1 in no sub-folder); 3 images; the "
        "first: a.JPG, trip/day 1/b.webp, zipped/c.bmp" in caplog.text
    )
    assert (
        "files without an image extension are ignored: 1 .txt, 1 without extension" in caplog.text
    )


def test_unusable_images_are_rejected_rows(tmp_path: Path) -> None:
    """Of one name, damaged, of an unsupported format, too small."""
    files = {
        "a.png": RED,
        "a.jpg": picture("green", kind="JPEG"),
        "b.png": RED[:60],
        "c.heic": b"\0\0\0\x18ftypheic",
        "d.gif": picture("blue", (20, 90), "GIF"),
        "e.png": b"",
    }
    table = _table(tmp_path, files, layout="images")
    assert colour_names(table) == ["green"]
    rejected = reasons(table)
    assert rejected["a.png"] == "has the same name as a.jpg"
    assert rejected["b"] == "truncated"
    assert rejected["c"].startswith(("HEIC (install pillow-heif)", "truncated"))
    assert "too small: 20x90" in rejected["d"]
    assert rejected["e"] == "an empty file"


def test_ids_are_unique_whatever_the_names(tmp_path: Path) -> None:
    """A second "a" does not get the id of a file with that name."""
    files = {"a.jpg": picture("red", kind="JPEG"), "a.png": GREEN, "a.png.png": BLUE}
    table = _table(tmp_path, files, layout="images")
    assert table.index["id"].tolist() == ["a", "a.png'", "a.png"]
    assert colour_names(table) == ["red", "blue"]


def test_a_name_that_is_not_unicode_is_a_rejected_row(tmp_path: Path) -> None:
    """A table cannot hold it."""
    path = write_files(tmp_path / "in", {"a.png": RED, os.fsdecode(b"x\xff/\xe9.png"): GREEN})
    for layout in ("images", "classes"):
        source = _section(layout=layout).open(path, 32, tmp_path)
        rows = source.images.rows
        odd = rows[rows["source"] == "x�/�.png"]
        assert odd["rejected"].tolist() == ["its name is not valid Unicode"]
        assert rows.to_json()


def test_pairs_have_equal_names(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A has the inputs, B the targets; images without partner are rejected rows."""
    files = {
        "A/1.png": RED,
        "B/1.jpg": picture("blue", kind="JPEG"),
        "A/sub/2.png": GREEN,
        "B/sub/2.png": RED,
        "A/3.png": RED,
        "B/4.png": RED,
        "A/1.webp": picture("green", kind="WEBP"),
    }
    with caplog.at_level(logging.INFO):
        table = _table(tmp_path, files)
    assert "read as pairs (A/ and B/ share 2 names); 2 pairs" in caplog.text
    assert table.accepted["id"].tolist() == ["1", "sub/2"]
    assert own_inputs(table).accepted["id"].tolist() == ["1", "sub/2"]
    assert colour_names(table) == ["blue", "red"]
    assert colour_names(own_inputs(table)) == ["red", "green"]
    assert reasons(table) == {"4": "no partner in A/"}
    assert reasons(own_inputs(table)) == {
        "A/1.webp": "has the same name as A/1.png",
        "3": "no partner in B/",
    }
    assert "1 rejected: no partner in A/" in caplog.text


def test_pairs_have_one_shape_and_one_crop(tmp_path: Path) -> None:
    """A damaged or differently shaped partner rejects both; a random crop is the same in both."""
    ramp = np.repeat(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], 90, axis=0)
    photo = encode_image(np.repeat(ramp, 3, axis=2))
    files = {
        "B/1.png": photo,
        "A/1.png": photo,
        "A/2.png": picture("red", (100, 50)),
        "B/2.png": picture("red", (50, 100)),
        "A/3.png": b"damaged",
        "B/3.png": RED,
        "A/4.png": picture("red", (100, 100)),
        "B/4.png": picture("green", (50, 50)),
    }
    table = _table(tmp_path, files, crop="random", seed=3)
    sketches = own_inputs(table)
    assert table.accepted["id"].tolist() == sketches.accepted["id"].tolist() == ["1", "4"]
    assert (table.image(0) == sketches.image(0)).all()
    assert reasons(table)["2"] == "its shape differs from its partner's: 50x100, 100x50"
    assert reasons(table)["3"].startswith("its partner cannot be used: a text file")
    assert reasons(sketches)["3"].startswith("a text file")
    with pytest.raises(UserError, match="crop 'face' cannot be used with layout 'pairs'"):
        _table(tmp_path, files, crop="face")


def test_two_unpaired_domains(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Other folder names; ids differ; inside a folder that holds both."""
    files = {
        "mine/drawn/1.png": RED,
        "mine/drawn/2.png": GREEN,
        "mine/drawn/3.png": GREEN,
        "mine/photos/x.png": BLUE,
    }
    with caplog.at_level(logging.INFO):
        table = _table(tmp_path, files, a="drawn", b="photos")
    assert "read as unpaired (drawn/ and photos/ share no names); 1 images; 3 inputs" in caplog.text
    assert table.index["id"].tolist() == ["mine/photos/x"]
    assert own_inputs(table).index["id"].tolist() == [
        f"mine/drawn/{number}" for number in (1, 2, 3)
    ]
    assert colour_names(own_inputs(table)) == ["red", "green", "green"]
    limited = _table(tmp_path, files, layout="unpaired", a="drawn", b="photos", limit=2)
    assert (len(limited), len(own_inputs(limited))) == (1, 2)


@pytest.mark.parametrize("side", ["AB", "BA"])
def test_strips_are_split(tmp_path: Path, caplog: pytest.LogCaptureFixture, side: str) -> None:
    """The sketch is on the given side; another shape is rejected in both tables."""
    files = {f"train/{number}.png": _strip() for number in range(3)}
    with caplog.at_level(logging.INFO):
        table = _table(tmp_path, files, side=side)
    assert "read as strips (3 of 3 pictures are twice as wide as high); 3 pairs" in caplog.text
    left, right = (own_inputs(table), table) if side == "AB" else (table, own_inputs(table))
    assert colour_names(left) == ["red"] * 3
    assert colour_names(right) == ["blue"] * 3
    assert (
        left.index["id"].tolist() == right.index["id"].tolist() == [f"train/{n}" for n in range(3)]
    )
    table = _table(tmp_path, {"train/3.png": RED}, layout="strips", side=side)
    assert reasons(table).keys() == reasons(own_inputs(table)).keys() == {"train/3"}
    assert "64x64" in reasons(table)["train/3"]


def test_sub_folders_are_classes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At any depth; an empty one is a rejected row; the limit is per class."""
    files = {
        "cats/1.png": RED,
        "cats/more/2.png": GREEN,
        "dogs/7.png": BLUE,
        "fish/notes.txt": b"",
    }
    (tmp_path / "in" / "birds").mkdir(parents=True)
    with caplog.at_level(logging.INFO):
        table = _table(tmp_path, files, limit=1)
    assert (
        "read as classes (sub-folders: cats/ (2), dogs/ (1)); 2 images, classes: cats 1"
        in caplog.text
    )
    assert table.accepted["id"].tolist() == ["cats/1", "dogs/7"]
    assert table.accepted["class"].tolist() == ["cats", "dogs"]
    empty = "empty class: no images"
    assert reasons(table) == {"birds/": empty, "fish/": empty}
    loose = _table(tmp_path, {"x.png": RED}, layout="classes")
    assert reasons(loose)["x"] == "not in the folder of a class"
    assert loose.accepted["class"].tolist() == ["cats", "cats", "dogs"]


def test_a_single_class_needs_the_layout(tmp_path: Path) -> None:
    """Otherwise it is a folder of photos."""
    files = {"all/cats/1.png": RED, "all/cats/2.png": GREEN}
    assert _table(tmp_path, files, layout="classes").index["class"].tolist() == ["cats"] * 2
    assert _table(tmp_path, files).index["class"].isna().all()


@pytest.mark.parametrize(
    ("names", "keys", "message"),
    [
        (["A/1", "B/1", "C/1"], {}, r"C/ \(1\); more than A/ and B/, such as C/1"),
        (["A/1", "B/1", "2"], {}, r"1 in no sub-folder; more than A/ and B/, such as 2.*Set"),
        (["A/1", "A/2", "A/3", "B/1", "B/5", "B/6"], {}, "only 1 names are in both"),
        (["drawn/1", "photos/1"], {}, "1 names are in both. Set 'layout'"),
        (
            ["A/1", "A/2"],
            {"layout": "pairs"},
            r"layout pairs needs A/ and B/ .*; there is A/ \(2\)",
        ),
        (["a/1", "c/1"], {"layout": "unpaired"}, r"there is a/ \(1\), c/ \(1\)"),
        (["1", "2"], {"layout": "classes"}, "needs sub-folders; there is 2 in no sub-folder"),
    ],
)
def test_an_ambiguous_or_wrong_layout_is_an_error(
    tmp_path: Path, names: list[str], keys: dict[str, object], message: str
) -> None:
    """The error has the content and the allowed layouts."""
    with pytest.raises(UserError, match=message):
        _table(tmp_path, {f"{name}.png": RED for name in names}, **keys)


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    """The error has its content and the image extensions."""
    (tmp_path / "in").mkdir()
    with pytest.raises(
        UserError,
        match=r"has no images, no files but hidden ones \(image extensions: \.jpg .* \.png",
    ):
        _table(tmp_path, {})
    with pytest.raises(UserError, match=r"has no images, only 2 \.mov, 1 \.txt"):
        _table(tmp_path, {"1.mov": b"", "2.mov": b"", "a.txt": b""})
    with pytest.raises(UserError, match=r"only 1 \.RAR, 1 \.zip: unpack the archives; only zips"):
        _table(tmp_path / "packed", {"1.RAR": b"", "deep/2.zip": b""})
    with pytest.raises(UserError, match="none of 1 images can be used; the first: an empty file"):
        _table(tmp_path / "bad", {"1.png": b""})


def test_images_outside_the_two_folders_are_counted_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """If the layout is given, they are ignored."""
    files = {"A/1.png": RED, "B/1.png": RED, "C/1.png": RED, "2.png": RED}
    assert len(_table(tmp_path, files, layout="pairs")) == 1
    assert "2 images are ignored: neither in A/ nor in B/" in caplog.text


def test_the_limit_takes_the_first_pairs(tmp_path: Path) -> None:
    """The same ones in both tables."""
    files = {f"{side}/{n}.png": RED for side in "AB" for n in range(5)}
    table = _table(tmp_path, files, limit=2)
    assert table.index["id"].tolist() == own_inputs(table).index["id"].tolist() == ["0", "1"]


@pytest.mark.parametrize("layout", ["images", "pairs", "unpaired", "classes", "strips"])
def test_makers_can_be_pickled(tmp_path: Path, layout: str) -> None:
    """For workers of a cluster."""
    path = write_files(tmp_path, {"A/1.png": _strip("red", "red"), "B/1.png": _strip("red", "red")})
    source = _section(layout=layout).open(path, 32, tmp_path)
    for domain in (source.images, source.own_inputs or source.images):
        make = pickle.loads(pickle.dumps(domain.make))  # noqa: S301 - our own
        assert (make(0) == COLOURS["red"]).all()


def test_invalid_parameters_are_refused() -> None:
    """Two equal folders, an unknown layout."""
    with pytest.raises(ValidationError, match="a and b must differ, both are 'x'"):
        _section(a="x", b="x")
    with pytest.raises(ValidationError, match="'images', 'pairs', 'unpaired', 'strips'"):
        _section(layout="triples")
