"""Uploaded images: allowed types, and limits on bytes, pixels and time."""

from __future__ import annotations

import asyncio
import math

import numpy as np
from fastapi import Request
from starlette.requests import ClientDisconnect

from s2f_core.common.images import ImageError, Pixels, decode, limit_side, resize
from s2f_core.demo.http_errors import ApiError

MAX_BYTES = 4 * 2**20
MAX_PIXELS = 4 * 2**20
MAX_SIDE = 1024  # pixels of the longer side of an oblong image
TOO_LARGE = f"an image may have at most {MAX_BYTES:,} bytes"
TIMEOUT = 10.0  # seconds for an image to arrive
RAW = "application/octet-stream"
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}


async def read_image(request: Request, size: int | None = None) -> Pixels:
    """Read the image in a request's body, resized to uint8 [size, size, 3].

    Without ``size`` it may be oblong, and is shrunk to at most ``MAX_SIDE`` pixels a side.

    The body is a file of one of ``FORMATS`` or, with the content type ``RAW``, H·H·3 bytes of RGB
    values. Resizing here keeps what waits in the queue small. Raises ApiError 400, 408, 413, 415.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip()
    if content_type not in {RAW, *FORMATS}:
        allowed = ", ".join([RAW, *FORMATS])
        raise ApiError(415, f"the content type is {content_type!r}; allowed: {allowed}")
    data = await _read_body(request)
    if size and len(data) == 3 * size * size and content_type == RAW:
        return _from_raw(data)  # too quick to need a thread
    return await asyncio.to_thread(_decode, data, content_type, size)


def _decode(data: bytes, content_type: str, size: int | None) -> Pixels:
    try:
        if content_type == RAW:
            image = _from_raw(data)
        else:
            image = decode(data, max_pixels=MAX_PIXELS, formats=(FORMATS[content_type],))
    except ImageError as error:
        raise ApiError(400, str(error)) from None
    if size is None:
        return limit_side(image, MAX_SIDE)
    height, width = image.shape[:2]
    if height != width:
        raise ApiError(400, f"the image must be square, not {width} by {height} pixels")
    return image if height == size else resize(image, size)


async def _read_body(request: Request) -> bytes:
    data = bytearray()
    if int(request.headers.get("content-length", 0)) > MAX_BYTES:
        raise ApiError(413, TOO_LARGE)
    try:
        async with asyncio.timeout(TIMEOUT):
            async for chunk in request.stream():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise ApiError(413, TOO_LARGE)
    except TimeoutError:
        raise ApiError(408, f"the image did not arrive within {TIMEOUT:g} seconds") from None
    except ClientDisconnect:
        raise ApiError(400, "the client closed the connection") from None
    return bytes(data)


def _from_raw(data: bytes) -> Pixels:
    side = math.isqrt(len(data) // 3)
    if not data or side * side * 3 != len(data):
        raise ApiError(400, f"{len(data):,} bytes are not a square of RGB values")
    return np.frombuffer(data, np.uint8).reshape(side, side, 3).copy()  # PyTorch needs it writable
