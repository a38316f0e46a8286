"""Sketchy: several sketches a photo, of which both must be there."""

from __future__ import annotations

from pathlib import Path

import pytest
from archives import colours, given, laid, picture, reasons
from archives2 import pickled, prepared, sketch, sketchy
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.assets import fetch
from s2f_core.data.datasets.sketchy import Sketchy
from s2f_core.data.split import Split, assign

CATS = {"n1_5": picture("red", kind="JPEG"), "n1_7": picture("blue", kind="JPEG")}
FILES = sketchy(
    {
        "cat": (CATS, {"n1_5-1": sketch(8), "n1_5-10": sketch(16), "n1_5-2": sketch(24),
                       "n1_7-1": sketch(48)}),
        "apple": ({"n2_1": picture("green", kind="JPEG")}, {"n2_1-4": sketch(8)}),
    }
)  # fmt: skip


def _section(**keys: object) -> Sketchy:
    return Sketchy.model_validate({"source": "sketchy", "path": "unused", **keys})


def test_every_sketch_is_a_pair_with_its_photo(tmp_path: Path) -> None:
    """By class, photo and number; the photo is the group, and no other transformation is read."""
    table = prepared(_section(), laid(tmp_path / "in", FILES))
    ids = ["apple-n2_1-4", "cat-n1_5-1", "cat-n1_5-2", "cat-n1_5-10", "cat-n1_7-1"]
    assert table.index["id"].tolist() == ids
    assert table.index["class"].tolist() == ["apple", "cat", "cat", "cat", "cat"]
    assert table.index["group"].tolist() == ["n2_1", "n1_5", "n1_5", "n1_5", "n1_7"]
    assert colours(table) == ["green", "red", "red", "red", "blue"]
    assert table.index["source"].tolist()[1].endswith("photo/tx_000000000000/cat/n1_5.jpg")
    sketches = given(table)
    assert sketches.index["id"].tolist() == ids
    assert sketches.index["source"].tolist()[3].endswith("cat/n1_5-10.png")
    assert sketches.shape == (32, 32, 1)
    lines = [int(sketches.image(row)[:, 0, 0].argmin()) for row in range(5)]
    assert lines == [4, 4, 12, 8, 24]


def test_the_sketches_of_a_photo_share_a_split(tmp_path: Path) -> None:
    """Whatever the seed."""
    table = prepared(_section(classes=["cat"]), laid(tmp_path / "in", FILES))
    for seed in range(20):
        assert assign(table.index, Split(seed=seed))["split"][:3].nunique() == 1


def test_classes_limit_and_sketches_choose(tmp_path: Path) -> None:
    """The limit is of the pairs of each class."""
    path = laid(tmp_path / "in", FILES)
    table = prepared(_section(limit=2), path)
    assert table.index["id"].tolist() == ["apple-n2_1-4", "cat-n1_5-1", "cat-n1_5-2"]
    table = prepared(_section(classes=["cat"], sketches="first"), path)
    assert table.index["id"].tolist() == ["cat-n1_5-1", "cat-n1_7-1"]
    with pytest.raises(UserError, match=r"no class 'cats' \(allowed: .*cat"):
        prepared(_section(classes=["cats"]), path)
    with pytest.raises(ValidationError, match="are listed twice: cat"):
        _section(classes=["cat", "cat"])


def test_what_has_no_partner_is_a_row_with_a_reason(tmp_path: Path) -> None:
    """In both tables alike; the rest can be used, and a limit hides none of it."""
    photos = {**CATS, "n1_9": picture("green", kind="JPEG")}
    sketches = {"n1_5-1": sketch(8), "n1_7-1": sketch(8), "n1_8-1": sketch(8), "n1_5": sketch(8)}
    more = sketchy({"dog": ({}, {"n3_1-1": sketch(8)}), "cat": (photos, sketches)})
    path = laid(tmp_path / "in", more)
    (path / "256x256/photo/tx_000000000000/owl").mkdir()
    table = prepared(_section(limit=2), path)
    for one in (table, given(table)):
        assert one.accepted["id"].tolist() == ["cat-n1_5-1", "cat-n1_7-1"]
        assert reasons(one) == {
            "cat-n1_5": "not named PHOTO-K.png",
            "cat-n1_8-1": "no photo of this sketch",
            "cat-n1_9": "no sketch of this photo",
            "dog-n3_1-1": "no photo of this sketch",
            "owl/": "empty class: no images",
        }


def test_odd_pictures_are_rows_with_a_reason(tmp_path: Path) -> None:
    """In the table that they are of."""
    photos = {"a": b"", "b": picture(size=(64, 48)), "c": picture(), "d": picture()}
    sketches = {f"{name}-1": sketch(8) for name in photos} | {"d-2": b"not a picture"}
    files = sketchy({"cat": (photos, sketches)})
    table = prepared(_section(), laid(tmp_path / "in", files))
    assert reasons(table) == {"cat-a-1": "unreadable: empty file", "cat-b-1": "64x48 is not square"}
    assert list(reasons(given(table))) == ["cat-d-2"]


def test_nothing_or_half_of_it_is_explained(tmp_path: Path) -> None:
    """By the folder that is missing, or the two files of one name."""
    path = laid(tmp_path / "in", {"photo/cat/1.jpg": picture()})
    with pytest.raises(UserError, match="has no files in 256x256/photo/tx_000000000000/<class>/"):
        prepared(_section(), path)
    laid(path, {name: data for name, data in FILES.items() if "photo" in name})
    with pytest.raises(UserError, match="has no files in 256x256/sketch/tx_000000000000/<class>/"):
        prepared(_section(), path)
    laid(path, FILES)
    laid(path, {"256x256/photo/tx_000000000000/cat/n1_5.png": picture()})
    with pytest.raises(
        UserError, match=r"n1_5\.jpg and .*n1_5\.png have the same name; remove one"
    ):
        prepared(_section(), path)


def test_it_is_fetched_by_hand(tmp_path: Path) -> None:
    """Once it lies where it should, the fetch stage is content."""
    with pytest.raises(UserError, match="The terms of sketchy do not allow an automatic download"):
        fetch("sketchy", tmp_path / "in")
    laid(tmp_path / "in", FILES)
    assert len(prepared(_section(), fetch("sketchy", tmp_path / "in"))) == 5


def test_a_worker_makes_the_same(tmp_path: Path) -> None:
    """Of both domains."""
    opened = _section().open(laid(tmp_path / "in", FILES), 32, tmp_path)
    for domain in (opened.images, opened.own_inputs):
        assert domain is not None
        assert (pickled(domain.make)(2) == domain.make(2)).all()
