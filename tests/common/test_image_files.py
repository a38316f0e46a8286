"""Metadata never rejects an image whose pixels are there."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from bad_pictures import encode, gradient_image

from s2f_core.common.image_files import without_metadata
from s2f_core.common.images import decode

IMAGE = gradient_image(40, 30)
PIXELS = np.asarray(IMAGE)
PNG, JPEG = encode(IMAGE, "PNG"), encode(IMAGE, "JPEG", quality=95)
SIDEWAYS = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\x01\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
TIFF_ID, RUBBISH = b"II*\0", b"\xff" * 40
CHUNKS = (
    b"gAMA", b"pHYs", b"cHRM", b"sRGB", b"iCCP", b"tIME", b"iTXt", b"zTXt", b"tEXt", b"bKGD",
    b"sBIT", b"acTL", b"fcTL", b"fdAT", b"xXxx",
)  # fmt: skip


def _chunk(name: bytes, data: bytes, checksum: int | None = None) -> bytes:
    """A chunk of a PNG, with the right checksum or another."""
    crc = zlib.crc32(name + data) if checksum is None else checksum
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def _png(*chunks: bytes) -> bytes:
    return PNG[:33] + b"".join(chunks) + PNG[33:]


def _jpeg(*segments: tuple[int, bytes]) -> bytes:
    parts = [struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data for mark, data in segments]
    return JPEG[:2] + b"".join(parts) + JPEG[2:]


@pytest.mark.parametrize("exif", [RUBBISH, b"", TIFF_ID + RUBBISH, b"MM\0*\0\0\0\x08\xff\xff"])
def test_rubbish_in_exif_leaves_the_image_as_it_is(exif: bytes) -> None:
    """In PNG, as text of a PNG, in WebP, JPEG and MPO."""
    options = {"exif": b"Exif\0\0" + exif, "quality": 95}
    files = [
        _png(_chunk(b"eXIf", exif)),
        _png(_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 12\nzz" + exif.hex().encode())),
        encode(IMAGE, "WEBP", **options),
        encode(IMAGE, "MPO", save_all=True, append_images=[IMAGE], **options),
        _jpeg((0xE1, b"Exif\0\0" + exif)),
        _jpeg((0xE2, b"MPF\0" + exif)),
    ]
    for data in files:
        pixels = decode(data)
        assert pixels.shape == PIXELS.shape
        assert np.abs(pixels.astype(int) - PIXELS).mean() < 8


@pytest.mark.parametrize(
    "name",
    CHUNKS,
)
@pytest.mark.parametrize("content", [b"", b"\1", b"a\0\0" + RUBBISH])
def test_a_broken_chunk_beside_the_pixels_is_ignored(name: bytes, content: bytes) -> None:
    """Short, empty, or with a wrong checksum."""
    for checksum in (None, 7):
        assert (decode(_png(_chunk(name, content, checksum))) == PIXELS).all()


@pytest.mark.parametrize("mark", [*range(0xE0, 0xF0), 0xFE])
def test_a_broken_segment_beside_the_scans_is_ignored(mark: int) -> None:
    """Comments, profiles and the segments of programs."""
    photoshop = b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\xff"
    starts = (b"", b"JFIF\0", b"ICC_PROFILE\0\5\x09abc", b"Adobe", photoshop, RUBBISH)
    for start in starts:
        assert (decode(_jpeg((mark, start))) == decode(JPEG)).all(), start


def test_the_rotation_stays_where_other_metadata_is_broken() -> None:
    """An image that lies on its side is not left so."""
    turned = (PIXELS.shape[1], PIXELS.shape[0], 3)
    assert decode(_jpeg((0xE1, SIDEWAYS), (0xEE, b"Adobe"))).shape == turned
    assert decode(_png(_chunk(b"eXIf", SIDEWAYS[6:]), _chunk(b"gAMA", b""))).shape == turned


def test_transparency_stays_without_metadata() -> None:
    """A PNG without its texts is still flattened on white."""
    image = IMAGE.convert("P")
    data = encode(image, "PNG", transparency=bytes([0] * 256))
    broken = data[:33] + _chunk(b"gAMA", b"") + data[33:]
    assert decode(broken).min() == 255
    assert without_metadata(b"GIF89a") == b"GIF89a"
