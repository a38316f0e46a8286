"""Sketchy: several sketches a photo, of which both must be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from archives import colour_names, own_inputs, picture, reasons, write_files
from drawing_archives import pickle_round_trip, prepare_table, sketch_file, sketchy_files
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.assets import fetch
from s2f_core.data.datasets.sketchy import Sketchy
from s2f_core.data.split import Split, assign

CATS = {"n1_5": picture("red", kind="JPEG"), "n1_7": picture("blue", kind="JPEG")}
FILES = sketchy_files(
    {
        "cat": (CATS, {"n1_5-1": sketch_file(8), "n1_5-10": sketch_file(16),
                       "n1_5-2": sketch_file(24),
                       "n1_7-1": sketch_file(48)}),
        "apple": ({"n2_1": picture("green", kind="JPEG")}, {"n2_1-4": sketch_file(8)}),
    }
)  # fmt: skip


def _section(**keys: object) -> Sketchy:
    return Sketchy.model_validate({"source": "sketchy", "path": "unused", **keys})


def test_every_sketch_is_paired_with_its_photo(tmp_path: Path) -> None:
    """By class, photo and number; the photo is the group; other transformations are ignored."""
    table = prepare_table(_section(), write_files(tmp_path / "in", FILES))
    ids = ["apple-n2_1-4", "cat-n1_5-1", "cat-n1_5-2", "cat-n1_5-10", "cat-n1_7-1"]
    assert table.index["id"].tolist() == ids
    assert table.index["class"].tolist() == ["apple", "cat", "cat", "cat", "cat"]
    assert table.index["group"].tolist() == ["n2_1", "n1_5", "n1_5", "n1_5", "n1_7"]
    assert colour_names(table) == ["green", "red", "red", "red", "blue"]
    assert table.index["source"].tolist()[1].endswith("photo/tx_000000000000/cat/n1_5.jpg")
    sketches = own_inputs(table)
    assert sketches.index["id"].tolist() == ids
    assert sketches.index["source"].tolist()[3].endswith("cat/n1_5-10.png")
    assert sketches.shape == (32, 32, 1)
    lines = [int(sketches.image(row)[:, 0, 0].argmin()) for row in range(5)]
    assert lines == [4, 4, 12, 8, 24]


def test_the_sketches_of_a_photo_are_in_one_split(tmp_path: Path) -> None:
    """Whatever the seed."""
    table = prepare_table(_section(classes=["cat"]), write_files(tmp_path / "in", FILES))
    for seed in range(20):
        assert assign(table.index, Split(seed=seed))["split"][:3].nunique() == 1


def test_classes_limit_and_sketches_select_pairs(tmp_path: Path) -> None:
    """The limit is per class."""
    path = write_files(tmp_path / "in", FILES)
    table = prepare_table(_section(limit=2), path)
    assert table.index["id"].tolist() == ["apple-n2_1-4", "cat-n1_5-1", "cat-n1_5-2"]
    table = prepare_table(_section(classes=["cat"], sketches="first"), path)
    assert table.index["id"].tolist() == ["cat-n1_5-1", "cat-n1_7-1"]
    with pytest.raises(UserError, match=r"no class 'cats' \(allowed: .*cat"):
        prepare_table(_section(classes=["cats"]), path)
    with pytest.raises(ValidationError, match="are listed twice: cat"):
        _section(classes=["cat", "cat"])


def test_images_without_partner_are_rejected_rows(tmp_path: Path) -> None:
    """In both tables; the others are used, and a limit hides no rejected row."""
    photos = {**CATS, "n1_9": picture("green", kind="JPEG")}
    sketches = {
        "n1_5-1": sketch_file(8),
        "n1_7-1": sketch_file(8),
        "n1_8-1": sketch_file(8),
        "n1_5": sketch_file(8),
    }
    more = sketchy_files({"dog": ({}, {"n3_1-1": sketch_file(8)}), "cat": (photos, sketches)})
    path = write_files(tmp_path / "in", more)
    (path / "256x256/photo/tx_000000000000/owl").mkdir()
    table = prepare_table(_section(limit=2), path)
    for one in (table, own_inputs(table)):
        assert one.accepted["id"].tolist() == ["cat-n1_5-1", "cat-n1_7-1"]
        assert reasons(one) == {
            "cat-n1_5": "not named PHOTO-K.png",
            "cat-n1_8-1": "no photo of this sketch",
            "cat-n1_9": "no sketch of this photo",
            "dog-n3_1-1": "no photo of this sketch",
            "owl/": "empty class: no images",
        }


def test_unusable_images_are_rejected_rows(tmp_path: Path) -> None:
    """In the table of that image."""
    photos = {"a": b"", "b": picture(size=(64, 48)), "c": picture(), "d": picture()}
    sketches = {f"{name}-1": sketch_file(8) for name in photos} | {"d-2": b"not a picture"}
    files = sketchy_files({"cat": (photos, sketches)})
    table = prepare_table(_section(), write_files(tmp_path / "in", files))
    assert reasons(table) == {"cat-a-1": "an empty file", "cat-b-1": "not square: 64x48"}
    assert list(reasons(own_inputs(table))) == ["cat-d-2"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    """The error names the folder, or the two files of one name."""
    path = write_files(tmp_path / "in", {"photo/cat/1.jpg": picture()})
    with pytest.raises(UserError, match="has no files in 256x256/photo/tx_000000000000/<class>/"):
        prepare_table(_section(), path)
    write_files(path, {name: data for name, data in FILES.items() if "photo" in name})
    with pytest.raises(UserError, match="has no files in 256x256/sketch/tx_000000000000/<class>/"):
        prepare_table(_section(), path)
    write_files(path, FILES)
    write_files(path, {"256x256/photo/tx_000000000000/cat/n1_5.png": picture()})
    with pytest.raises(
        UserError, match=r"n1_5\.jpg and .*n1_5\.png have the same name; remove one"
    ):
        prepare_table(_section(), path)


def test_it_must_be_downloaded_manually(tmp_path: Path) -> None:
    """Once the files are there, the fetch stage succeeds."""
    with pytest.raises(UserError, match="The terms of sketchy do not allow an automatic download"):
        fetch("sketchy", tmp_path / "in")
    write_files(tmp_path / "in", FILES)
    assert len(prepare_table(_section(), fetch("sketchy", tmp_path / "in"))) == 5


def test_makers_can_be_pickled(tmp_path: Path) -> None:
    """Of both domains."""
    source = _section().open(write_files(tmp_path / "in", FILES), 32, tmp_path)
    for domain in (source.images, source.own_inputs):
        assert domain is not None
        assert (pickle_round_trip(domain.make)(2) == domain.make(2)).all()
