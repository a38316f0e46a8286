"""Images that are sent: of known kinds, bounded in bytes, pixels and time."""

from __future__ import annotations

import asyncio
import math

import numpy as np
from fastapi import Request
from starlette.requests import ClientDisconnect

from s2f_core.common.images import ImageError, Pixels, decode, resize
from s2f_core.demo.http_errors import Refused

BYTES = 4 * 2**20
PIXELS = 4 * 2**20
TOO_MANY = f"an image has at most {BYTES:,} bytes"
SECONDS = 10.0  # for an image to arrive
RAW = "application/octet-stream"
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


async def received(request: Request, size: int) -> Pixels:
    """The image in a request's body, uint8 [size, size, 3]; raises Refused.

    A file of one of ``FORMATS`` or, of the type ``RAW``, the bytes of H·H·3 RGB values. It is
    resized here, so that what waits is small.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in {RAW, *FORMATS}:
        raise Refused(415, f"an image is one of {', '.join([RAW, *FORMATS])}, not {kind!r}")
    data = await _whole(request)
    if len(data) == 3 * size * size and kind == RAW:
        return _square(data)  # no work for a thread
    return await asyncio.to_thread(_image, data, kind, size)


def _image(data: bytes, kind: str, size: int) -> Pixels:
    try:
        image = (
            _square(data)
            if kind == RAW
            else decode(data, max_pixels=PIXELS, formats=(FORMATS[kind],))
        )
    except ImageError as error:
        raise Refused(400, str(error)) from None
    height, width = image.shape[:2]
    if height != width:
        raise Refused(400, f"a drawing is square, not {width} by {height} pixels")
    return image if height == size else resize(image, size)


async def _whole(request: Request) -> bytes:
    data = bytearray()
    if int(request.headers.get("content-length", 0)) > BYTES:
        raise Refused(413, TOO_MANY)
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                data += chunk
                if len(data) > BYTES:
                    raise Refused(413, TOO_MANY)
    except TimeoutError:
        raise Refused(408, f"the image had not come after {SECONDS:g} seconds") from None
    except ClientDisconnect:
        raise Refused(400, "the client has gone") from None
    return bytes(data)


def _square(data: bytes) -> Pixels:
    side = math.isqrt(len(data) // 3)
    if not data or side * side * 3 != len(data):
        raise Refused(400, f"{len(data):,} bytes are no square of RGB values")
    return np.frombuffer(data, np.uint8).reshape(side, side, 3).copy()  # torch wants to write
