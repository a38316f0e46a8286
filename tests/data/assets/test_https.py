"""Downloads from a loopback server that cuts, lies and refuses."""

from __future__ import annotations

import errno
import io
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from loopback import Site, serve
from servers import free_port

from s2f_core.common.atomic import DiskFullError
from s2f_core.common.errors import UserError
from s2f_core.data.assets import https

BODY = bytes(range(256)) * 4000


class Client:
    """Downloads ``/file`` of a site into a folder and records the waits."""

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


def test_a_complete_download_leaves_only_the_file(client: Client) -> None:
    """One request, and no partial file is left."""
    assert client.download() == BODY
    assert client.site.requests == [None]
    assert [path.name for path in client.target.parent.iterdir()] == ["x"]


@pytest.mark.parametrize("sends_length", [True, False])
def test_an_empty_file_is_downloaded(client: Client, sends_length: bool) -> None:
    """An empty file is valid."""
    client.site.files["/file"] = b""
    client.site.sends_length = sends_length
    assert client.download() == b""


def test_a_broken_connection_is_resumed(client: Client) -> None:
    """After two breaks the requested ranges start at the bytes received."""
    client.site.cuts = [300_000, 100_000]
    assert client.download() == BODY
    assert client.site.requests[0] is None
    starts = [int(str(value)[6:-1]) for value in client.site.requests[1:]]
    assert len(starts) == 2
    assert 0 < starts[0] <= 300_000
    assert starts[0] <= starts[1] <= starts[0] + 100_000
    assert client.waits == [1.0, 2.0]


def test_a_partial_file_of_an_earlier_run_is_resumed(client: Client) -> None:
    """A partial file left by a killed process is not downloaded again."""
    client.part.write_bytes(BODY[:1000])
    assert client.download() == BODY
    assert client.site.requests == ["bytes=1000-"]


def test_a_server_that_ignores_ranges_restarts_the_file(client: Client) -> None:
    """An answer of 200 to a range replaces the partial file."""
    client.site.ranges = False
    client.part.write_bytes(BODY[:1000])
    assert client.download() == BODY


def test_a_wrong_content_range_restarts_the_file(client: Client) -> None:
    """Bytes from another offset are discarded with the partial file."""
    client.site.shift = 5
    client.part.write_bytes(BODY[:1000])
    assert client.download() == BODY
    assert client.site.requests == ["bytes=1000-", None]


def test_a_partial_file_that_is_too_long_is_discarded(client: Client) -> None:
    """The server answers 416."""
    client.part.write_bytes(BODY + b"more")
    assert client.download() == BODY
    assert client.site.requests[1:] == [None]


def test_a_changed_file_is_not_mixed_with_an_old_part(client: Client) -> None:
    """With the kept ETag the server sends the new version whole."""
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
def test_transient_statuses_are_retried(client: Client, status: int) -> None:
    """The waits double."""
    client.site.statuses = [status] * 3
    assert client.download() == BODY
    assert client.waits == [1.0, 2.0, 4.0]


def test_a_download_fails_after_four_attempts(client: Client) -> None:
    """If the server keeps failing."""
    client.site.statuses = [500] * 9
    with pytest.raises(UserError, match=r"4 attempts failed.*500"):
        client.download()
    assert len(client.site.requests) == 4


def test_a_missing_file_is_not_retried(client: Client) -> None:
    """404 is final."""
    client.site.files.clear()
    with pytest.raises(UserError, match="404"):
        client.download()
    assert client.waits == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "the server answered 403 Forbidden"),
        (407, "the proxy wants a user name and a password: set HTTPS_PROXY"),
    ],
)
def test_a_refusal_is_not_retried(client: Client, status: int, reason: str) -> None:
    """A person has to do something first."""
    client.site.statuses = [status] * 9
    with pytest.raises(UserError, match=re.escape(reason)):
        client.download()
    assert client.waits == []


def test_a_proxy_that_is_away_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password stays hidden."""
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("http_proxy", f"http://me:s3cr3t@127.0.0.1:{free_port()}")
    client.site.url = "http://host.example"
    with pytest.raises(UserError) as caught:
        client.download()
    assert "the proxy of HTTPS_PROXY or HTTP_PROXY does not answer" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_refused(client: Client, content_type: str) -> None:
    """A login page with status 200, whatever its content type."""
    client.site.content_type = content_type
    client.site.files["/file"] = b"\xef\xbb\xbf\n<!DOCTYPE html><title>Log in</title>"
    with pytest.raises(UserError, match=r"web page .* the network may ask for a login"):
        client.download()
    assert not client.target.exists()


def test_a_refused_connection_is_not_retried(client: Client) -> None:
    """So that the next source can be tried."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound, not listening
        client.site.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(UserError, match=r"no connection: .*refused"):
            client.download()
    assert client.waits == []


def test_an_unknown_host_is_not_retried(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is final."""

    def unknown(*_args: object, **_named: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setenv("NO_PROXY", "example.invalid")
    client.site.url = "http://example.invalid"
    with pytest.raises(UserError, match=r"no connection: .*not known"):
        client.download()
    assert client.waits == []


def test_a_redirect_is_followed(client: Client) -> None:
    """To the address that the server sends."""
    client.site.redirects["/file"] = "/moved"
    client.site.files["/moved"] = BODY
    assert client.download() == BODY


def test_circular_redirects_are_not_retried(client: Client) -> None:
    """Another attempt would end the same way."""
    client.site.redirects |= {"/file": "/there", "/there": "/file"}
    with pytest.raises(UserError, match="the request failed: Exceeded 30 redirects"):
        client.download()
    assert client.waits == []
    assert not client.part.exists()


def test_a_stalled_download_is_resumed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stays open but brings nothing more."""
    monkeypatch.setattr(https, "TIMEOUTS", (1.0, 0.1))
    client.site.stalls = [2 * https.CHUNK_BYTES]
    assert client.download() == BODY
    assert client.site.requests == [None, f"bytes={2 * https.CHUNK_BYTES}-"]


def test_an_answer_over_the_limit_is_stopped(client: Client) -> None:
    """No partial file is left."""
    client.site.sends_length = False
    with pytest.raises(UserError, match="more than the 1,000 bytes"):
        client.download(limit=1000)
    assert not client.part.exists()


def test_a_full_disk_is_detected_before_writing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The declared size is compared with the free space."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2**19))
    with pytest.raises(DiskFullError, match=r"1\.0 MiB needed, 0\.5 MiB free"):
        client.download()
    assert not client.part.exists()


def test_a_disk_that_becomes_full_leaves_the_partial_file(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is DiskFullError, and the download can be resumed."""

    class Tight(io.FileIO):
        def write(self, data: Any) -> int:
            if self.tell() >= 500_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data) or 0

    real = Path.open

    def tight(path: Path, mode: str = "r", **options: Any) -> Any:
        return Tight(path, mode) if mode in {"wb", "ab"} else real(path, mode, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", tight)
        with pytest.raises(DiskFullError, match=r"x\.part: the disk is full"):
            client.download()
    size = client.part.stat().st_size
    assert size >= 500_000
    assert client.download() == BODY
    assert client.site.requests == [None, f"bytes={size}-"]
