"""Image tables: written whole, read by memory map, rejected rows kept."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import MakeTable
from PIL import Image

from s2f_core.errors import UserError
from s2f_core.images import Pixels, Rejected
from s2f_core.tables import build, read


def _rows(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": [f"{i}" for i in range(n)], "source": [f"{i}.jpg" for i in range(n)]}
    )


def test_images_come_back_in_order_across_shards(tmp_path: Path, faces: Pixels) -> None:
    """Several shards read as one, in any order asked."""
    size = faces[0].nbytes
    table = build(
        tmp_path / "t", _rows(40), lambda row: faces[row], describe="t", shard_bytes=7 * size
    )
    assert len(list((tmp_path / "t").glob("images-*.npy"))) == 6
    assert len(table) == 40
    wanted = [39, 0, 7, 6, 13]
    assert (table.images(wanted) == faces[wanted]).all()
    assert isinstance(table.shards[0], np.memmap)
    assert table.positions(["7", "3"]).tolist() == [7, 3]


def test_a_rejected_row_stays_with_its_reason(tmp_path: Path, faces: Pixels) -> None:
    """Later images move up; the index still has every row."""

    def make(row: int) -> Pixels:
        if row == 1:
            raise Rejected("unreadable: truncated")
        return np.asarray(faces[row])

    table = build(tmp_path / "t", _rows(3), make, describe="t")
    assert table.index["rejected"].tolist() == [pd.NA, "unreadable: truncated", pd.NA]
    assert table.accepted["id"].tolist() == ["0", "2"]
    assert (table.images(table.positions(["2"]))[0] == faces[2]).all()
    with pytest.raises(UserError, match="no image '1'"):
        table.positions(["1"])


def test_nothing_usable_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    """No row at all, or every row rejected."""

    def reject(row: int) -> Pixels:
        raise Rejected(f"bad {row}")

    with pytest.raises(UserError, match="none of 2 images can be used; the first: bad 0"):
        build(tmp_path / "t", _rows(2), reject, describe="t")
    with pytest.raises(UserError, match="none of 0 images"):
        build(tmp_path / "t", _rows(0), reject, describe="t")
    assert list(tmp_path.glob("*t*")) == []


def test_a_failure_midway_leaves_the_old_table(tmp_path: Path, faces: Pixels) -> None:
    """An error in one image that is not a rejection stops the build without a trace."""
    old = build(tmp_path / "t", _rows(2), lambda row: faces[row], describe="t")

    def fail(row: int) -> Pixels:
        if row == 1:
            raise RuntimeError("a bug")
        return np.asarray(faces[5])

    with pytest.raises(RuntimeError, match="a bug"):
        build(tmp_path / "t", _rows(2), fail, describe="t")
    assert (read(tmp_path / "t").images([0]) == old.images([0])).all()
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_the_same_images_give_the_same_bytes(make_table: MakeTable, faces: Pixels) -> None:
    """DVC compares hashes: nothing of a time or an order may enter."""
    first, second = make_table("a", faces), make_table("b", faces)
    for file in sorted(first.folder.iterdir()):
        assert file.read_bytes() == (second.folder / file.name).read_bytes(), file.name


def test_a_damaged_table_is_refused(make_table: MakeTable, faces: Pixels, tmp_path: Path) -> None:
    """Missing, half gone, or not a table."""
    with pytest.raises(UserError, match="is not an image table"):
        read(tmp_path / "nowhere")
    table = make_table("a", faces)
    (table.folder / "images-00000.npy").write_bytes(b"")
    with pytest.raises(UserError, match="is not an image table"):
        read(table.folder)
    (table.folder / "images-00000.npy").unlink()
    with pytest.raises(UserError, match="is incomplete"):
        read(table.folder)


def test_the_preview_can_be_looked_at_whatever_the_images_are(make_table: MakeTable) -> None:
    """A pixel is enlarged; channels that are no colours are tiles, in order from the top left."""
    one = np.arange(100, dtype=np.uint8).reshape(1, 1, 1, 100)
    with Image.open(make_table("noise", one).folder / "preview.png") as preview:
        tiles = np.asarray(preview)
    assert tiles.shape == (40, 40, 3)
    assert (tiles[::4, ::4, 0] == one.reshape(10, 10)).all()
    assert (tiles[3::4, 3::4, 2] == one.reshape(10, 10)).all()
    colour = np.array([10, 20, 30], np.uint8).reshape(1, 1, 1, 3)
    with Image.open(make_table("point", colour).folder / "preview.png") as preview:
        assert preview.size == (32, 32)
        assert preview.getpixel((31, 0)) == (10, 20, 30)
