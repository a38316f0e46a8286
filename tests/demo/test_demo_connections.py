"""How long a client may keep the demo waiting, and who makes room, on a real port."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import tiny_demo
import uvicorn
from fastapi import FastAPI
from tiny_demo import SIDE, Held, ask, cross, served

from s2f_core.common.images import encode_png
from s2f_core.demo import connection_limits, uploads
from s2f_core.demo.models import Model
from s2f_core.demo.server import configured

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server
held = tiny_demo.held

HEAD = b"POST /api/picture?model=lines&client=a HTTP/1.1\r\nHost: localhost\r\n"
PICTURE = HEAD + b"Content-Type: application/octet-stream\r\n"
PAGE = b"GET /page/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
SHORT, LONG = 0.3, 60.0


@pytest.fixture
def hasty(root: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a demo without patience."""
    monkeypatch.setattr(connection_limits, "PATIENCE", SHORT)
    with served(root, models) as address:
        yield address


def _open(server: str) -> socket.socket:
    where = urlsplit(server)
    return socket.create_connection((where.hostname, where.port), 30)


def _all(connection: socket.socket) -> bytes:
    """What comes until the server closes; a test hangs, and fails, where it does not."""
    found = b""
    try:
        while part := connection.recv(2**16):
            found += part
    except ConnectionResetError:  # it had not read all that was sent
        pass
    return found


def _push(connection: socket.socket, begin: bytes) -> None:
    connection.sendall(begin)
    while True:
        connection.sendall(b"x")


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", HEAD, PICTURE + b"Content-Length: 768\r\n\r\n" + bytes(9), PAGE * 2 + b"GET"],
    ids=["nothing", "a byte", "headers", "a body", "requests and a byte"],
)
def test_nobody_is_waited_for_longer(hasty: str, sent: bytes) -> None:
    """A connection that stops anywhere is closed, and others are answered."""
    with _open(hasty) as connection:
        connection.sendall(sent)
        found = _all(connection)
    assert found.count(b"HTTP/1.1 200 OK") == sent.count(PAGE)
    assert ask(hasty, "picture", encode_png(cross(SIDE, 5)), model="lines").status_code == 200


def test_a_byte_at_a_time_is_no_progress(hasty: str) -> None:
    """Headers that come for ever end the connection all the same."""
    with _open(hasty) as connection, pytest.raises(OSError, match=r"reset|pipe"):
        _push(connection, HEAD + b"X: ")


def test_an_answer_that_nobody_takes_is_dropped(
    hasty: str, root: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a file larger than all buffers between; whoever reads gets all of it."""
    file = models["lines"].session.path
    large = file.with_name("large.onnx")
    large.write_bytes(bytes(16 * 2**20))
    monkeypatch.setattr(models["lines"].session, "path", large)
    request = b"GET /models/lines.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with _open(hasty) as lazy, _open(hasty) as keen:
        lazy.sendall(request)
        keen.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert len(_all(keen)) > 16 * 2**20
        with pytest.raises(OSError, match=r"reset|pipe"):
            _push(lazy, b"")


def test_a_refusal_can_be_read_before_the_connection_ends(
    root: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body announced, or sent, of too many bytes: 413 at once, and the rest is not waited for."""
    monkeypatch.setattr(connection_limits, "PATIENCE", LONG)
    monkeypatch.setattr(connection_limits, "LINGER", SHORT)
    chunk = b"%x\r\n%b\r\n" % (uploads.BYTES + 1, bytes(uploads.BYTES + 1))
    with served(root, models) as address:
        for rest in (
            b"Content-Length: 9000000000\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
        ):
            with _open(address) as connection:
                connection.sendall(PICTURE + rest)
                found = _all(connection)
            assert found.startswith(b"HTTP/1.1 413 ")
            assert b"at most 4,194,304 bytes" in found


def test_a_connection_is_kept_while_somebody_uses_it(server: str) -> None:
    """Requests one after the other, and several sent at once, are answered on it."""
    with _open(server) as connection:
        for count in (1, 3):
            connection.sendall(PAGE * count)
            found = b""
            while found.count(b"// The page: sheets") < count:
                found += connection.recv(2**16)
            assert found.count(b"HTTP/1.1 200 OK") == count
        connection.sendall(PAGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert _all(connection).startswith(b"HTTP/1.1 200 OK")


def test_who_keeps_it_waiting_longest_makes_room(
    root: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More connections than may be: everybody new is served, the oldest idle one is closed."""
    monkeypatch.setattr(connection_limits, "MOST", 3)
    with served(root, models) as address, ExitStack() as stack:
        idle = [stack.enter_context(_open(address)) for _ in range(3)]
        for connection in idle:  # so that the server has seen them in this order
            connection.sendall(PAGE)
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
        assert requests.get(f"{address}/api/models", timeout=30).status_code == 200
        assert b"// The page: sheets" in _all(idle[0])
        idle[2].sendall(PAGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert _all(idle[2]).count(b"// The page: sheets") == 2


def test_where_all_are_served_a_new_one_is_told_to_come_back(
    root: Path, models: dict[str, Model], held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is thrown out whose answer is under way; the next is told 503, and then served."""
    monkeypatch.setattr(connection_limits, "MOST", 1)
    monkeypatch.setattr(tiny_demo, "configured", lambda app: _limited(app, 2))
    closing = PAGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with served(root, models) as address, _open(address) as first:
        first.sendall(PICTURE + b"Content-Length: 768\r\n\r\n" + bytes(768))
        assert held.begun.wait(10)
        with _open(address) as second:
            second.sendall(closing)
            assert _all(second).startswith(b"HTTP/1.1 503 ")
        held.go.set()
        assert first.recv(15) == b"HTTP/1.1 200 OK"


def _limited(app: FastAPI, most: int) -> uvicorn.Config:
    config = configured(app)
    config.limit_concurrency = most
    return config
