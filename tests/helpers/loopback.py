"""A small web server on loopback that supports ranges and fails on request."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """The files of a server, its failures, and the ranges that were requested.

    Each answer uses one item of ``cuts``, ``stalls`` and ``statuses``: end after so many bytes,
    send nothing more after so many, answer with this status. ``redirects`` maps paths to addresses.
    """

    files: dict[str, bytes]
    ranges: bool = True
    shift: int = 0
    cuts: list[int] = field(default_factory=list)
    stalls: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/octet-stream"
    etag: str = ""
    sends_length: bool = True
    requests: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serve a site on a free port; ``site.url`` is its address without a final slash."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requested = self.headers.get("Range")
            site.requests.append(requested)
            if location := site.redirects.get(self.path):
                self.send_response(302)
                self.send_header("Location", location)
                self.end_headers()
                return
            body = site.files.get(self.path)
            status = site.statuses.pop(0) if site.statuses else 200 if body is not None else 404
            body = body or b""
            same = self.headers.get("If-Range", site.etag) == site.etag
            start = 0
            if status == 200 and site.ranges and requested and same:
                match = re.fullmatch(r"bytes=(\d+)-", requested)
                start = int(match[1]) if match else 0
                status = 206 if start < len(body) else 416
            self.send_response(status)
            self.send_header("Content-Type", site.content_type)
            if site.etag:
                self.send_header("ETag", site.etag)
            if status == 206:
                first = start + site.shift
                self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
            content = body[start:] if status in {200, 206, 404} else b""
            if site.sends_length:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            cut = site.cuts.pop(0) if site.cuts else len(content)
            if site.stalls:
                self.wfile.write(content[: site.stalls.pop(0)])
                self.connection.recv(1)  # until the client gives up
                return
            self.wfile.write(content[:cut])

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that accepts connections, in its backlog, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield server.getsockname()[1]
