"""An asset of the tests' own, fetched into folders and a cache of the tests' own."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from s2f_core.data.assets import CATALOGUE, Asset, File, Source, fetch

BODY = b"weights" * 20_000
SHA256 = hashlib.sha256(BODY).hexdigest()
PHOTOS = {f"p/photos/{n:03d}.jpg": bytes([n]) * 50 for n in (2, 0, 1)}


def collection(*files: File) -> Asset:
    """An asset of these files."""
    return Asset("tiny", "x", "x", "x", "https://tiny.example", files)


def asset(*sources: Source, checksum: str = f"sha256:{SHA256}") -> Asset:
    """An asset of one file, BODY."""
    return collection(File("tiny.bin", len(BODY), checksum, sources))


def photos(*sources: Source) -> Asset:
    """An asset of many pictures, PHOTOS, in one zip."""
    joined = hashlib.sha256(b"".join(PHOTOS[name] for name in sorted(PHOTOS))).hexdigest()
    return collection(File("photos.zip", 500, f"members:{joined}", sources))


def tarred(path: Path, files: dict[str, bytes]) -> Path:
    """Write a tar.gz, its files in the order given."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


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
        """Fetch it to ``folder``; returns the path of its first file."""
        self.monkeypatch.setitem(CATALOGUE, "tiny", given)
        folder = fetch("tiny", self.folder, sleep=lambda _seconds: None)
        return folder / given.files[0].filename
