"""A small asset, fetched into a temporary folder and cache."""

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


def make_asset(*files: File) -> Asset:
    """An asset of these files."""
    return Asset("tiny", "x", "x", "x", "https://tiny.example", files)


def single_file_asset(*sources: Source, checksum: str = f"sha256:{SHA256}") -> Asset:
    """An asset of one file, BODY."""
    return make_asset(File("tiny.bin", len(BODY), checksum, sources))


def photo_zip_asset(*sources: Source) -> Asset:
    """An asset of many images, PHOTOS, in one zip."""
    joined = hashlib.sha256(b"".join(PHOTOS[name] for name in sorted(PHOTOS))).hexdigest()
    return make_asset(File("photos.zip", 500, f"members:{joined}", sources))


def write_tar(path: Path, files: dict[str, bytes]) -> Path:
    """Write a tar.gz, its files in the order given."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """Write a zip."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


class Fetcher:
    """Registers an asset under the name "tiny" and fetches it without waiting.

    ``folder`` is the destination, ``cached`` the cached file of an asset of BODY.
    """

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("S2F_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("S2F_MIRROR", raising=False)
        self.folder, self.monkeypatch = tmp_path / "out", monkeypatch
        self.cached = tmp_path / "cache" / "assets" / f"{SHA256}-tiny.bin"

    def __call__(self, asset: Asset) -> Path:
        """Fetch the asset to ``folder`` and return the path of its first file."""
        self.monkeypatch.setitem(CATALOGUE, "tiny", asset)
        folder = fetch("tiny", self.folder, sleep=lambda _seconds: None)
        return folder / asset.files[0].filename
