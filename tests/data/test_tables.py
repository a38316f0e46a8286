"""Image tables: written whole, read by memory map, rejected rows kept."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import MakeTable
from PIL import Image

from s2f_core.common import code_digest
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels
from s2f_core.data import tables
from s2f_core.data.tables import Domain, Maker, Table, build, read


def _rows(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": [f"{i}" for i in range(n)], "source": [f"{i}.jpg" for i in range(n)]}
    )


def _build(folder: Path, n: int, make: Maker, key: str = "") -> Table:
    return build(folder, Domain(_rows(n), make), label="t", key=key)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven rows a shard."""
    monkeypatch.setattr(tables, "SHARD", 7)


@pytest.mark.usefixtures("small_shards")
def test_images_come_back_in_order_across_shards(tmp_path: Path, faces: Pixels) -> None:
    """Several shards read as one, in any order of positions."""
    table = _build(tmp_path / "t", 40, faces.__getitem__)
    assert len(list((tmp_path / "t").glob("images-*.npy"))) == 6
    assert len(table) == 40
    positions = [39, 0, 7, 6, 13]
    assert (table.images(positions) == faces[positions]).all()
    assert (table.image(13) == faces[13]).all()
    assert isinstance(table._map_shard(0), np.memmap)
    assert table.positions(["7", "3"]).tolist() == [7, 3]


def test_a_row_may_have_several_copies(tmp_path: Path, faces: Pixels) -> None:
    """The first copy stands for the image where no other is asked for; all count in its hash."""
    table = _build(tmp_path / "copies", 3, lambda row: faces[3 * row : 3 * row + 3])
    assert (table.copies, table.shape, len(table)) == (3, faces.shape[1:], 3)
    np.testing.assert_array_equal(table.images([2, 0]), faces[[6, 0]])
    np.testing.assert_array_equal(table.images([2, 0], [1, 2]), faces[[7, 2]])
    swapped = _build(tmp_path / "swapped", 3, lambda row: faces[[3 * row, 3 * row + 2, 0]])
    assert set(table.accepted["sha256"]).isdisjoint(swapped.accepted["sha256"])


@pytest.mark.usefixtures("small_shards")
def test_few_shards_are_mapped_at_once(
    tmp_path: Path, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table of 200,000 images has more files than a process may open."""
    monkeypatch.setattr(tables, "OPEN_SHARDS", 2)
    table = _build(tmp_path / "t", 40, faces.__getitem__)
    positions = [0, 39, 8, 20, 15, 30, 1]
    assert (table.images(positions) == faces[positions]).all()
    descriptors = Path("/proc/self/fd")
    if descriptors.is_dir():
        files = [Path(file.readlink()) for file in descriptors.iterdir() if file.is_symlink()]
        assert sum(file.parent == tmp_path / "t" for file in files) == 2


@pytest.mark.usefixtures("small_shards")
def test_a_rejected_row_stays_in_the_index_with_its_reason(tmp_path: Path, faces: Pixels) -> None:
    """Later images move up; a shard may have no image at all."""

    def make(row: int) -> Pixels:
        if row == 1 or 7 <= row < 14:
            raise ImageError("truncated", "here")
        return np.asarray(faces[row])

    rows = _rows(16)
    rows["rejected"] = pd.Series({15: "no partner"})
    table = build(tmp_path / "t", Domain(rows, make), label="t")
    assert table.index["rejected"].tolist()[:3] == [pd.NA, "truncated: here", pd.NA]
    assert table.index["rejected"].tolist()[15] == "no partner"
    assert table.accepted["id"].tolist() == ["0", "2", "3", "4", "5", "6", "14"]
    assert (table.images(table.positions(["14"]))[0] == faces[14]).all()
    with pytest.raises(UserError, match="no image '1'"):
        table.positions(["1"])


def test_a_table_without_images_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    """No row at all, or every row rejected."""

    def reject(row: int) -> Pixels:
        raise ImageError("damaged", f"row {row}")

    with pytest.raises(UserError, match="none of 2 images can be used; the first: damaged: row 0"):
        _build(tmp_path / "t", 2, reject)
    with pytest.raises(UserError, match="none of 0 images"):
        _build(tmp_path / "t", 0, reject)
    assert list(tmp_path.iterdir()) == []


def test_repeated_ids_are_refused(tmp_path: Path, faces: Pixels) -> None:
    """Splits and pairs tell images apart by their ids."""
    rows = pd.DataFrame({"id": ["a", "b", "a"]})
    with pytest.raises(UserError, match="ids must be unique; 1 occur again, the first is 'a'"):
        build(tmp_path / "t", Domain(rows, faces.__getitem__), label="t")


@pytest.mark.usefixtures("small_shards")
def test_a_failure_midway_leaves_the_old_table(tmp_path: Path, faces: Pixels) -> None:
    """Any error but ImageError stops the build, which leaves no file."""
    old = _build(tmp_path / "t", 2, faces.__getitem__)

    def fail(row: int) -> Pixels:
        if row == 8:
            raise RuntimeError("a bug")
        return np.asarray(faces[5])

    with pytest.raises(RuntimeError, match="a bug"):
        _build(tmp_path / "t", 20, fail)
    assert (read(tmp_path / "t").images([0]) == old.images([0])).all()
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


class _KilledMaker:
    """Makes images up to row ``last``, where the process is killed; counts them."""

    def __init__(self, images: Pixels, last: int) -> None:
        self.images, self.last, self.count = images, last, 0

    def __call__(self, row: int) -> Pixels:
        if row == self.last:
            raise KeyboardInterrupt
        self.count += 1
        return np.asarray(self.images[row])


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize(("key", "count"), [("same", 40 - 14), ("other", 40)])
def test_a_killed_build_continues_shard_by_shard(
    tmp_path: Path, faces: Pixels, monkeypatch: pytest.MonkeyPatch, key: str, count: int
) -> None:
    """Finished shards are not built again, unless the key has changed."""
    monkeypatch.setenv("S2F_WORKERS", "1")
    with pytest.raises(KeyboardInterrupt):
        _build(tmp_path / "t", 40, _KilledMaker(faces, 17), "same")
    assert not (tmp_path / "t").exists()
    rest = _KilledMaker(faces, 99)
    table = _build(tmp_path / "t", 40, rest, key)
    assert rest.count == count
    assert (table.images(range(40)) == faces).all()
    assert _files(table) == _files(_build(tmp_path / "u", 40, faces.__getitem__))


@pytest.mark.usefixtures("small_shards")
def test_changed_code_restarts_a_killed_build(
    tmp_path: Path, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is the module that the caller names, with all that it imports."""
    monkeypatch.setenv("S2F_WORKERS", "1")
    with pytest.raises(KeyboardInterrupt):
        _build(tmp_path / "t", 40, _KilledMaker(faces, 17), "same")
    monkeypatch.setattr(code_digest, "digest", lambda _root, module: f"changed {module}")
    rest = _KilledMaker(faces, 99)
    _build(tmp_path / "t", 40, rest, "same")
    assert rest.count == 40


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("conditions", "conditions/xdog.py"),
        ("datasets", "datasets/celeba.py"),
        ("background.remove", "background/rembg_models.py"),
    ],
)
def test_the_code_of_a_table_is_its_maker_and_no_report(module: str, file: str) -> None:
    """A changed condition restarts an unfinished build; a changed report does not."""
    root = Path(tables.__file__).parents[2]
    imported = code_digest.imported_files(root, f"s2f_core.data.{module}")
    paths = {path.as_posix() for path in imported}
    assert {f"s2f_core/data/{file}", "s2f_core/data/tables.py"} <= paths
    assert {path.split("/")[1] for path in paths} <= {"common", "data", "networks"}


def _files(table: Table) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in table.folder.iterdir()}


def test_a_table_is_pickled_as_its_folder(make_table: MakeTable, faces: Pixels) -> None:
    """A worker on another machine opens the table itself."""
    table = make_table("a", faces)
    dump = pickle.dumps(table)
    assert len(dump) < 1000
    assert (pickle.loads(dump).images(range(40)) == faces).all()  # noqa: S301 - our own


def test_the_same_images_give_the_same_bytes(make_table: MakeTable, faces: Pixels) -> None:
    """DVC compares hashes: no time and no order of work may enter."""
    first, second = make_table("a", faces), make_table("b", faces)
    for file in sorted(first.folder.iterdir()):
        assert file.read_bytes() == (second.folder / file.name).read_bytes(), file.name


def test_a_damaged_table_is_refused(make_table: MakeTable, faces: Pixels, tmp_path: Path) -> None:
    """Missing, incomplete, or not a table."""
    with pytest.raises(UserError, match="is not an image table"):
        read(tmp_path / "nowhere")
    table = make_table("a", faces)
    (table.folder / "images-00000.npy").write_bytes(b"")
    with pytest.raises(UserError, match="is not an image table"):
        read(table.folder)
    (table.folder / "images-00000.npy").unlink()
    with pytest.raises(UserError, match="is incomplete"):
        read(table.folder)


def test_the_preview_shows_any_kind_of_image(make_table: MakeTable) -> None:
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
