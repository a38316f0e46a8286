"""Assets of several files, and checks of files without a published sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Site, serve
from tiny_asset import BODY, Fetcher, make_asset, single_file_asset, write_tar

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


def test_all_files_of_an_asset_are_fetched(site: Site, get: Fetcher) -> None:
    """Each has its own path, and the cache keeps both."""
    get(make_asset(*two(site)))
    assert (get.folder / "one.bin").read_bytes() == BODY
    assert (get.folder / "sub/two.bin").read_bytes() == b"two"
    get(make_asset(*two(site)))
    get.folder = get.folder / "again"
    get(make_asset(*two(site)))
    assert (get.folder / "sub/two.bin").read_bytes() == b"two"
    assert len(site.requests) == 2


def test_an_interrupted_fetch_continues_with_the_missing_file(site: Site, get: Fetcher) -> None:
    """Finished files are not downloaded again."""
    site.statuses = [200, 500, 500, 500, 500]
    with pytest.raises(UserError, match=r"tiny/sub/two\.bin cannot be downloaded:\n.*500"):
        get(make_asset(*two(site)))
    assert (get.folder / "one.bin").read_bytes() == BODY
    get(make_asset(*two(site)))
    assert len(site.requests) == 6


def test_a_wrong_md5_is_an_error(site: Site, get: Fetcher) -> None:
    """A published md5 is checked."""
    one = replace(two(site)[0], checksum=f"md5:{'0' * 32}")
    with pytest.raises(UserError, match=f"wrong checksum: expected md5:0+, got md5:{MD5}"):
        get(make_asset(one))
    assert not get.folder.exists()


def test_the_checksum_of_a_downloaded_archive_is_checked(get: Fetcher, tmp_path: Path) -> None:
    """If that of the archive is published, the archive is checked and its members are kept."""
    path = write_tar(tmp_path / "x.tgz", {"x/a": b"1"})
    known = f"md5:{hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()}"
    for checksum in (f"md5:{'0' * 32}", known):
        source = Source(f"file:{path}", 500, "*", checksum=checksum, below="")
        asset = make_asset(File("x.zip", 500, "", (source,)))
        if checksum == known:
            assert get(asset).exists()
        else:
            with pytest.raises(UserError, match=f"expected {checksum}, got {known}"):
                get(asset)


def test_the_checksum_of_a_first_download_is_recorded(
    site: Site, get: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a published checksum the log has the sha256, which later detects damage."""
    caplog.set_level("INFO")
    file = get(single_file_asset(Source(f"{site.url}{WAY}1", len(BODY)), checksum=""))
    checksum = hashlib.sha256(BODY).hexdigest()
    assert (
        f"tiny/tiny.bin: no checksum is published; recorded that of the download: sha256:{checksum}"
        in (caplog.text)
    )
    file.write_bytes(BODY[:-1] + b"X")
    (cached,) = get.cached.parent.glob("*-tiny.bin")
    assert checksum not in cached.name
    assert (
        get(single_file_asset(Source(f"{site.url}{WAY}1", len(BODY)), checksum="")).read_bytes()
        == BODY
    )
    cached.write_bytes(b"damaged")
    file.unlink()
    assert (
        get(single_file_asset(Source(f"{site.url}{WAY}1", len(BODY)), checksum="")).read_bytes()
        == BODY
    )
    assert len(site.requests) == 2


def test_a_manual_asset_has_instructions(get: Fetcher) -> None:
    """The error says where to get a file and where to put it; existing files are kept."""
    asset = replace(
        make_asset(File("a/photo", 1, "", ()), File("a/sketch", 1, "", ())),
        manual_steps="agree, download x.7z and put a",
    )
    (get.folder / "a/photo").mkdir(parents=True)
    expected = rf"has no a/sketch\. .* At https://tiny\.example, agree, .* put a into {get.folder}"
    with pytest.raises(UserError, match=expected):
        get(asset)
    assert asset.availability(get.folder) == "part"
    (get.folder / "a/sketch").mkdir()
    get(asset)
    assert asset.availability(get.folder) == "yes"
    assert asset.availability(get.folder / "elsewhere") == "no"
