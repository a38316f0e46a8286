"""Folders as people have them: what they are read as, what the stage says, and what it refuses."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from archives import encode_image, make_zip, own_inputs, reasons, write_files
from own_folders import COUNT, RED, drawn_strip, folder_table, open_folder, red_files
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.split import Split, write_split


def test_linked_sides_are_pairs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both, or one of them; the log says that DVC does not look behind them."""
    for linked in (("A", "B"), ("B",)):
        root = tmp_path / "".join(linked)
        write_files(root / "elsewhere", red_files(*linked))
        folder = write_files(root / "in", red_files(*({"A", "B"} - {*linked})))
        folder.mkdir(exist_ok=True)
        for name in linked:
            (folder / name).symlink_to(root / "elsewhere" / name)
        table = folder_table(folder, root)
        assert table.accepted["id"].tolist() == own_inputs(table).accepted["id"].tolist()
        assert len(table) == COUNT
        assert f"does not look behind links to folders ({linked[0]})" in caplog.text


def test_a_broken_link_is_a_rejected_row(tmp_path: Path) -> None:
    """With the reason; its partner has none."""
    folder = write_files(tmp_path / "in", red_files("A", "B"))
    (folder / "A" / "0.png").unlink()
    (folder / "A" / "0.png").symlink_to("gone.png")
    table = folder_table(folder, tmp_path)
    assert reasons(own_inputs(table)) == {"0": "a link to a file that does not exist"}
    assert reasons(table) == {
        "0": "its partner cannot be used: a link to a file that does not exist"
    }


@pytest.mark.parametrize("wrapper", ["", "my data/faces/"])
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_a_zip_is_read_as_its_folders(tmp_path: Path, wrapper: str, slash: str) -> None:
    """From Windows or not, with or without a folder around all, with macOS's files beside them."""
    names = [
        f"{wrapper}{side}/{n}.{kind}" for side, kind in (("A", "PNG"), ("B", "Png")) for n in "12"
    ]
    members = {name.replace("/", slash): RED for name in names}
    members |= {f"__MACOSX/{wrapper}A/._1.PNG": b"", f"{wrapper}A/Thumbs.db": b""}
    folder = write_files(tmp_path / "in", {"mine.Zip": make_zip(members)})
    for path in (folder, folder / "mine.Zip"):
        contents = open_folder(path)
        assert contents.layout == "pairs"
        assert contents.a["id"].tolist() == contents.b["id"].tolist() == ["1", "2"]


REFERENCE_LAYOUTS = {
    "cyclegan": ["trainA", "trainB", "testA", "testB"],
    "with val": ["TrainA", "trainB", "valA", "VALB", "testA", "testB"],
    "pix2pix": ["A/train", "A/val", "A/test", "B/train", "B/val", "B/test"],
    "parts first": ["train/A", "train/B", "validation/A", "validation/B"],
    "underscores": ["train_A", "train_B", "test-A", "test-B"],
    "small letters": ["a/training", "b/training", "a/testing", "b/testing"],
}


@pytest.mark.parametrize("wrapper", ["", "horse2zebra/"])
@pytest.mark.parametrize("folders", REFERENCE_LAYOUTS.values(), ids=REFERENCE_LAYOUTS)
def test_the_references_layouts_keep_their_parts(
    tmp_path: Path, wrapper: str, folders: list[str]
) -> None:
    """Equal names are pairs within a part; other names are two domains."""
    paths = [wrapper + folder for folder in folders]
    paired = write_files(tmp_path / "paired", red_files(*paths))
    contents = open_folder(paired)
    assert contents.layout == "pairs"
    parts = {part for part in ("train", "val", "test") if part in " ".join(folders).lower()}
    assert len(contents.b) == COUNT * len(folders) // 2
    for rows in (contents.a, contents.b):
        assert rows["rejected"].isna().all()
        assert set(rows["part"]) == parts
        assert (rows["part"] == rows["id"].str.split("/").str[0]).all()
    assert sorted(contents.a["id"]) == sorted(contents.b["id"])

    unpaired = {f"{path}/{''.join(path.split('/'))}-{n}.png": RED for path in paths for n in "12"}
    contents = open_folder(write_files(tmp_path / "unpaired", unpaired))
    assert contents.layout == "unpaired"
    for rows in (contents.a, contents.b):
        assert set(rows["part"]) == parts
        assert len(rows) == len(folders)


def test_parts_of_strips_classes_and_photos(tmp_path: Path) -> None:
    """The folders train, val and test are parts whatever is in them."""
    parts = ("train", "val", "test")
    strips = {f"{part}/{n}.png": drawn_strip() for part in parts for n in range(COUNT)}
    contents = open_folder(write_files(tmp_path / "strips", strips))
    assert contents.layout == "strips"
    assert contents.a["part"].value_counts().to_dict() == dict.fromkeys(parts, COUNT)
    for name, folders in {
        "parts first": [f"{part}/{kind}" for part in parts for kind in ("oak", "elm")],
        "classes first": [f"{kind}/{part}" for part in parts for kind in ("oak", "elm")],
    }.items():
        files = {f"{folder}/{folder.replace('/', '')}.png": RED for folder in folders}
        contents = open_folder(write_files(tmp_path / name, files))
        assert contents.layout == "classes"
        assert contents.b.groupby("part")["class"].agg(set).tolist() == [{"oak", "elm"}] * 3
    contents = open_folder(write_files(tmp_path / "photos", red_files(*parts)))
    assert contents.layout == "images"
    assert contents.b["part"].value_counts().to_dict() == dict.fromkeys(parts, COUNT)
    assert len(open_folder(tmp_path / "photos", limit=1).b) == len(parts)


def test_ones_own_parts_are_kept(tmp_path: Path) -> None:
    """With split.official no picture of test is trained on; a missing val comes from train."""
    files = {
        f"{part}/{part}{n}.png": encode_image(_noise(n + 100 * (part == "test")))
        for part, count in (("train", 40), ("test", 6))
        for n in range(count)
    }
    table = folder_table(write_files(tmp_path / "in", files), tmp_path)
    write_split([table.index], Split(official=True), tmp_path / "split.parquet")
    split = pd.read_parquet(tmp_path / "split.parquet").set_index("id")["split"]
    assert {name for name in split.index if split[name] == "test"} == {
        f"test/test{n}" for n in range(6)
    }
    assert set(split[split.index.str.startswith("train/")]) == {"train", "val"}


def _noise(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 255, (40, 40, 3), dtype=np.uint8)


def test_classes_that_look_alike_are_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In a part each, or side by side; in the form of accents that people type."""
    names = ["train/Oak/1", "test/oak/2", "train/Bouleau\u0301/3"]
    rows = open_folder(write_files(tmp_path / "in", {f"{name}.png": RED for name in names})).b
    assert set(rows["class"]) == {"oak", "Bouleaú"}
    assert "Oak/ and oak/ are read as one class" in caplog.text


REFUSED = {
    "a side without the other": (["A/1", "A/2"], r"there is A/ but no B/ with pictures"),
    "its parts": (["A/train/1", "A/test/1"], r"there is A/ but no B/"),
    "a combined name": (["trainA/1", "testA/1"], r"there is A/ but no B/"),
    "one beside photos": (["B/1", "2"], r"there is B/ but no A/"),
    "sides beside a picture": (["x.png", "data/A/1", "data/B/1"], r"more than A/ and B/"),
    "parts beside others": (["train/1", "test/2", "x/3"], r"1 of 3 pictures are in no train, val"),
    "one part": (["train/1", "holdout/2"], r"1 of 2 pictures are in no train, val"),
    "names of domains": (["sketches/1", "photos/2"], r"set a: sketches and b: photos"),
    "too few pairs": ([f"A/{n}" for n in range(3)] + [f"B/{n}" for n in range(9)], "only 3 names"),
}


@pytest.mark.parametrize(("names", "message"), REFUSED.values(), ids=REFUSED)
def test_thin_evidence_is_refused(tmp_path: Path, names: list[str], message: str) -> None:
    """The error says what there is and which setting decides."""
    path = write_files(tmp_path / "in", {f"{name}.png": RED for name in names})
    with pytest.raises(UserError, match=message) as error:
        open_folder(path)
    assert "Set 'layout' to images, pairs or unpaired" in str(error.value)
    assert "\n" not in str(error.value)
    assert len(open_folder(path, layout="images").b) == len(names)


def test_sides_that_a_user_names_must_exist(tmp_path: Path) -> None:
    """A wrong name is no reason to read the folder as classes."""
    path = write_files(tmp_path / "in", red_files("ink", "photos"))
    with pytest.raises(UserError, match=r"there is no folder inks/ and no photo/\. Set 'layout'"):
        open_folder(path, a="inks", b="photo")
    with pytest.raises(ValidationError, match=r"names of folders, without / and .*'x/ink'"):
        open_folder(path, a="x/ink")


def test_classes_may_have_the_names_of_sides(tmp_path: Path) -> None:
    """The alphabet without B; with the layout set, the whole alphabet."""
    letters = {f"{letter}/{letter}.png": RED for letter in "ACDE"}
    assert open_folder(write_files(tmp_path / "in", letters)).layout == "classes"
    write_files(tmp_path / "in", {"B/B.png": RED})
    assert open_folder(tmp_path / "in", layout="classes").b["class"].nunique() == 5


def test_two_zips_are_two_sides(tmp_path: Path) -> None:
    """A.zip and B.zip, without folders inside."""
    files = {f"{side}.zip": make_zip({f"{n}.png": RED for n in "12"}) for side in "AB"}
    contents = open_folder(write_files(tmp_path / "in", files))
    assert contents.layout == "pairs"
    assert contents.a["source"].tolist() == ["A/1.png", "A/2.png"]


def test_a_folder_around_one_side_does_not_count(tmp_path: Path) -> None:
    """The names within are what makes a pair."""
    files = {f"A/scans/{n}.png": RED for n in "12"} | {f"B/{n}.jpg": RED for n in "12"}
    assert open_folder(write_files(tmp_path / "in", files)).layout == "pairs"


def test_the_layout_and_counts_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In one line before the work, and in a file of the table that is equal each time."""
    path = write_files(tmp_path / "in", red_files("trainA", "trainB", "testA", "testB", count=20))
    caplog.set_level(logging.INFO)
    table = folder_table(path, tmp_path)
    line = (
        "read as pairs (A/ and B/ share 40 names); 40 pairs; parts: test 20, train 20; the first: "
        "testA/0.png + testB/0.png, testA/1.png + testB/1.png, testA/10.png + testB/10.png"
    )
    (line_in_log,) = [record.message for record in caplog.records if "read as" in record.message]
    assert line_in_log.endswith(line)
    text = (table.folder / "contents.json").read_text()
    summary = json.loads(text)
    assert summary["layout"] == "pairs"
    assert summary["pairs"] == 40
    assert summary["images"]["parts"] == {"test": 20, "train": 20}
    assert summary["examples"][0] == ["testA/0.png", "testB/0.png"]
    assert str(tmp_path) not in text
    moved = path.rename(tmp_path / "elsewhere")
    assert (folder_table(moved, tmp_path).folder / "contents.json").read_text() == text


def test_odd_bytes_in_names_do_not_end_the_work(tmp_path: Path) -> None:
    """The file beside the table shows them as replacement characters."""
    files = {os.fsdecode(b"x\xff/1.png"): RED, "y/2.png": RED, "z/\n.png": RED}
    table = folder_table(write_files(tmp_path / "in", files), tmp_path)
    text = (table.folder / "contents.json").read_text(encoding="utf-8")
    assert json.loads(text)["reason"].startswith("sub-folders: x\ufffd/ (1), y/ (1)")
