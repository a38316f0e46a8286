"""Assets of several files, and what can be known of a file without a published sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Site, serve
from tiny import BODY, Fetcher, asset, collection, tarred

from s2f_core.common.errors import UserError
from s2f_core.data.assets import File, Source

MD5 = hashlib.md5(BODY, usedforsecurity=False).hexdigest()
WAY = "/download?export=download&confirm=t&id="


@pytest.fixture
def site() -> Iterator[Site]:
    """A server with two files that only their query tells apart."""
    with serve(Site({f"{WAY}1": BODY, f"{WAY}2": b"two"})) as served:
        yield served


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    """A fetcher to the folder "out"."""
    return Fetcher(tmp_path, monkeypatch)


def two(site: Site) -> tuple[File, File]:
    """A file with an md5, and one in a folder with no checksum."""
    return (
        File("one.bin", len(BODY), f"md5:{MD5}", (Source(f"{site.url}{WAY}1", len(BODY)),)),
        File("sub/two.bin", 3, "", (Source(f"{site.url}{WAY}2", 3),)),
    )


def test_all_files_come(site: Site, get: Fetcher) -> None:
    """Each lies under its own path, and the cache has both for the next time."""
    get(collection(*two(site)))
    assert (get.folder / "one.bin").read_bytes() == BODY
    assert (get.folder / "sub/two.bin").read_bytes() == b"two"
    get(collection(*two(site)))
    get.folder = get.folder / "again"
    get(collection(*two(site)))
    assert (get.folder / "sub/two.bin").read_bytes() == b"two"
    assert len(site.asked) == 2


def test_a_fetch_that_broke_goes_on_file_by_file(site: Site, get: Fetcher) -> None:
    """What came is kept, and is not asked for again."""
    site.statuses = [200, 500, 500, 500, 500]
    with pytest.raises(UserError, match=r"tiny/sub/two\.bin cannot be downloaded:\n.*500"):
        get(collection(*two(site)))
    assert (get.folder / "one.bin").read_bytes() == BODY
    get(collection(*two(site)))
    assert len(site.asked) == 6


def test_wrong_md5(site: Site, get: Fetcher) -> None:
    """A published md5 is held against what comes."""
    one = replace(two(site)[0], checksum=f"md5:{'0' * 32}")
    with pytest.raises(UserError, match=f"wrong checksum: expected md5:0+, got md5:{MD5}"):
        get(collection(one))
    assert not get.folder.exists()


def test_checksum_of_what_travels(get: Fetcher, tmp_path: Path) -> None:
    """Where that of the archive is published, the archive is checked and what is in it kept."""
    path = tarred(tmp_path / "x.tgz", {"x/a": b"1"})
    known = f"md5:{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}"
    for checksum in (f"md5:{'0' * 32}", known):
        source = Source(f"file:{path}", 500, "*", checksum=checksum, below="")
        given = collection(File("x.zip", 500, "", (source,)))
        if checksum == known:
            assert get(given).exists()
        else:
            with pytest.raises(UserError, match=f"expected {checksum}, got {known}"):
                get(given)


def test_what_came_first_is_remembered(
    site: Site, get: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a published checksum the log tells the sha256, and damage is seen by it."""
    caplog.set_level("INFO")
    got = get(asset(Source(f"{site.url}{WAY}1", len(BODY)), checksum=""))
    came = hashlib.sha256(BODY).hexdigest()
    assert (
        f"tiny/tiny.bin: no checksum is published; recorded that of the download: sha256:{came}"
        in (caplog.text)
    )
    got.write_bytes(BODY[:-1] + b"X")
    (kept,) = get.cached.parent.glob("*-tiny.bin")
    assert came not in kept.name
    assert get(asset(Source(f"{site.url}{WAY}1", len(BODY)), checksum="")).read_bytes() == BODY
    kept.write_bytes(b"damaged")
    got.unlink()
    assert get(asset(Source(f"{site.url}{WAY}1", len(BODY)), checksum="")).read_bytes() == BODY
    assert len(site.asked) == 2


def test_what_only_a_person_may_fetch(get: Fetcher) -> None:
    """The error says where, what and to which place; what a person put there is left alone."""
    given = replace(
        collection(File("a/photo", 1, "", ()), File("a/sketch", 1, "", ())),
        manual_steps="agree, download x.7z and put a",
    )
    (get.folder / "a/photo").mkdir(parents=True)
    expected = rf"has no a/sketch\. .* At https://tiny\.example, agree, .* put a into {get.folder}"
    with pytest.raises(UserError, match=expected):
        get(given)
    assert given.availability(get.folder) == "part"
    (get.folder / "a/sketch").mkdir()
    get(given)
    assert given.availability(get.folder) == "yes"
    assert given.availability(get.folder / "elsewhere") == "no"
