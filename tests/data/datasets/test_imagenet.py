"""ImageNet as people have it: a folder a class."""

from __future__ import annotations

from pathlib import Path

import pytest
from archives import colour_names, make_zip, picture, reasons, write_files
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.imagenet import ImageNetFolder
from s2f_core.data.tables import Table

FILES = {
    "train/n07873807/n07873807_1.JPEG": picture("red", (80, 60), "JPEG"),
    "train/n07873807/n07873807_2.JPEG": picture("green", (60, 80), "JPEG", "CMYK"),
    "train/oak/oak_1.JPEG": picture("blue", kind="JPEG"),
    "val/oak/oak_1.JPEG": picture("green", kind="JPEG"),
}


def _table(path: Path, tmp_path: Path, **keys: object) -> Table:
    section = ImageNetFolder.model_validate({"source": "imagenet-folder", "path": path, **keys})
    return prepare(section, path, 32, tmp_path / "out", tmp_path)


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_is_a_class(tmp_path: Path, packed: bool) -> None:
    """Unpacked or in a zip, at any depth; ids have the whole path; CMYK is read."""
    path = write_files(tmp_path / "in", {"imagenet.zip": make_zip(FILES)} if packed else FILES)
    table = _table(path, tmp_path)
    assert table.index["id"].tolist() == [name.removesuffix(".JPEG") for name in FILES]
    assert table.index["class"].tolist() == ["n07873807", "n07873807", "oak", "oak"]
    assert table.index["part"].tolist() == ["train", "train", "train", "val"]
    assert colour_names(table, tolerance=40) == ["red", "green", "blue", "green"]


def test_classes_are_selected_limited_and_renamed(tmp_path: Path) -> None:
    """A WordNet id can get a name; the limit is per class."""
    path = write_files(tmp_path / "in", FILES)
    table = _table(path, tmp_path, classes=["oak"])
    assert table.index["id"].tolist() == ["train/oak/oak_1", "val/oak/oak_1"]
    table = _table(path, tmp_path, classes={"oak": "tree", "n07873807": "pizza"}, limit=1)
    assert table.index["class"].tolist() == ["tree", "pizza"]
    with pytest.raises(UserError, match=r"no class 'oaks' \(allowed: .*oak"):
        _table(path, tmp_path, classes=["oaks"])


def test_unusable_files_are_rejected_rows(tmp_path: Path) -> None:
    """A damaged photo, one in no folder, a class of other files, two files of one name."""
    odd = {
        "oak/1.JPEG": FILES["train/oak/oak_1.JPEG"][:-40],
        "oak/2.JPEG": picture("red"),
        "oak/2.png": picture("red"),
        "oak/3.JPEG": picture("red", (20, 20)),
        "loose.JPEG": picture("red"),
        "notes/readme.txt": b"hello",
    }
    table = _table(write_files(tmp_path / "in", odd), tmp_path)
    assert table.accepted["id"].tolist() == ["oak/2"]
    rejected = reasons(table)
    assert "truncated" in rejected["oak/1"]
    assert rejected["oak/2.png"] == "has the same name as oak/2.JPEG"
    assert "too small: 20x20" in rejected["oak/3"]
    assert rejected["loose"] == "not in the folder of a class"
    assert rejected["notes/"] == "empty class: no images"
    with pytest.raises(UserError, match=r"has no images, only 1 \.txt"):
        _table(write_files(tmp_path / "none", {"oak/1.txt": b""}), tmp_path)


def test_invalid_parameters_are_refused() -> None:
    """A class twice, or no class."""
    wrong: list[object] = [["oak", "oak"], [], {}]
    for classes in wrong:
        with pytest.raises(ValidationError, match=r"twice|at least 1 item"):
            ImageNetFolder.model_validate(
                {"source": "imagenet-folder", "path": "x", "classes": classes}
            )
