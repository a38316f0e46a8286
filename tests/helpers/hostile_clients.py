"""The hostile clients of the load drill: floods, slow connections, endless and bad requests."""

from __future__ import annotations

import itertools
import re
from collections.abc import Coroutine

from drill_clients import Clients, post

MIB = 2**20


def hostile_clients(clients: Clients) -> list[Coroutine[None, None, None]]:
    """Two floods of eight connections each, forty slow, four endless and three bad clients."""
    model = clients.models[0]
    numbers = itertools.count()
    request = post("picture", clients.drawings[0], model=model, client="slow")
    head, _, body = request.partition(b"\r\n\r\n")
    page = b"GET /page/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    large_file = f"GET /models/{model}.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 8
    chunked = head.replace(b"Content-Length", b"X") + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    oversized = re.sub(rb"(Content-Length: )\d+", rb"\g<1>9000000000", head) + b"\r\n\r\n"
    bad_requests = itertools.cycle(malformed_requests(model))
    megabyte = bytes(MIB)
    slow_clients = [
        ("slow: headers", head[:20], b"x" * 1000),
        ("slow: body", head + b"\r\n\r\n", body),
        ("slow: asks nothing", b"", b""),
        ("slow: asks once", page, b""),
    ]
    return [
        *(clients.greedy("greedy, one name", lambda: "greedy") for _ in range(8)),
        *(clients.greedy("greedy, any name", lambda: f"greedy-{next(numbers)}") for _ in range(8)),
        *(clients.slow(*arguments) for arguments in slow_clients for _ in range(8)),
        *(
            clients.slow("slow: reads nothing", large_file, b"G" * 1000, reads=False)
            for _ in range(8)
        ),
        *(clients.endless("oversized", oversized, megabyte) for _ in range(2)),
        *(
            clients.endless("without end", chunked, b"%X\r\n%b\r\n" % (MIB, megabyte))
            for _ in range(2)
        ),
        *(clients.rejected("malformed", lambda: next(bad_requests), 0.1) for _ in range(3)),
    ]


def malformed_requests(model: str) -> list[bytes]:
    """Requests with broken HTTP, unknown paths, wrong parameters or bodies that are no image."""
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00"
    parameters = {"model": model, "client": "bad"}
    return [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"\x00garbage\r\n\r\n",
        b"GET /page/../../server.py HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /models/..%2f..%2fetc%2fpasswd.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"PATCH /api/picture HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
        post("picture", b"abc", model=model, client="bad").replace(b"h: 3", b"h: -3"),
        post("picture", b"no chunk", **parameters).replace(
            b"Content-Length: 8", b"Transfer-Encoding: chunked"
        ),
        post("picture", b"", **parameters),
        post("picture", png, "image/png", **parameters),
        post("picture", bytes(100), "text/html", **parameters),
        post("picture", bytes(100), "image/png", **parameters),
        post(
            "picture", bytes(100), client="\x00", model="\udcff".encode("utf-8", "replace").decode()
        ),
        post("hints", bytes(47), **parameters),
    ]
