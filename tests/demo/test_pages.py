"""The page's files over HTTP on a real port: content types, and no paths out of the folder."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests
import tiny_demo

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html"),
        ("/browser", "text/html"),
        ("/page/main.js", "text/javascript"),
        ("/page/style.css", "text/css"),
        ("/models/lines.onnx", "application/octet-stream"),
    ],
)
def test_files_have_the_content_types_that_browsers_need(
    server: str, path: str, content_type: str
) -> None:
    """Browsers refuse modules and styles of another type."""
    response = requests.get(f"{server}{path}", timeout=30)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == content_type


def test_missing_runtime_names_the_command_that_fetches_it(server: str) -> None:
    """ONNX Runtime for browsers is optional."""
    response = requests.get(f"{server}/runtime/ort-wasm-simd-threaded.wasm", timeout=30)
    assert response.status_code == 404
    assert "s2f fetch onnxruntime-web" in response.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py", "/page/%2e%2e%2fserver.py", "/page/..%5cserver.py",
        "/page//etc/passwd", "/models/../lines.onnx", "/models/..%2flines.onnx",
        "/runtime/..%2f..%2fx.mjs", "/docs",
    ],
)  # fmt: skip
def test_paths_out_of_the_folder_are_not_found(server: str, path: str) -> None:
    """Sent over a socket, since HTTP clients normalise paths."""
    url = urlsplit(server)
    with socket.create_connection((url.hostname, url.port), 30) as connection:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404 ")
