"""Downloads from a loopback server that cuts, lies and refuses."""

from __future__ import annotations

import errno
import io
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from loopback import Site, serve

from s2f_core.common.atomic import DiskFullError
from s2f_core.common.errors import UserError
from s2f_core.data.assets import https

BODY = bytes(range(256)) * 4000


class Client:
    """Downloads ``/file`` of a site into a folder and keeps the waits it was told to make."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.part, self.target = site, folder / "x.part", folder / "x"
        self.waits: list[float] = []

    def download(self, limit: int = 10_000_000) -> bytes:
        """Download and read what came."""
        url = f"{self.site.url}/file"
        https.download(url, self.part, self.target, limit=limit, sleep=self.waits.append)
        return self.target.read_bytes()


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of a server that behaves."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve(Site({"/file": BODY})) as site:
        yield Client(site, tmp_path)


def test_whole_download_leaves_only_the_file(client: Client) -> None:
    """One request brings the file, and no part stays behind."""
    assert client.download() == BODY
    assert client.site.asked == [None]
    assert [path.name for path in client.target.parent.iterdir()] == ["x"]


@pytest.mark.parametrize("says_length", [True, False])
def test_file_of_no_bytes(client: Client, says_length: bool) -> None:
    """An empty file is a file."""
    client.site.files["/file"] = b""
    client.site.says_length = says_length
    assert client.download() == b""


def test_cut_connection_is_resumed_where_it_broke(client: Client) -> None:
    """After two cuts the ranges asked for start at the bytes that had come."""
    client.site.cuts = [300_000, 100_000]
    assert client.download() == BODY
    assert client.site.asked[0] is None
    starts = [int(str(asked)[6:-1]) for asked in client.site.asked[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] <= 300_000
    assert starts[0] <= starts[1] <= starts[0] + 100_000
    assert client.waits == [1.0, 2.0]


def test_part_of_an_earlier_run_is_resumed(client: Client) -> None:
    """A part left by a killed process is not downloaded again."""
    client.part.write_bytes(BODY[:1000])
    assert client.download() == BODY
    assert client.site.asked == ["bytes=1000-"]


def test_server_that_ignores_ranges(client: Client) -> None:
    """An answer of 200 to a range starts the file anew instead of being appended."""
    client.site.ranges = False
    client.part.write_bytes(BODY[:1000])
    assert client.download() == BODY


def test_wrong_content_range_starts_anew(client: Client) -> None:
    """Bytes from elsewhere than asked are thrown away together with the part."""
    client.site.shift = 5
    client.part.write_bytes(BODY[:1000])
    assert client.download() == BODY
    assert client.site.asked == ["bytes=1000-", None]


def test_part_longer_than_the_file_starts_anew(client: Client) -> None:
    """416 means that the part is of something else."""
    client.part.write_bytes(BODY + b"more")
    assert client.download() == BODY
    assert client.site.asked[1:] == [None]


def test_changed_file_is_not_mixed_with_an_old_part(client: Client) -> None:
    """The ETag kept beside a part makes the server send a new version whole."""
    client.site.etag = '"old"'
    client.site.cuts = [100_000] * 4
    client.site.files["/file"] = b"o" * len(BODY) * 3
    with pytest.raises(UserError, match="4 attempts failed"):
        client.download()
    client.site.etag, client.site.files["/file"] = '"new"', BODY
    assert 0 < client.part.stat().st_size < len(BODY)
    assert client.download() == BODY
    assert not client.part.exists()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_busy_server_is_asked_again(client: Client, status: int) -> None:
    """Statuses that may pass are waited for, twice as long each time."""
    client.site.statuses = [status] * 3
    assert client.download() == BODY
    assert client.waits == [1.0, 2.0, 4.0]


def test_attempts_end(client: Client) -> None:
    """A server that stays broken is given up after four attempts."""
    client.site.statuses = [500] * 9
    with pytest.raises(UserError, match=r"4 attempts failed.*500"):
        client.download()
    assert len(client.site.asked) == 4


def test_missing_file_is_final(client: Client) -> None:
    """404 is not asked for twice."""
    client.site.files.clear()
    with pytest.raises(UserError, match="404"):
        client.download()
    assert client.waits == []


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/octet-stream"])
def test_web_page_is_not_the_file(client: Client, content_type: str) -> None:
    """A login page with status 200 is refused, whatever it calls itself."""
    client.site.content_type = content_type
    client.site.files["/file"] = b"\n<!DOCTYPE html><title>Log in</title>"
    with pytest.raises(UserError, match="web page"):
        client.download()
    assert not client.target.exists()


def test_refused_connection_is_final(client: Client) -> None:
    """Where nobody listens no second attempt is made, so that another source has its turn."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        client.site.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match=r"no connection: .*refused"):
            client.download()
    assert client.waits == []


def test_unknown_host_is_final(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is not asked for again."""

    def unknown(*_args: object, **_named: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("NO_PROXY", "example.invalid")
    client.site.url = "http://example.invalid"
    with pytest.raises(UserError, match=r"no connection: .*not known"):
        client.download()
    assert client.waits == []


def test_a_file_that_has_moved_is_followed(client: Client) -> None:
    """To where the server says it is."""
    client.site.redirects["/file"] = "/moved"
    client.site.files["/moved"] = BODY
    assert client.download() == BODY


def test_redirects_in_a_circle_are_final(client: Client) -> None:
    """Another attempt would go round again."""
    client.site.redirects |= {"/file": "/there", "/there": "/file"}
    with pytest.raises(UserError, match="the request failed: Exceeded 30 redirects"):
        client.download()
    assert client.waits == []
    assert not client.part.exists()


def test_a_server_that_falls_silent_is_asked_for_the_rest(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection stays open and brings nothing more."""
    monkeypatch.setattr(https, "TIMEOUTS", (1.0, 0.1))
    client.site.stalls = [2 * https.CHUNK_BYTES]
    assert client.download() == BODY
    assert client.site.asked == [None, f"bytes={2 * https.CHUNK_BYTES}-"]


def test_endless_answer_is_stopped(client: Client) -> None:
    """More bytes than the catalogue allows are not stored, and no part of them stays."""
    client.site.says_length = False
    with pytest.raises(UserError, match="more than the 1,000 bytes"):
        client.download(limit=1000)
    assert not client.part.exists()


def test_too_little_room_is_told_before_writing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size the server declares is held against what is free."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2**19))
    with pytest.raises(DiskFullError, match=r"1\.0 MiB needed, 0\.5 MiB free"):
        client.download()
    assert not client.part.exists()


def test_disk_that_fills_up_leaves_the_part(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOSPC while writing is told like a full disk, and the download can be resumed."""

    class Tight(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() >= 500_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data) or 0

    real = Path.open

    def tight(path: Path, mode: str = "r", **named: Any) -> Any:
        return Tight(path, mode) if mode in {"wb", "ab"} else real(path, mode, **named)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", tight)
        with pytest.raises(DiskFullError, match=r"x\.part: the disk is full"):
            client.download()
    kept = client.part.stat().st_size
    assert kept >= 500_000
    assert client.download() == BODY
    assert client.site.asked == [None, f"bytes={kept}-"]
