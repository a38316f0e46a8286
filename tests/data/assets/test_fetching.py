"""Fetching: sources in order, the cache, and a destination that is whole or absent."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from loopback import Site, serve
from tiny_asset import BODY, SHA256, Fetcher, single_file_asset

from s2f_core.common.atomic import DiskFullError
from s2f_core.common.errors import UserError
from s2f_core.data.assets import CATALOGUE, File, Source, fetch, fetching, packages
from stages.fetch import fetch as stage

FILES = [file for entry in CATALOGUE.values() for file in entry.files]


@pytest.fixture
def site() -> Iterator[Site]:
    """A server with a good file and a bad one."""
    with serve(Site({"/tiny.bin": BODY, "/bad.bin": b"bad"})) as served:
        yield served


@pytest.fixture
def get(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    """A fetcher to the folder "out"."""
    return Fetcher(tmp_path, monkeypatch)


def test_every_entry_of_the_catalogue_is_complete() -> None:
    """Each has a description, a licence and a source for each file."""
    assert {"celeba-1k", "u2netp", "inception", "dat-x2", "celeba", "hed"} <= set(CATALOGUE)
    for name, entry in CATALOGUE.items():
        assert name == entry.name
        assert re.fullmatch("[a-z0-9_-]+", name)  # it is part of a stage's name
        assert all((entry.description, entry.licence, entry.citation, entry.files))
        assert entry.page.startswith("https://")
        assert len({file.filename for file in entry.files}) == len(entry.files)
        assert all(bool(file.sources) is not bool(entry.manual_steps) for file in entry.files)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.filename)
def test_checksums_and_sources_of_the_catalogue_are_valid(file: File) -> None:
    """Checksums have the length of their kind, and sources have a known scheme."""
    lengths = {"sha256": 32, "members": 32, "md5": 16}
    for known in (file.checksum, *(source.checksum for source in file.sources)):
        kind, _, digits = known.partition(":")
        assert not known or len(bytes.fromhex(digits)) == lengths[kind]
    for source in file.sources:
        scheme, rest = source.address.split(":", 1)
        assert scheme in fetching.SCHEMES
        assert scheme not in {"pypi", "npm"} or packages.parse_package(scheme, rest)
        assert scheme not in {"pypi", "npm"} or source.member


def test_an_unknown_asset_is_an_error(get: Fetcher, tmp_path: Path) -> None:
    """The error lists the known ones, and nothing is written."""
    with pytest.raises(UserError, match=r"no asset 'celebs' \(known: celeba, .*u2netp\)"):
        fetch("celebs", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_cached_file_is_not_downloaded_again(site: Site, get: Fetcher, tmp_path: Path) -> None:
    """A second fetch, to another folder, sends no request; the copies are not linked."""
    asset = single_file_asset(Source(f"{site.url}/tiny.bin", 140_000))
    first = get(asset)
    get.folder = tmp_path / "other"
    second = get(asset)
    assert first.read_bytes() == second.read_bytes() == BODY
    assert len(site.requests) == 1
    assert first.stat().st_nlink == 1


def test_an_existing_correct_file_is_kept(site: Site, get: Fetcher) -> None:
    """A correct file at the destination is used without the cache."""
    get.folder.mkdir()
    (get.folder / "tiny.bin").write_bytes(BODY)
    get(single_file_asset(Source(f"{site.url}/tiny.bin", 140_000)))
    assert site.requests == []
    assert not get.cached.exists()


def test_a_damaged_cached_file_is_replaced(site: Site, get: Fetcher) -> None:
    """Damage in the cache or at the destination is detected."""
    asset = single_file_asset(Source(f"{site.url}/tiny.bin", 140_000))
    file = get(asset)
    get.cached.write_bytes(BODY[:-1] + b"X")
    file.write_bytes(b"")
    assert get(asset).read_bytes() == BODY
    assert get.cached.read_bytes() == BODY
    assert len(site.requests) == 2


def test_a_wrong_checksum_leads_to_the_next_source(
    site: Site, get: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names asset, source and both checksums; nothing of the bad file is left."""
    bad, good = Source(f"{site.url}/bad.bin", 3), Source(f"{site.url}/tiny.bin", 140_000)
    assert get(single_file_asset(bad, good)).read_bytes() == BODY
    for part in ("tiny", bad.address, SHA256, hashlib.sha256(b"bad").hexdigest()):
        assert part in caplog.text
    assert {path.name for path in get.cached.parent.iterdir()} <= {
        get.cached.name,
        f"{get.cached.name}.lock",
    }


def test_an_error_lists_all_failed_sources(site: Site, get: Fetcher, tmp_path: Path) -> None:
    """Each source with its reason, in order."""
    missing = tmp_path / "missing"
    sources = [
        Source(f"{site.url}/bad.bin", 3),
        Source(f"{site.url}/none", 3),
        Source(f"file:{missing}", 3),
        Source("ftp://host/x", 3),
    ]
    with pytest.raises(UserError) as error:
        get(single_file_asset(*sources))
    lines = str(error.value).splitlines()[1:5]
    reasons = ["wrong checksum", "404", f"no file {missing}", "unknown scheme (known: https:,"]
    for line, source, reason in zip(lines, sources, reasons, strict=True):
        assert line.startswith(f"  {source.address}: ")
        assert reason in line
    assert not get.cached.exists()
    assert not get.folder.exists()


def test_a_broken_download_is_resumed_by_the_next_run(site: Site, get: Fetcher) -> None:
    """The partial file stays in the cache if all attempts fail."""
    asset = single_file_asset(Source(f"{site.url}/tiny.bin", 140_000))
    site.cuts, site.statuses = [70_000], [200, 500, 500, 500]
    with pytest.raises(UserError, match="4 attempts"):
        get(asset)
    assert get(asset).read_bytes() == BODY
    assert site.requests[-1] == "bytes=65536-"


def test_a_damaged_partial_file_is_downloaded_again(
    site: Site, get: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    """It is of another version, or a power cut damaged it; the server sends no ETag."""
    given = single_file_asset(Source(f"{site.url}/tiny.bin", 140_000))
    site.cuts, site.statuses = [70_000], [200, 500, 500, 500]
    with pytest.raises(UserError, match="4 attempts"):
        get(given)
    (part,) = get.cached.parent.glob("*.part")
    part.write_bytes(b"another version" + part.read_bytes()[15:])
    assert get(given).read_bytes() == BODY
    assert site.requests[-2:] == ["bytes=65536-", None]
    assert "a resumed download was damaged (wrong checksum" in caplog.text


def test_no_message_shows_the_secrets_of_an_address(
    site: Site, get: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log nor the error."""
    caplog.set_level("INFO")
    addresses = [
        f"{site.url.replace('://', '://me:s3cr3t@')}/none",
        f"{site.url}/none?X-Amz-Signature=s3cr3t",
        "ftp://me:s3cr3t@host/x",
    ]
    with pytest.raises(UserError) as caught:
        get(single_file_asset(*(Source(address, 3) for address in addresses)))
    assert str(caught.value).count("404 Not Found") == 2
    assert "s3cr3t" not in caplog.text + str(caught.value)


def test_a_full_disk_ends_the_fetch(
    site: Site, get: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No source is tried; the error names path, needed and free space."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    with pytest.raises(
        DiskFullError, match=r"cache.*the disk is full: 0\.1 MiB needed, 0\.0 MiB free"
    ):
        get(single_file_asset(*[Source(f"{site.url}/tiny.bin", 140_000)] * 2))
    assert site.requests == []


def test_a_disk_that_becomes_full_leaves_the_old_file(
    site: Site, get: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No partial file is left."""
    get.folder.mkdir()
    (get.folder / "tiny.bin").write_bytes(b"old")

    def copy(_source: Path, target: Path) -> None:
        target.write_bytes(BODY[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", copy)
    with pytest.raises(UserError, match=r"tiny\.bin: the disk is full"):
        get(single_file_asset(Source(f"{site.url}/tiny.bin", 140_000)))
    assert {path.name: path.read_bytes() for path in get.folder.iterdir()} == {"tiny.bin": b"old"}


def test_the_destination_appears_whole(
    site: Site, get: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not exist during the copy."""
    exists = []
    real = shutil.copyfile

    def copy(source: Path, target: Path) -> None:
        real(source, target)
        exists.append((get.folder / "tiny.bin").exists())

    monkeypatch.setattr(shutil, "copyfile", copy)
    assert get(single_file_asset(Source(f"{site.url}/tiny.bin", 140_000))).exists()
    assert exists == [False]


def test_the_destination_is_replaced_and_not_overwritten(site: Site, get: Fetcher) -> None:
    """A reader of the old file still reads the old bytes."""
    get.folder.mkdir()
    (get.folder / "tiny.bin").write_bytes(b"old")
    with (get.folder / "tiny.bin").open("rb") as reader:
        get(single_file_asset(Source(f"{site.url}/tiny.bin", 140_000)))
        assert reader.read() == b"old"


def test_the_stage_writes_under_data_assets(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder has the asset's name."""
    (tmp_path / "given.bin").write_bytes(BODY)
    monkeypatch.setitem(CATALOGUE, "tiny", single_file_asset(Source("file:given.bin", 140_000)))
    monkeypatch.chdir(tmp_path)
    stage("tiny")
    assert (tmp_path / "data/assets/tiny/tiny.bin").read_bytes() == BODY


def test_an_unwritable_cache_is_an_error(
    get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the folder."""
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("S2F_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match="file/assets cannot be written"):
        get(single_file_asset(Source("https://host.example/x", 140_000)))


def test_simultaneous_fetches_download_once(
    site: Site, get: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait and use the cached file."""
    monkeypatch.setitem(
        CATALOGUE, "tiny", single_file_asset(Source(f"{site.url}/tiny.bin", 140_000))
    )
    barrier = threading.Barrier(3)

    def work(folder: Path) -> None:
        barrier.wait()
        fetch("tiny", folder)

    threads = [threading.Thread(target=work, args=(tmp_path / str(n),)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(site.requests) == 1
    assert all((tmp_path / str(n) / "tiny.bin").read_bytes() == BODY for n in range(3))
