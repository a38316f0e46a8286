"""Security checks over HTTP on a real port: hosts, origins and response headers."""

from __future__ import annotations

import pytest
import requests
import tiny_demo
from tiny_demo import SIDE, cross_image, post_image

from s2f_core.common.images import encode_png

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421),
        ("127.0.0.1.evil.example:80", 421),
        ("localhost:1", 200),
        ("[::1]:80", 200),
        ("10.0.0.7", 200),
    ],
)
def test_host_must_be_an_address_or_this_machine(server: str, host: str, status: int) -> None:
    """A domain that was rebound to this machine gets 421."""
    response = requests.get(f"{server}/api/models", headers={"host": host}, timeout=30)
    assert response.status_code == status


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}],
)
def test_requests_of_other_sites_are_rejected(server: str, headers: dict[str, str]) -> None:
    """By either header that browsers set."""
    drawing = encode_png(cross_image(SIDE, 5))
    assert post_image(server, "picture", drawing, headers, model="lines").status_code == 403


@pytest.mark.parametrize("path", ["/", "/api/models", "/nothing", "/page/board.js"])
def test_every_response_has_the_security_headers(server: str, path: str) -> None:
    """Errors too."""
    headers = requests.get(f"{server}{path}", timeout=30).headers
    assert headers["content-security-policy"].startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
