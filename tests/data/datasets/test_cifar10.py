"""CIFAR-10: pictures out of pickles whose code is never run."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from archives import (
    COLOURS,
    cifar10_archive,
    cifar_array,
    cifar_batch,
    colour_names,
    fetch_from_loopback,
    reasons,
    write_files,
)
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.cifar10 import Cifar10
from s2f_core.data.tables import Table

Batch = tuple[Sequence[int], npt.NDArray[np.uint8]]


def _batch(labels: Sequence[int], *names: str) -> Batch:
    return labels, np.array([np.full((32, 32, 3), COLOURS[name]) for name in names], np.uint8)


BATCHES: dict[str, Batch] = {
    "data_batch_1": _batch([3, 0, 3], "red", "green", "blue"),
    "data_batch_4": _batch([3], "green"),
    "test_batch": _batch([0], "blue"),
}


def _table(path: Path, tmp_path: Path, size: int = 32, **keys: object) -> Table:
    section = Cifar10.model_validate({"source": "cifar10", "path": path, **keys})
    return prepare(section, path, size, tmp_path / "out", tmp_path)


def _laid(tmp_path: Path, **other: bytes) -> Path:
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    nothing = _batch([])[0], np.zeros((0, 32, 32, 3), np.uint8)
    files = {name: cifar_batch(name, *BATCHES.get(name, nothing)) for name in names}
    return write_files(tmp_path / "in", files | other)


def test_fetched_batches_become_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the tar.gz to ids, classes, parts and enlarged pixels; the maker can be pickled."""
    served = {"cifar-10-python.zip": cifar10_archive(BATCHES)}
    path = fetch_from_loopback("cifar10", served, tmp_path, monkeypatch)
    table = _table(path, tmp_path, 48)
    assert table.shape == (48, 48, 3)
    assert table.index["id"].tolist() == [
        "airplane-data_batch_1-0001",
        "airplane-test_batch-0000",
        "cat-data_batch_1-0000",
        "cat-data_batch_1-0002",
        "cat-data_batch_4-0000",
    ]
    assert colour_names(table) == ["green", "blue", "red", "blue", "green"]
    assert table.index["class"].tolist() == ["airplane", "airplane", "cat", "cat", "cat"]
    assert table.index["part"].tolist() == ["train", "test", "train", "train", "train"]
    make = Cifar10(source="cifar10", path=path).open(path, 48, tmp_path).images.make
    assert (make(4) == table.image(4)).all()
    assert len(pickled := pickle.dumps(make)) < 2000
    assert (pickle.loads(pickled)(4) == table.image(4)).all()  # noqa: S301 - our own


def test_rows_columns_and_colours_keep_their_order(tmp_path: Path) -> None:
    """All numbers of the image differ; at 32 pixels nothing is interpolated."""
    photo = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    path = _laid(tmp_path, test_batch=cifar_batch("test_batch", [9], photo))
    table = _table(path, tmp_path, batches=["test"])
    assert (table.image(0) == photo[0]).all()
    assert table.index["id"].tolist() == ["truck-test_batch-0000"]


def test_batches_classes_and_limit_select_images(tmp_path: Path) -> None:
    """The limit is per class."""
    path = _laid(tmp_path)
    table = _table(path, tmp_path, batches=["train"], classes=["cat", "airplane"], limit=1)
    assert table.index["id"].tolist() == ["cat-data_batch_1-0000", "airplane-data_batch_1-0001"]
    with pytest.raises(UserError, match=r"no class 'plane' \(allowed: airplane"):
        _table(path, tmp_path, classes=["plane"])
    with pytest.raises(ValidationError, match="'train' or 'test'"):
        _table(path, tmp_path, batches=["val"])


def test_an_unknown_label_is_a_rejected_row(tmp_path: Path) -> None:
    """The other images of its batch are used."""
    path = _laid(tmp_path, test_batch=cifar_batch("test_batch", *_batch([10, 0], "red", "blue")))
    table = _table(path, tmp_path, batches=["test"])
    assert colour_names(table) == ["blue"]
    assert reasons(table) == {"unknown-test_batch-0000": "unknown label 10: 0 to 9 are allowed"}


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (Path("touched"),)


def _around(data: bytes) -> bytes:
    return b"\x80\x02}(U\x06labels](K\x00eU\x04data" + data + b"u."


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (pickle.dumps(_Evil()), "it names .*, which is not allowed"),
        (b"\x80\x02cos\nsystem\nU\x08rm -rf /\x85R.", "it names os.system, which is not allowed"),
        (b"\x80\x02cbuiltins\neval\nU\x011\x85R.", "it names builtins.eval, which is not"),
        (b"cnumpy\nload\n.", "it names numpy.load"),
        (b"", "pickle exhausted"),
        (b"not a pickle", "is not a batch of CIFAR-10"),
        (cifar_batch("b", *_batch([0], "red"))[:-400], "is not a batch of CIFAR-10"),
        (pickle.dumps([1, 2]), "it has no array 'data'"),
        (pickle.dumps({"data": 1}), "it has no array 'data'"),
        (_around(b"cnumpy.core.multiarray\n_reconstruct\n)R"), "it has no array 'data'"),
        (_around(cifar_array((1, 3072), bytes(3072), b"O8")), "an array that is not uint8"),
        (_around(cifar_array((1, 3071), bytes(3071))), r"shape \(1, 3071\), not \[n, 3072\]"),
        (_around(cifar_array((1000000, 3072), bytes(3072))), "cannot reshape"),
        (_around(cifar_array((2, 3072), bytes(2 * 3072))), "no list of 2 labels"),
        (b"\x80\x02]r\xff\xff\xff\x7f.", "a memo of 2147483647 entries"),
        (b"\x80\x02]p2147483647\n.", "a memo of 2147483647 entries"),
        (b"\x80\x02cnumpy\nndarray\n}b.", "is not a batch of CIFAR-10"),
        (b"\x80\x02Pnumber\n.", "is not a batch of CIFAR-10"),
    ],
)
def test_an_invalid_batch_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: bytes, message: str
) -> None:
    """Truncated, of other shapes, or made to run code: no code runs, and the file is named."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message) as error:
        _table(_laid(tmp_path, test_batch=batch), tmp_path, batches=["test"])
    assert "test_batch" in str(error.value)
    assert not Path("touched").exists()


def test_a_missing_batch_is_an_error(tmp_path: Path) -> None:
    """Before any image is made."""
    path = _laid(tmp_path)
    (path / "data_batch_3").unlink()
    with pytest.raises(UserError, match="has 0 files named data_batch_3, but 1 is needed"):
        _table(path, tmp_path)
