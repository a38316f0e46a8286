"""From a source to an image table, odd files and all: photos, and what sources have in common."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2f_core.common.config import load
from s2f_core.common.errors import UserError
from s2f_core.data.datasets import Dataset, prepare
from s2f_core.data.datasets.celeba import CelebA1k

ROOT = Path(__file__).parents[3]
FACES = CelebA1k(source="celeba-1k", path=Path("unused"))


def _photo(mode: str = "RGB", size: tuple[int, int] = (178, 218), kind: str = "JPEG") -> bytes:
    random = np.random.default_rng(len(mode))
    image = Image.fromarray(random.integers(0, 255, (*size[::-1], 3), dtype=np.uint8))
    if mode == "I;16":
        image = Image.fromarray(np.full(size[::-1], 30000, np.uint16))
    elif mode != "RGB":
        image = image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def _archive(folder: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / "celeba-1k.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return folder


def test_every_kind_of_file_is_used_or_rejected(tmp_path: Path) -> None:
    """Grey, RGBA and 16-bit are used; truncated, tiny and foreign files are rejected rows."""
    good = _photo()
    files = {
        "01.jpg": good,
        "02.jpg": _photo("L"),
        "03.png": _photo("RGBA", kind="PNG"),
        "04.png": _photo("I;16", kind="PNG"),
        "05.jpg": good[: len(good) // 2],
        "06.jpg": _photo(size=(20, 20)),
        "07.jpg": b"not an image",
        "08.jpg": b"",
    }
    table = prepare(FACES, _archive(tmp_path, files), 64, tmp_path / "out", tmp_path)
    assert table.shape == (64, 64, 3)
    assert table.accepted["id"].tolist() == ["01", "02", "03", "04"]
    reasons = table.index.set_index("id")["rejected"]
    assert "truncated" in reasons["05"]
    assert "too small: 20x20" in reasons["06"]
    assert "a text file" in reasons["07"]
    assert "empty file" in reasons["08"]
    assert (table.folder / "preview.png").exists()


def test_the_centre_crop_is_rows_20_to_198_of_an_aligned_face(tmp_path: Path) -> None:
    """A photo whose rows count up, at its own size."""
    rows = np.repeat(np.arange(218, dtype=np.uint8)[:, None, None], 178, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(np.repeat(rows, 3, axis=2)).save(buffer, "PNG")
    archive = _archive(tmp_path, {"1.png": buffer.getvalue()})
    table = prepare(FACES, archive, 178, tmp_path / "out", tmp_path)
    assert table.images([0])[0, :, 0, 0].tolist() == list(range(20, 198))


def test_the_limit_takes_the_first_photos(tmp_path: Path) -> None:
    """Two of three."""
    archive = _archive(tmp_path, {f"{i}.jpg": _photo() for i in range(3)})
    two = CelebA1k(source="celeba-1k", path=archive, limit=2)
    table = prepare(two, archive, 32, tmp_path / "out", tmp_path)
    assert table.index["id"].tolist() == ["0", "1"]


def test_a_missing_damaged_or_empty_archive_is_an_error(tmp_path: Path) -> None:
    """The message says what to do, and no table is left."""
    with pytest.raises(UserError, match=r"in is not a folder: fetch it"):
        prepare(FACES, tmp_path / "in", 64, tmp_path / "out", tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "celeba-1k.zip").write_bytes(b"PK damaged")
    with pytest.raises(UserError, match=r"celeba-1k\.zip cannot be read.*fetch it again"):
        prepare(FACES, tmp_path / "in", 64, tmp_path / "out", tmp_path)
    with pytest.raises(UserError, match="none of 0 images"):
        prepare(FACES, _archive(tmp_path / "in", {}), 64, tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_every_role_of_params_yaml_has_a_known_source() -> None:
    """Each has a path."""
    roles = load(dict[str, Dataset], "data", file=ROOT / "params.yaml")
    assert {"faces", "doodles", "grids"} <= set(roles)
    for dataset in roles.values():
        fetched = {Path("data/assets") / name for name in dataset.ASSETS}
        generated = (ROOT / dataset.path).is_file()
        assert generated or dataset.path in fetched or dataset.source == "domains"


def test_an_unknown_source_is_an_error(tmp_path: Path) -> None:
    """The error lists the known ones; ``path`` is required, as a dependency for DVC."""
    file = tmp_path / "params.yaml"
    file.write_text("data: {faces: {source: celeba-1k}, birds: {source: cub, path: x}}\n")
    with pytest.raises(UserError, match=r"expected tags: .*'celeba-1k', .*'quickdraw'"):
        load(Dataset, "data", "birds", file=file)
    with pytest.raises(UserError, match=r"data\.faces\.path: Field required"):
        load(Dataset, "data", "faces", file=file)
