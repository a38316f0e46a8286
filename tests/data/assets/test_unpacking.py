"""From what a source or a mirror gives to the one file of an asset."""

from __future__ import annotations

import hashlib
import subprocess
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import BODY, PHOTOS, Fetcher, asset, collection, photos, tarred, zipped

from s2f_core.common.errors import UserError
from s2f_core.data.assets import File, Source, unpacking


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
        tarred(path, {"p/code.py": b"x"} | PHOTOS)
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
    [("p/none", "has no member p/none"), ("p/photos/*", "matches p/photos/.*, but must match one")],
)
def test_member_must_be_one(get: Fetcher, tmp_path: Path, member: str, reason: str) -> None:
    """An asset of one file does not guess which."""
    path = zipped(tmp_path / "x.zip", PHOTOS)
    with pytest.raises(UserError, match=reason):
        get(asset(Source(f"file:{path}", 500, member=member)))


def test_large_member_is_refused(get: Fetcher, tmp_path: Path) -> None:
    """What is many times the catalogue's size is not unpacked."""
    path = zipped(tmp_path / "x.zip", {"a": bytes(3_000_000)})
    for given in (asset, photos):
        with pytest.raises(UserError, match="a has 3,000,000 bytes"):
            get(given(Source(f"file:{path}", 500, member="a")))


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
    (mirror / "host.example/download").mkdir()
    (mirror / "host.example/download/1_a-B").write_bytes(BODY)
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
            Source("https://host.example/download?confirm=t&id=1_a-B", 140_000),
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
        ("https://host.example/x?id=..%2F..%2F..%2Fx", "leaves the mirror"),
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


def test_pieces_are_joined_as_listed(get: Fetcher, tmp_path: Path) -> None:
    """The order is that of the catalogue, not the archive's, and each piece is one member."""
    path = tarred(
        tmp_path / "x.tgz", {"p/c3": BODY[200:], "p/a1": BODY[:100], "p/b2": BODY[100:200]}
    )
    listed = ("p/a*", "p/b2", "p/c*")
    assert get(asset(Source(f"file:{path}", 500, listed))).read_bytes() == BODY
    get.folder = tmp_path / "other"
    for wrong, reason in (
        (("p/a1", "p/d*"), "no member p/d"),
        (("p/*",), "p/c3 and p/a1, but must match one"),
    ):
        other = asset(Source(f"file:{path}", 500, wrong), checksum="")
        with pytest.raises(UserError, match=reason):
            get(other)


def test_members_keep_their_folders(get: Fetcher, tmp_path: Path) -> None:
    """Paths are those below a folder of the archive; files of one base name stay apart."""
    files = {"package/a/1.svg": b"1", "package/b/1.svg": b"2", "package/c.json": b"{}", "x": b""}
    source = Source(
        f"file:{tarred(tmp_path / 'x.tgz', files)}",
        500,
        ("package/?/*.svg", "package/*.json"),
        below="package",
    )
    got = get(collection(File("x.zip", 500, "", (source,))))
    with zipfile.ZipFile(got) as archive:
        assert archive.namelist() == ["a/1.svg", "b/1.svg", "c.json"]
    for wrong, reason in (
        (replace(source, below="packages"), "is not inside the folder 'packages'"),
        (replace(source, member=("package/a/*", "package/d/*")), r"no member package/d/\*"),
    ):
        with pytest.raises(UserError, match=reason):
            get(collection(File("y.zip", 500, "", (wrong,))))


def test_tar_of_many_files_becomes_a_zip_in_little_memory(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of files go by way of the disk; their paths and bytes stay."""
    files = {f"shoes/{n % 2}/{n}.jpg": n.to_bytes(2) * 4000 for n in range(1000)}
    path = tarred(tmp_path / "shoes.tar.gz", files)
    monkeypatch.setattr(unpacking, "MEMORY_BYTES", 10_000)
    given = collection(
        File("shoes.zip", 8_000_000, "", (Source(f"file:{path}", 500, "*", below=""),))
    )
    tracemalloc.start()
    try:
        got = get(given)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    with zipfile.ZipFile(got) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def test_unsafe_tar_is_not_repacked(get: Fetcher, tmp_path: Path) -> None:
    """A path out of its folder is refused before anything of the archive is kept."""
    path = tarred(tmp_path / "x.tgz", {"a/1.jpg": b"1", "../evil": b"2"})
    given = collection(File("x.zip", 500, "", (Source(f"file:{path}", 500, "*", below=""),)))
    with pytest.raises(UserError, match="leaves its folder"):
        get(given)
    assert not list((tmp_path / "cache" / "assets").glob("*.zip"))
