"""From what a source or a mirror gives to the one file of an asset."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import BODY, PHOTOS, Fetcher, asset, photos, zipped

from s2f_core.assets import Source
from s2f_core.errors import UserError


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    """A fetcher to the folder "out"."""
    return Fetcher(tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_many_members_become_one_zip(get: Fetcher, tmp_path: Path, kind: str) -> None:
    """The zip is the same, byte for byte, whatever archive and order the files came in."""
    path = tmp_path / f"given.{kind}"
    if kind == "zip":
        zipped(path, PHOTOS | {"p/code.py": b"x"})
    else:
        for name, data in PHOTOS.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        with tarfile.open(path, "w:gz") as archive:
            archive.add(tmp_path / "p", "p")
    got = get(photos(Source(f"file:{path}", 500, member="p/photos/*.jpg")))
    with zipfile.ZipFile(got) as archive:
        assert archive.namelist() == ["000.jpg", "001.jpg", "002.jpg"]
        assert archive.read("001.jpg") == b"\x01" * 50
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    found = hashlib.sha256(got.read_bytes()).hexdigest()
    assert found == "bcee76820962599ced3918696234679fbccede37075cc761fbb5707753ba38c2"


def test_damaged_zip_in_the_cache_is_fetched_again(get: Fetcher, tmp_path: Path) -> None:
    """A zip that cannot be read counts as one with the wrong checksum."""
    source = Source(f"file:{zipped(tmp_path / 'x.zip', PHOTOS)}", 500, member="p/photos/*.jpg")
    got = get(photos(source))
    whole = got.read_bytes()
    (kept,) = (tmp_path / "cache" / "assets").glob("*-photos.zip")
    kept.write_bytes(whole[:100])
    got.unlink()
    assert get(photos(source)).read_bytes() == whole


@pytest.mark.parametrize(
    ("member", "reason"),
    [("p/none", "has no member p/none"), ("p/photos/*", "gives p/photos/.*, not one")],
)
def test_member_must_be_one(get: Fetcher, tmp_path: Path, member: str, reason: str) -> None:
    """An asset of one file does not guess which."""
    path = zipped(tmp_path / "x.zip", PHOTOS)
    with pytest.raises(UserError, match=reason):
        get(asset(Source(f"file:{path}", 500, member=member)))


def test_large_member_is_refused(get: Fetcher, tmp_path: Path) -> None:
    """What is many times the catalogue's size is not unpacked."""
    path = zipped(tmp_path / "x.zip", {"a": bytes(3_000_000)})
    for given in (asset(), photos()):
        with pytest.raises(UserError, match="a has 3,000,000 bytes"):
            get(replace(given, sources=(Source(f"file:{path}", 500, member="a"),)))


def test_same_base_names_are_refused(get: Fetcher, tmp_path: Path) -> None:
    """Two files must not become one."""
    path = zipped(tmp_path / "x.zip", {"a/1.jpg": b"1", "b/1.jpg": b"2"})
    with pytest.raises(UserError, match=r"two files named 1\.jpg"):
        get(photos(Source(f"file:{path}", 500, member="*.jpg")))


def test_own_file_is_never_removed(get: Fetcher, tmp_path: Path) -> None:
    """A file: source with the wrong checksum stays where the user has it."""
    mine = tmp_path / "mine.bin"
    mine.write_bytes(b"bad")
    with pytest.raises(UserError, match="wrong checksum"):
        get(asset(Source(f"file:{mine}", 3)))
    assert mine.read_bytes() == b"bad"


def test_mirror_stands_in_for_the_network(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of source is found in its place in the mirror, and nothing is run or asked."""
    mirror = tmp_path / "mirror"
    for place in ("host.example/a b/tiny.bin", "pypi/x", "npm/x"):
        (mirror / place).parent.mkdir(parents=True)
    (mirror / "host.example/a b/tiny.bin").write_bytes(BODY)
    zipped(mirror / "pypi/Tiny_Pack-1.0.0-py3-none-any.whl", {"w": BODY})
    zipped(mirror / "pypi/tiny_pack-1.0.01-py3-none-any.whl", {"w": b"other"})
    zipped(mirror / "npm/scope-tiny-2.0.0.tgz", {"w": BODY})
    monkeypatch.setenv("S2F_MIRROR", str(mirror))
    monkeypatch.setattr(subprocess, "run", None)
    for number, source in enumerate(
        [
            Source("https://host.example/a%20b/tiny.bin?raw=1", 140_000),
            Source("pypi:tiny-pack==1.0.0", 140_000, member="w"),
            Source("npm:@scope/tiny@2.0.0", 140_000, member="w"),
        ]
    ):
        monkeypatch.setenv("S2F_CACHE", str(tmp_path / f"cache{number}"))
        get.folder = tmp_path / f"out{number}"
        assert get(asset(source)).read_bytes() == BODY


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://host.example/x", "has no .*host.example/x"),
        ("pypi:x==1.0", "has no .*pypi/x-1.0"),
        ("npm:x@1.0.0", "has no .*npm/x-1.0.0"),
        ("https://host.example/%2e%2e/%2e%2e/x", "leaves the mirror"),
    ],
)
def test_what_the_mirror_lacks(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, reason: str
) -> None:
    """The error names the path that was looked for."""
    monkeypatch.setenv("S2F_MIRROR", str(tmp_path))
    with pytest.raises(UserError, match=reason):
        get(asset(Source(address, 140_000)))


def test_mirror_that_is_no_folder(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped mirror does not lead to the network."""
    monkeypatch.setenv("S2F_MIRROR", str(tmp_path / "none"))
    with pytest.raises(UserError, match=r"S2F_MIRROR=.*none is not a folder"):
        get(asset(Source("https://host.example/x", 140_000)))
