"""Connection limits on a real port: timeouts of slow clients and the number of connections."""

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
from tiny_demo import SIDE, PausedModels, cross_image, post_image, running_server

from s2f_core.common.images import encode_png
from s2f_core.demo import connection_limits, uploads
from s2f_core.demo.models import DemoModel
from s2f_core.demo.server import server_config

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server
paused_models = tiny_demo.paused_models

HEAD = b"POST /api/picture?model=lines&client=a HTTP/1.1\r\nHost: localhost\r\n"
PICTURE = HEAD + b"Content-Type: application/octet-stream\r\n"
PAGE = b"GET /page/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
LAST_PAGE = PAGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
START_OF_PAGE = b"// The page: canvas"
SHORT, LONG = 0.3, 60.0


@pytest.fixture
def impatient_server(
    root: Path, models: dict[str, DemoModel], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of a demo with a short client timeout."""
    monkeypatch.setattr(connection_limits, "CLIENT_TIMEOUT", SHORT)
    with running_server(root, models) as address:
        yield address


def _connect(server: str) -> socket.socket:
    url = urlsplit(server)
    return socket.create_connection((url.hostname, url.port), 30)


def _receive_all(connection: socket.socket) -> bytes:
    """Receive until the server closes the connection; fails after 30 seconds without data."""
    data = b""
    try:
        while part := connection.recv(2**16):
            data += part
    except ConnectionResetError:  # the server had not read all that the test sent
        pass
    return data


def _send_forever(connection: socket.socket, start: bytes) -> None:
    connection.sendall(start)
    while True:
        connection.sendall(b"x")


@pytest.mark.parametrize(
    "data",
    [b"", b"G", HEAD, PICTURE + b"Content-Length: 768\r\n\r\n" + bytes(9), PAGE * 2 + b"GET"],
    ids=["nothing", "a byte", "headers", "a body", "requests and a byte"],
)
def test_incomplete_request_times_out(impatient_server: str, data: bytes) -> None:
    """The connection is closed wherever the request stops; other clients are served."""
    with _connect(impatient_server) as connection:
        connection.sendall(data)
        response = _receive_all(connection)
    assert response.count(b"HTTP/1.1 200 OK") == data.count(PAGE)
    drawing = encode_png(cross_image(SIDE, 5))
    assert post_image(impatient_server, "picture", drawing, model="lines").status_code == 200


def test_single_bytes_do_not_restart_the_timeout(impatient_server: str) -> None:
    """Headers that never end close the connection."""
    with _connect(impatient_server) as connection, pytest.raises(OSError, match=r"reset|pipe"):
        _send_forever(connection, HEAD + b"X: ")


def test_unread_response_times_out(
    impatient_server: str,
    root: Path,
    models: dict[str, DemoModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The response is larger than all buffers; a client that reads it gets all of it."""
    small = models["lines"].session.path
    large = small.with_name("large.onnx")
    large.write_bytes(bytes(16 * 2**20))
    monkeypatch.setattr(models["lines"].session, "path", large)
    request = b"GET /models/lines.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with _connect(impatient_server) as idle, _connect(impatient_server) as reading:
        idle.sendall(request)
        reading.sendall(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert len(_receive_all(reading)) > 16 * 2**20
        with pytest.raises(OSError, match=r"reset|pipe"):
            _send_forever(idle, b"")


def test_client_can_read_the_error_before_the_connection_closes(
    root: Path, models: dict[str, DemoModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that is too large, by its header or its bytes, gets 413 before it ends."""
    monkeypatch.setattr(connection_limits, "CLIENT_TIMEOUT", LONG)
    monkeypatch.setattr(connection_limits, "LINGER", SHORT)
    chunk = b"%x\r\n%b\r\n" % (uploads.MAX_BYTES + 1, bytes(uploads.MAX_BYTES + 1))
    with running_server(root, models) as address:
        for body in (
            b"Content-Length: 9000000000\r\n\r\n",
            b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
        ):
            with _connect(address) as connection:
                connection.sendall(PICTURE + body)
                response = _receive_all(connection)
            assert response.startswith(b"HTTP/1.1 413 ")
            assert b"at most 4,194,304 bytes" in response


def test_connection_serves_several_requests(server: str) -> None:
    """One after the other, and three sent at once."""
    with _connect(server) as connection:
        for count in (1, 3):
            connection.sendall(PAGE * count)
            response = b""
            while response.count(START_OF_PAGE) < count:
                response += connection.recv(2**16)
            assert response.count(b"HTTP/1.1 200 OK") == count
        connection.sendall(LAST_PAGE)
        assert _receive_all(connection).startswith(b"HTTP/1.1 200 OK")


def test_longest_idle_connection_makes_room(
    root: Path, models: dict[str, DemoModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the limit a new connection is served and the oldest idle one is closed."""
    monkeypatch.setattr(connection_limits, "MAX_CONNECTIONS", 3)
    with running_server(root, models) as address, ExitStack() as stack:
        idle = [stack.enter_context(_connect(address)) for _ in range(3)]
        for connection in idle:  # so that the server accepts them in this order
            connection.sendall(PAGE)
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
        assert requests.get(f"{address}/api/models", timeout=30).status_code == 200
        assert START_OF_PAGE in _receive_all(idle[0])
        idle[2].sendall(LAST_PAGE)
        assert _receive_all(idle[2]).count(START_OF_PAGE) == 2


def test_new_connection_gets_503_while_all_others_are_served(
    root: Path,
    models: dict[str, DemoModel],
    paused_models: PausedModels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection whose response is being computed is not closed."""
    monkeypatch.setattr(connection_limits, "MAX_CONNECTIONS", 1)
    monkeypatch.setattr(tiny_demo, "server_config", lambda app: _limited_config(app, 2))
    with running_server(root, models) as address, _connect(address) as first:
        first.sendall(PICTURE + b"Content-Length: 768\r\n\r\n" + bytes(768))
        assert paused_models.started.wait(10)
        with _connect(address) as second:
            second.sendall(LAST_PAGE)
            assert _receive_all(second).startswith(b"HTTP/1.1 503 ")
        paused_models.resume.set()
        assert first.recv(15) == b"HTTP/1.1 200 OK"


def _limited_config(app: FastAPI, limit: int) -> uvicorn.Config:
    config = server_config(app)
    config.limit_concurrency = limit
    return config
