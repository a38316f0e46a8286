"""Files of others through every way in: used or refused with a reason, and nothing else happens."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from bad_archives import ARCHIVES
from bad_models import MODELS
from bad_pictures import PICTURES
from bad_texts import TEXTS
from untrusted_files import ENTRIES

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, decode
from s2f_core.data.datasets import bitmaps, files, prepare
from s2f_core.data.datasets.folder import Folder

CORPUS = {
    **{name: make for name, (make, _) in PICTURES.items()},
    **ARCHIVES,
    **TEXTS,
    **MODELS,
}


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that hostile files would write to."""
    return tmp_path_factory.mktemp("nothing")


@pytest.fixture(scope="module")
def corpus(nothing: Path) -> dict[str, bytes]:
    """All files, by name."""
    return {name: make(nothing) for name, make in CORPUS.items()}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("entry", ENTRIES)
def test_every_file_is_used_or_refused(
    entry: str,
    corpus: dict[str, bytes],
    nothing: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a UserError, or as a rejected image; no code is run and no file is written elsewhere."""
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    monkeypatch.setattr(bitmaps, "MAX_BYTES", 2**20)
    wrong = {}
    for number, (name, data) in enumerate(corpus.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            ENTRIES[entry](folder, data)
        except (UserError, ImageError) as refused:
            if not str(refused):
                wrong[name] = "refused without a reason"
        except Exception as error:
            wrong[name] = f"{type(error).__module__}.{type(error).__name__}: {str(error)[:300]}"
    assert not wrong
    assert not list(nothing.iterdir())
    beside = {path.name for path in tmp_path.iterdir()} - set(map(str, range(len(corpus))))
    assert beside <= {"cache"}


def test_each_image_is_used_or_a_rejected_row(
    corpus: dict[str, bytes], nothing: Path, tmp_path: Path
) -> None:
    """A folder of all of them becomes a table."""
    for name in PICTURES:
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(corpus[name])
    section = Folder(source="folder", path=tmp_path / "in", layout="images")
    table = prepare(section, section.path, 32, tmp_path / "out", tmp_path)
    index = table.index.set_index("source")["rejected"]
    expected = {
        name: message for name, (_, message) in PICTURES.items() if not name.endswith(".svg")
    }
    assert set(index.index) == set(expected)
    for name, message in expected.items():
        reason = "" if index.isna()[name] else index[name]
        assert bool(reason) == bool(message), f"{name}: {reason}"
        assert re.search(message, reason), f"{name}: {reason}"
    assert not list(nothing.iterdir())


def test_unusual_images_are_decoded_correctly(corpus: dict[str, bytes]) -> None:
    """The first frame of animations, CMYK in colour, 16 bits scaled, upright, profiles ignored."""
    good = decode(corpus["good.png"])
    for name in ("moving.gif", "animated.png"):
        assert np.abs(decode(corpus[name]).astype(int) - good).mean() < 12, name
    for name in ("cmyk.jpg", "profile.jpg", "broken-profile.jpg", "shown.webp"):
        assert np.abs(decode(corpus[name]).astype(int) - good).mean() < 12, name
    assert decode(corpus["turned.jpg"]).shape == (64, 40, 3)
    assert decode(corpus["deep.tif"]).max() == 2303 * 28 // 257
