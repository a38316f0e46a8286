"""From a download of a source or a mirror to the one file of an asset."""

from __future__ import annotations

import hashlib
import subprocess
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_asset import (
    BODY,
    PHOTOS,
    Fetcher,
    make_asset,
    photo_zip_asset,
    single_file_asset,
    write_tar,
    write_zip,
)

from s2f_core.common.errors import UserError
from s2f_core.data.assets import File, Source, unpacking


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    """A fetcher to the folder "out"."""
    return Fetcher(tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_many_members_become_one_zip(get: Fetcher, tmp_path: Path, kind: str) -> None:
    """The zip has the same bytes, whatever the archive's kind and order."""
    path = tmp_path / f"given.{kind}"
    if kind == "zip":
        write_zip(path, PHOTOS | {"p/code.py": b"x"})
    else:
        write_tar(path, {"p/code.py": b"x"} | PHOTOS)
    file = get(photo_zip_asset(Source(f"file:{path}", 500, member="p/photos/*.jpg")))
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["000.jpg", "001.jpg", "002.jpg"]
        assert archive.read("001.jpg") == b"\x01" * 50
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    checksum = hashlib.sha256(file.read_bytes()).hexdigest()
    assert checksum == "bcee76820962599ced3918696234679fbccede37075cc761fbb5707753ba38c2"


def test_damaged_zip_in_the_cache_is_fetched_again(get: Fetcher, tmp_path: Path) -> None:
    """A zip that cannot be read counts as one with the wrong checksum."""
    source = Source(f"file:{write_zip(tmp_path / 'x.zip', PHOTOS)}", 500, member="p/photos/*.jpg")
    file = get(photo_zip_asset(source))
    content = file.read_bytes()
    (cached,) = (tmp_path / "cache" / "assets").glob("*-photos.zip")
    cached.write_bytes(content[:100])
    file.unlink()
    assert get(photo_zip_asset(source)).read_bytes() == content


@pytest.mark.parametrize(
    ("member", "reason"),
    [("p/none", "has no member p/none"), ("p/photos/*", "matches p/photos/.*, but must match one")],
)
def test_a_pattern_must_match_one_member(
    get: Fetcher, tmp_path: Path, member: str, reason: str
) -> None:
    """For an asset of one file."""
    path = write_zip(tmp_path / "x.zip", PHOTOS)
    with pytest.raises(UserError, match=reason):
        get(single_file_asset(Source(f"file:{path}", 500, member=member)))


def test_a_member_over_the_limit_is_refused(get: Fetcher, tmp_path: Path) -> None:
    """The limit follows from the size in the catalogue."""
    path = write_zip(tmp_path / "x.zip", {"a": bytes(3_000_000)})
    for make in (single_file_asset, photo_zip_asset):
        with pytest.raises(UserError, match="a has 3,000,000 bytes"):
            get(make(Source(f"file:{path}", 500, member="a")))


def test_same_base_names_are_refused(get: Fetcher, tmp_path: Path) -> None:
    """Two files must not become one."""
    path = write_zip(tmp_path / "x.zip", {"a/1.jpg": b"1", "b/1.jpg": b"2"})
    with pytest.raises(UserError, match=r"two files named 1\.jpg"):
        get(photo_zip_asset(Source(f"file:{path}", 500, member="*.jpg")))


def test_a_users_own_file_is_never_removed(get: Fetcher, tmp_path: Path) -> None:
    """A file: source with a wrong checksum stays in place."""
    own = tmp_path / "mine.bin"
    own.write_bytes(b"bad")
    with pytest.raises(UserError, match="wrong checksum"):
        get(single_file_asset(Source(f"file:{own}", 3)))
    assert own.read_bytes() == b"bad"


def test_a_mirror_replaces_the_network(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of source is found in the mirror; no program runs and no request is sent."""
    mirror = tmp_path / "mirror"
    for place in ("host.example/a b/tiny.bin", "pypi/x", "npm/x"):
        (mirror / place).parent.mkdir(parents=True)
    (mirror / "host.example/a b/tiny.bin").write_bytes(BODY)
    (mirror / "host.example/download").mkdir()
    (mirror / "host.example/download/1_a-B").write_bytes(BODY)
    write_zip(mirror / "pypi/Tiny_Pack-1.0.0-py3-none-any.whl", {"w": BODY})
    write_zip(mirror / "pypi/tiny_pack-1.0.01-py3-none-any.whl", {"w": b"other"})
    write_zip(mirror / "npm/scope-tiny-2.0.0.tgz", {"w": BODY})
    monkeypatch.setenv("S2F_MIRROR", str(mirror))
    monkeypatch.setattr(subprocess, "run", None)
    for number, source in enumerate(
        [
            Source("https://host.example/a%20b/tiny.bin?raw=1", 140_000),
            Source("pypi:tiny-pack==1.0.0", 140_000, member="w"),
            Source("npm:@scope/tiny@2.0.0", 140_000, member="w"),
            Source("https://host.example/download?confirm=t&id=1_a-B", 140_000),
        ]
    ):
        monkeypatch.setenv("S2F_CACHE", str(tmp_path / f"cache{number}"))
        get.folder = tmp_path / f"out{number}"
        assert get(single_file_asset(source)).read_bytes() == BODY


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://host.example/x", "has no .*host.example/x"),
        ("pypi:x==1.0", "has no .*pypi/x-1.0"),
        ("npm:x@1.0.0", "has no .*npm/x-1.0.0"),
        ("https://host.example/%2e%2e/%2e%2e/x", "leaves the mirror"),
        ("https://host.example/x?id=..%2F..%2F..%2Fx", "leaves the mirror"),
    ],
)
def test_a_file_missing_in_the_mirror_is_an_error(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, reason: str
) -> None:
    """The error names the expected path."""
    monkeypatch.setenv("S2F_MIRROR", str(tmp_path))
    with pytest.raises(UserError, match=reason):
        get(single_file_asset(Source(address, 140_000)))


def test_a_mirror_that_is_not_a_folder_is_an_error(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistyped mirror does not lead to the network."""
    monkeypatch.setenv("S2F_MIRROR", str(tmp_path / "none"))
    with pytest.raises(UserError, match=r"S2F_MIRROR=.*none is not a folder"):
        get(single_file_asset(Source("https://host.example/x", 140_000)))


def test_members_are_joined_in_the_listed_order(get: Fetcher, tmp_path: Path) -> None:
    """Whatever the archive's order; each pattern matches one member."""
    path = write_tar(
        tmp_path / "x.tgz", {"p/c3": BODY[200:], "p/a1": BODY[:100], "p/b2": BODY[100:200]}
    )
    listed = ("p/a*", "p/b2", "p/c*")
    assert get(single_file_asset(Source(f"file:{path}", 500, listed))).read_bytes() == BODY
    get.folder = tmp_path / "other"
    for wrong, reason in (
        (("p/a1", "p/d*"), "no member p/d"),
        (("p/*",), "p/c3 and p/a1, but must match one"),
    ):
        other = single_file_asset(Source(f"file:{path}", 500, wrong), checksum="")
        with pytest.raises(UserError, match=reason):
            get(other)


def test_members_keep_their_folders(get: Fetcher, tmp_path: Path) -> None:
    """Paths are relative to a folder of the archive; files of one base name stay apart."""
    files = {"package/a/1.svg": b"1", "package/b/1.svg": b"2", "package/c.json": b"{}", "x": b""}
    source = Source(
        f"file:{write_tar(tmp_path / 'x.tgz', files)}",
        500,
        ("package/?/*.svg", "package/*.json"),
        below="package",
    )
    file = get(make_asset(File("x.zip", 500, "", (source,))))
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["a/1.svg", "b/1.svg", "c.json"]
    for wrong, reason in (
        (replace(source, below="packages"), "is not inside the folder 'packages'"),
        (replace(source, member=("package/a/*", "package/d/*")), r"no member package/d/\*"),
    ):
        with pytest.raises(UserError, match=reason):
            get(make_asset(File("y.zip", 500, "", (wrong,))))


def test_a_large_tar_becomes_a_zip_in_little_memory(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of files go through the disk; their paths and bytes stay."""
    files = {f"shoes/{n % 2}/{n}.jpg": n.to_bytes(2) * 4000 for n in range(1000)}
    path = write_tar(tmp_path / "shoes.tar.gz", files)
    monkeypatch.setattr(unpacking, "MEMORY_BYTES", 10_000)
    asset = make_asset(
        File("shoes.zip", 8_000_000, "", (Source(f"file:{path}", 500, "*", below=""),))
    )
    tracemalloc.start()
    try:
        file = get(asset)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    with zipfile.ZipFile(file) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_an_unsafe_tar_is_not_repacked(get: Fetcher, tmp_path: Path) -> None:
    """A path outside its folder is refused before any file is written."""
    path = write_tar(tmp_path / "x.tgz", {"a/1.jpg": b"1", "../evil": b"2"})
    asset = make_asset(File("x.zip", 500, "", (Source(f"file:{path}", 500, "*", below=""),)))
    with pytest.raises(UserError, match="leaves its folder"):
        get(asset)
    assert not list((tmp_path / "cache" / "assets").glob("*.zip"))
