"""Whom the demo answers, and with how much: over HTTP, on a real port."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from queue import Queue
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
import tiny_demo
from tiny_demo import SIDE, TYPE, Held, ask, cross, served

from s2f_core.common.images import encode_png
from s2f_core.demo import api, uploads
from s2f_core.demo.models import Model

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server
held = tiny_demo.held


def _noise(side: int) -> bytes:
    random = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return encode_png(random)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "empty file"),
        (b"no image", 400, "unreadable"),
        (_noise(64)[:2000], 400, "unreadable"),
        (encode_png(np.zeros((4, 3000, 3), np.uint8)), 400, "square, not 3000 by 4"),
        (encode_png(np.zeros((2100, 2100, 1), np.uint8)), 400, "is over 4,194,304 pixels"),
        (bytes(uploads.BYTES + 1), 413, "at most 4,194,304 bytes"),
        (b"GIF89a" + bytes(20), 400, "unreadable"),
    ],
)
def test_what_is_no_drawing_is_refused(server: str, body: bytes, status: int, says: str) -> None:
    """Nothing, no image, half of one, not square, too many pixels or bytes, another kind."""
    answer = ask(server, "picture", body, model="lines")
    assert answer.status_code == status
    assert says in answer.json()["error"]


@pytest.mark.parametrize(
    ("parameters", "status", "says"),
    [
        ({"model": "../lines"}, 404, "(lines, noisy, samples)"),
        ({"model": "lines", "seed": -1}, 422, "seed: "),
        ({"model": "lines", "upscale": "x9"}, 422, "upscale: "),
        ({"model": "lines", "client": "a b"}, 422, "client: "),
        ({}, 422, "model: "),
    ],
)
def test_what_cannot_be_asked_is_said(
    server: str, parameters: dict[str, str | int], status: int, says: str
) -> None:
    """A model, a seed, an upscaler or a client that is none, or that is missing."""
    answer = ask(server, "picture", encode_png(cross(SIDE, 5)), **parameters)
    assert answer.status_code == status
    assert says in answer.json()["error"]


@pytest.mark.parametrize("count", [0, 3 * 15, 3 * 16 + 1])
def test_bytes_that_are_no_square_are_refused(server: str, count: int) -> None:
    """Of RGB values, as the page sends them."""
    raw = {"content-type": "application/octet-stream"}
    parameters = {"model": "lines", "client": "ana"}
    answer = requests.post(
        f"{server}/api/picture", bytes(count), params=parameters, headers=raw, timeout=30
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == f"{count:,} bytes are no square of RGB values"


def test_only_images_of_the_kinds_that_pages_send(server: str) -> None:
    """A form, which any page may send without asking, is not taken."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "image/tiff"):
        answer = requests.post(
            f"{server}/api/picture",
            _noise(16),
            params={"model": "lines", "client": "ana"},
            headers={"content-type": kind},
            timeout=30,
        )
        assert answer.status_code == 415


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1.evil.example:80"}, 421),
        ({"host": "localhost:1"}, 200),
        ({"host": "[::1]:80"}, 200),
        ({"host": "10.0.0.7"}, 200),
    ],
)
def test_a_name_that_was_rebound_gets_nothing(
    server: str, headers: dict[str, str], status: int
) -> None:
    """The host has to be a number or this machine's own name."""
    assert requests.get(f"{server}/api/models", headers=headers, timeout=30).status_code == status


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
def test_other_pages_ask_for_nothing(server: str, headers: dict[str, str]) -> None:
    """Whatever a browser says of where a request comes from."""
    parameters = {"model": "lines", "client": "ana"}
    answer = requests.post(
        f"{server}/api/picture",
        encode_png(cross(SIDE, 5)),
        params=parameters,
        headers={**TYPE, **headers},
        timeout=30,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("path", ["/", "/api/models", "/nothing", "/page/board.js"])
def test_every_answer_is_fenced_in(server: str, path: str) -> None:
    """Nothing from elsewhere, in no frame, of no other type than it says; errors too."""
    headers = requests.get(f"{server}{path}", timeout=30).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py", "/page/%2e%2e%2fserver.py", "/page/..%5cserver.py",
        "/page//etc/passwd", "/models/../lines.onnx", "/models/..%2flines.onnx",
        "/runtime/..%2f..%2fx.mjs", "/docs",
    ],
)  # fmt: skip
def test_no_address_is_a_path(server: str, path: str) -> None:
    """Sent as it is, without a client's tidying."""
    where = urlsplit(server)
    with socket.create_connection((where.hostname, where.port), 30) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")


def test_a_full_desk_answers_at_once(
    root: Path, models: dict[str, Model], held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is computed, of a second client the newer waits, the older gets 409, a third's 503."""
    monkeypatch.setattr(api, "THREADS", 1)
    monkeypatch.setattr(api, "WAITING", 1)
    body = encode_png(cross(SIDE, 5))
    found: Queue[tuple[str, int]] = Queue()

    def begin(client: str) -> threading.Thread:
        def run() -> None:
            answer = ask(address, "picture", body, model="lines", client=client)
            found.put((client, answer.status_code))

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with served(root, models) as address:
        threads = [begin("ana")]
        held.begun.wait(10)
        threads += [begin("bo"), begin("bo")]
        assert found.get(timeout=10) == ("bo", 409)  # so the other one waits
        busy = ask(address, "picture", body, model="lines", client="cy")
        assert busy.status_code == 503
        assert busy.headers["retry-after"] == "1"
        held.go.set()
        for thread in threads:
            thread.join(10)
        assert sorted([found.get(timeout=1), found.get(timeout=1)]) == [("ana", 200), ("bo", 200)]
