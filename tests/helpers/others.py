"""Who else is there while people draw: those who flood, dawdle, and send what nobody can use."""

from __future__ import annotations

import itertools
import re
from collections.abc import Coroutine

from crowd import Crowd, post

MIB = 2**20


def others(crowd: Crowd) -> list[Coroutine[None, None, None]]:
    """Two who flood on eight connections each, forty who dawdle, and some who send garbage."""
    model = crowd.models[0]
    numbers = itertools.count()
    picture = post("picture", crowd.drawings[0], model=model, client="slow")
    head, _, body = picture.partition(b"\r\n\r\n")
    page = b"GET /page/main.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    large = f"GET /models/{model}.onnx HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 8
    chunked = head.replace(b"Content-Length", b"X") + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    long = re.sub(rb"(Content-Length: )\d+", rb"\g<1>9000000000", head) + b"\r\n\r\n"
    bad = itertools.cycle(malformed(model))
    megabyte = bytes(MIB)
    dawdlers = [
        ("slow: headers", head[:20], b"x" * 1000),
        ("slow: body", head + b"\r\n\r\n", body),
        ("slow: asks nothing", b"", b""),
        ("slow: asks once", page, b""),
    ]
    return [
        *(crowd.greedy("greedy, one name", lambda: "greedy") for _ in range(8)),
        *(crowd.greedy("greedy, any name", lambda: f"greedy-{next(numbers)}") for _ in range(8)),
        *(crowd.slow(*dawdler) for dawdler in dawdlers for _ in range(8)),
        *(crowd.slow("slow: reads nothing", large, b"G" * 1000, reads=False) for _ in range(8)),
        *(crowd.endless("oversized", long, megabyte) for _ in range(2)),
        *(
            crowd.endless("without end", chunked, b"%X\r\n%b\r\n" % (MIB, megabyte))
            for _ in range(2)
        ),
        *(crowd.refused("malformed", lambda: next(bad), 0.1) for _ in range(3)),
    ]


def malformed(model: str) -> list[bytes]:
    """Requests that are none, or ask for what is not there, or send what is no drawing."""
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x02\x00\x00\x00"
    asked = {"model": model, "client": "bad"}
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
        post("picture", b"no chunk", **asked).replace(
            b"Content-Length: 8", b"Transfer-Encoding: chunked"
        ),
        post("picture", b"", **asked),
        post("picture", png, "image/png", **asked),
        post("picture", bytes(100), "text/html", **asked),
        post("picture", bytes(100), "image/png", **asked),
        post(
            "picture", bytes(100), client="\x00", model="\udcff".encode("utf-8", "replace").decode()
        ),
        post("hints", bytes(47), **asked),
    ]
