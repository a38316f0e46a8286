"""The structure of image files: metadata to leave out, and ends that are missing."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"tRNS", b"eXIf"}  # ancillary chunks: transparency and rotation
# JPEG segments that are kept, with the least length that can be read: JFIF, EXIF, and Adobe's,
# which says how colours are stored.
_JPEG_KEPT = {0xE0: 16, 0xE1: 2, 0xEE: 14}
_ROTATION = {b"eXIf", 0xE1}
_TIFF_OFFSETS, _TIFF_LENGTHS = (273, 324), (279, 325)  # of strips and tiles
_SCAN, _END = b"\xff\xda", b"\xff\xd9"  # JPEG's start of scan and end of image


def without_metadata(data: bytes, *, rotation: bool = True) -> bytes:
    """Return a PNG or JPEG without its texts, profiles and other metadata; other files unchanged.

    What pixels and transparency need stays; so does EXIF, unless ``rotation`` is false.
    """
    left_out = set() if rotation else _ROTATION
    if data.startswith(_PNG):
        return _PNG + b"".join(_png_chunks(data, _PNG_KEPT - left_out))
    if data.startswith(b"\xff\xd8"):
        segments = {marker: least for marker, least in _JPEG_KEPT.items() if marker not in left_out}
        return data[:2] + b"".join(_jpeg_segments(data, segments))
    return data


def is_truncated(data: bytes) -> bool:
    """Whether the end of an image file is missing, as far as its format tells."""
    for start, is_cut in _CUT.items():
        if data.startswith(start):
            return is_cut(data)
    return data[4:8] == b"ftyp" and _lacks_boxes(data)


def _lacks_end(jpeg: bytes) -> bool:
    """Whether the last scan of a JPEG has no end; a thumbnail's end may come before it."""
    end = jpeg.rfind(_END)
    return end < 0 or end < jpeg.rfind(_SCAN)


def _png_chunks(data: bytes, kinds: set[bytes]) -> Iterator[bytes]:
    """Yield the chunks that decoding needs."""
    at = len(_PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        critical = not kind[0] & 0x20
        if critical or kind in kinds:
            yield data[at : at + 12 + length]
        at += 12 + length


def _jpeg_segments(data: bytes, markers: dict[int, int]) -> Iterator[bytes]:
    """Yield the segments that decoding needs, then the scans as they are."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at : at + 2] != _SCAN:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        metadata = 0xE0 <= marker <= 0xEF or marker == 0xFE
        if not metadata or length >= markers.get(marker, 2**16):
            yield data[at : at + 2 + length]
        at += 2 + length
    yield data[at:]


def _lacks_strips(data: bytes) -> bool:
    """Whether the first directory of a TIFF, or the pixels that it lists, are beyond the end."""
    order = "<" if data.startswith(b"II") else ">"
    values: dict[int, tuple[int, ...]] = {}
    try:
        (place,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, place)
        for at in range(place + 2, place + 2 + 12 * count, 12):
            tag, kind, length = struct.unpack_from(f"{order}HHI", data, at)
            if tag in {*_TIFF_OFFSETS, *_TIFF_LENGTHS} and kind in {3, 4}:
                size = length * (2 if kind == 3 else 4)
                (first,) = struct.unpack_from(f"{order}I", data, at + 8)
                form = f"{order}{length}{'H' if kind == 3 else 'I'}"
                values[tag] = struct.unpack_from(form, data, at + 8 if size <= 4 else first)
    except (struct.error, OverflowError):
        return True
    pairs = zip(_TIFF_OFFSETS, _TIFF_LENGTHS, strict=True)
    return any(
        start + length > len(data)
        for offsets, lengths in pairs
        for start, length in zip(values.get(offsets, ()), values.get(lengths, ()), strict=False)
    )


def _lacks_boxes(data: bytes) -> bool:
    """Whether a box of an ISO media file (AVIF, HEIC) is longer than the file."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if length < 8:  # 0: to the end of the file; 1: longer than 4 GiB
            return False
        at += length
    return at != len(data)


_CUT: dict[bytes, Callable[[bytes], bool]] = {
    _PNG[:4]: lambda data: b"IEND" not in data,
    b"\xff\xd8": _lacks_end,
    b"GIF8": lambda data: not data.rstrip(b"\0").endswith(b";"),
    b"RIFF": lambda data: len(data) < 8 + int.from_bytes(data[4:8], "little"),
    b"BM": lambda data: len(data) < int.from_bytes(data[2:6], "little"),
    b"II*\0": _lacks_strips,
    b"MM\0*": _lacks_strips,
}
