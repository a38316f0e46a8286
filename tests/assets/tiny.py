"""An asset of the tests' own, fetched into folders and a cache of the tests' own."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from s2f_core.assets import CATALOGUE, Asset, Source, fetch

BODY = b"weights" * 20_000
SHA256 = hashlib.sha256(BODY).hexdigest()
PHOTOS = {f"p/photos/{n:03d}.jpg": bytes([n]) * 50 for n in (2, 0, 1)}


def asset(*sources: Source) -> Asset:
    """An asset of one file, BODY."""
    return Asset("tiny", "x", "x", "x", "tiny.bin", len(BODY), SHA256, sources)


def photos(*sources: Source) -> Asset:
    """An asset of many files, PHOTOS."""
    joined = hashlib.sha256(b"".join(PHOTOS[name] for name in sorted(PHOTOS))).hexdigest()
    return Asset("tiny", "x", "x", "x", "photos.zip", 500, joined, sources, "members")


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


class Fetcher:
    """Makes an asset known under the name "tiny" and fetches it without waiting.

    ``folder`` is where to, ``cached`` where the cache keeps an asset of BODY.
    """

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("S2F_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("S2F_MIRROR", raising=False)
        self.folder, self.monkeypatch = tmp_path / "out", monkeypatch
        self.cached = tmp_path / "cache" / "assets" / f"{SHA256}-tiny.bin"

    def __call__(self, given: Asset) -> Path:
        """Fetch it to ``folder``."""
        self.monkeypatch.setitem(CATALOGUE, "tiny", given)
        return fetch("tiny", self.folder, sleep=lambda _seconds: None)
