"""A|B strips: edges beside the shoe or bag they were computed from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from archives import (
    colour_names,
    fetch_from_loopback,
    make_tar,
    own_inputs,
    picture,
    reasons,
    write_files,
)
from drawing_archives import pickle_round_trip, prepare_table, strip_file
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.strips import Strips, split_strip

FILES = {
    "edges2shoes/train/10_AB.jpg": strip_file("blue"),
    "edges2shoes/train/9_AB.jpg": strip_file("red"),
    "edges2shoes/val/1_AB.jpg": strip_file("blue"),
}


def _section(**keys: object) -> Strips:
    return Strips.model_validate({"source": "edges2shoes", "path": "unused", **keys})


def test_fetched_strips_become_pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Edges in one channel, photos in three, ids by number; the parts are the publisher's."""
    body = {"edges2shoes.zip": make_tar(FILES)}
    table = prepare_table(
        _section(), fetch_from_loopback("edges2shoes", body, tmp_path, monkeypatch)
    )
    assert table.index["id"].tolist() == ["train-9", "train-10", "val-1"]
    assert table.index["part"].tolist() == ["train", "train", "val"]
    assert table.index["source"].tolist()[0] == "edges2shoes/train/9_AB.jpg"
    assert colour_names(table) == ["red", "blue", "blue"]
    edges = own_inputs(table)
    assert edges.index["id"].tolist() == table.index["id"].tolist()
    assert edges.shape == (32, 32, 1)
    assert edges.image(0)[:, 9:10].max() < 30
    assert edges.image(0)[:, 20:].min() > 225


def test_handbags_have_the_same_layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under their own name."""
    body = {"edges2handbags.zip": make_tar({"edges2handbags/val/1_AB.jpg": strip_file()})}
    path = fetch_from_loopback("edges2handbags", body, tmp_path, monkeypatch)
    assert colour_names(prepare_table(_section(source="edges2handbags"), path)) == ["red"]


def test_parts_and_limit_select_strips(tmp_path: Path) -> None:
    """The limit is per part."""
    path = write_files(tmp_path / "in", FILES)
    assert prepare_table(_section(parts=["val"]), path).index["id"].tolist() == ["val-1"]
    assert prepare_table(_section(limit=1), path).index["id"].tolist() == ["train-9", "val-1"]
    with pytest.raises(ValidationError, match="'train' or 'val'"):
        _section(parts=["test"])


def test_unusable_files_are_rejected_rows(tmp_path: Path) -> None:
    """In both tables; files outside the parts are ignored."""
    good = strip_file()
    files = {
        "train/1_AB.jpg": good,
        "train/2_AB.jpg": strip_file(size=(256, 128)),
        "train/3_AB.jpg": strip_file(size=(256, 256)),
        "train/4_AB.jpg": good[:2000],
        "train/5.jpg": good,
        "cover.jpg": good,
    }
    table = prepare_table(_section(), write_files(tmp_path / "in", files))
    for one in (table, own_inputs(table)):
        assert one.accepted["id"].tolist() == ["train-1"]
        rejected = reasons(one)
        assert rejected.pop("train-4") == "truncated"
        assert rejected == {
            "train-2": "another size than the dataset's: 256x128, not 512x256",
            "train-3": "another size than the dataset's: 256x256, not 512x256",
            "train/5.jpg": "not named N_AB.jpg",
        }


def test_a_folder_without_strips_is_an_error(tmp_path: Path) -> None:
    """The error names the missing parts."""
    path = write_files(tmp_path / "in", {"shoes/1.jpg": picture()})
    with pytest.raises(UserError, match=r"no strips N_AB\.jpg in train/, val/ \(1 files\)"):
        prepare_table(_section(), path)
    path = write_files(tmp_path / "more", {"train/1_AB.jpg": strip_file()})
    with pytest.raises(UserError, match=r"no strips N_AB\.jpg in val/"):
        prepare_table(_section(parts=["train", "val"]), path)
    assert len(prepare_table(_section(), path)) == 1


def test_a_strip_is_split_in_the_middle() -> None:
    """Each half is a square."""
    pixels = np.arange(6 * 12 * 3, dtype=np.uint8).reshape(6, 12, 3)
    assert (np.concatenate(split_strip(pixels), axis=1) == pixels).all()
    assert [half.shape for half in split_strip(pixels)] == [(6, 6, 3), (6, 6, 3)]
    with pytest.raises(ImageError, match="not a strip: 11x6, the width must be twice the height"):
        split_strip(pixels[:, :11])


def test_makers_can_be_pickled(tmp_path: Path) -> None:
    """The zip is opened again."""
    source = _section().open(write_files(tmp_path / "in", FILES), 32, tmp_path)
    for domain in (source.images, source.own_inputs):
        assert domain is not None
        assert (pickle_round_trip(domain.make)(1) == domain.make(1)).all()
