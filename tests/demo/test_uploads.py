"""Uploads over HTTP on a real port: allowed images, and limits on bytes and pixels."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_demo
from tiny_demo import RAW, SIDE, cross_image, decoded, post_image

from s2f_core.common.images import encode_png
from s2f_core.demo import uploads

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server


def _noise_png(side: int) -> bytes:
    random = np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return encode_png(random)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "empty file"),
        (b"no image", 400, "a text file"),
        (_noise_png(64)[:2000], 400, "truncated"),
        (encode_png(np.zeros((4, 3000, 3), np.uint8)), 400, "square, not 3000 by 4"),
        (encode_png(np.zeros((2100, 2100, 1), np.uint8)), 400, "is over 4,194,304 pixels"),
        (bytes(uploads.MAX_BYTES + 1), 413, "at most 4,194,304 bytes"),
        (b"GIF89a" + bytes(20), 400, "truncated"),
    ],
    ids=["empty", "text", "truncated", "oblong", "pixels", "bytes", "format"],
)
def test_unusable_image_is_rejected(server: str, body: bytes, status: int, message: str) -> None:
    """The error says what is wrong."""
    response = post_image(server, "picture", body, model="lines")
    assert response.status_code == status
    assert message in response.json()["error"]


def test_raw_rgb_gives_the_same_picture_as_a_png(server: str) -> None:
    """The page sends RGB values."""
    drawing = cross_image(SIDE, 5)
    from_raw = post_image(server, "picture", drawing.tobytes(), RAW, model="lines")
    from_png = post_image(server, "picture", encode_png(drawing), model="lines")
    assert (decoded(from_raw) == decoded(from_png)).all()


@pytest.mark.parametrize("count", [0, 3 * 15, 3 * 16 + 1])
def test_raw_bytes_must_be_a_square(server: str, count: int) -> None:
    """The number of bytes is three times a square number."""
    response = post_image(server, "picture", bytes(count), RAW, model="lines")
    assert response.status_code == 400
    assert response.json()["error"] == f"{count:,} bytes are not a square of RGB values"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "image/tiff"]
)
def test_other_content_types_are_rejected(server: str, content_type: str) -> None:
    """Among them those of forms, which any site may send without a preflight request."""
    headers = {"content-type": content_type}
    response = post_image(server, "picture", _noise_png(16), headers, model="lines")
    assert response.status_code == 415
