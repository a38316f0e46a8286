"""The reasons for which an image is rejected, and what a file is that is no image.

A reason is stored in image tables, which are hashed and counted. So it is a text of this list, and
holds nothing of a library's message: no address, path or version.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from typing import Literal

Reason = Literal[
    # files
    "an empty file",
    "nothing but zero bytes",
    "an HTML page",
    "an SVG drawing",
    "an XML file",
    "a JSON file",
    "a text file",
    "a Git LFS pointer (run git lfs pull)",
    "a git-annex pointer (run git annex get)",
    "a PDF document",
    "a PostScript file",
    "a Photoshop file",
    "a camera's raw file (save it as JPEG or PNG)",
    "a JPEG XL image (save it as JPEG or PNG)",
    "a JPEG 2000 image (save it as JPEG or PNG)",
    "a Windows icon",
    "a video",
    "a sound",
    "an archive",
    "HEIC (install pillow-heif)",
    "AVIF (install a Pillow that reads it)",
    "not an image",
    "not an accepted format",
    "no such file",
    "a link to a file that does not exist",
    "a pipe or a device, not a file",
    "permission denied",
    "the disk cannot read it",
    "damaged in its zip",
    "encrypted in its zip",
    # pixels
    "truncated",
    "damaged",
    "too large",
    "too small",
    "too oblong",
    "the crop is too small",
    "its pixels are floating-point",
    "its grey values are outside 0 to 65535",
    "its colours cannot be converted",
    "another size than annotated",
    "another size than the dataset's",
    "not a strip",
    "not square",
    "its partner cannot be used",
    "its shape differs from its partner's",
    # content
    "no face found",
    "no person found",
    "no point of a person visible",
    "no subject found",
    # drawings that are stored as text or numbers
    "not an SVG drawing",
    "an SVG drawing that is not allowed",
    "not a JSON object",
    "it does not say whether the drawing was recognised",
    "not a list of strokes",
    "a drawing without strokes",
    "a stroke is not two lists, x and y",
    "a stroke has x, y and time",
    "coordinates outside 0 to 255",
    "not a list of numbers",
    "not 784 numbers",
    "numbers outside 0 to 1",
]

SNIFFED = 1024  # bytes at the start of a file that tell what it is

# The first bytes of files that are no image, or that Pillow alone cannot read.
_SIGNATURES: tuple[tuple[bytes, Reason], ...] = (
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer (run git lfs pull)"),
    (b"/annex/objects/", "a git-annex pointer (run git annex get)"),
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"8BPS", "a Photoshop file"),
    (b"FUJIFILMCCD-RAW", "a camera's raw file (save it as JPEG or PNG)"),
    (b"II*\x00\x10\x00\x00\x00CR", "a camera's raw file (save it as JPEG or PNG)"),
    (b"IIRO", "a camera's raw file (save it as JPEG or PNG)"),
    (b"IIU\x00", "a camera's raw file (save it as JPEG or PNG)"),
    (b"\xff\x0a", "a JPEG XL image (save it as JPEG or PNG)"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image (save it as JPEG or PNG)"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image (save it as JPEG or PNG)"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image (save it as JPEG or PNG)"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"FLV\x01", "a video"),
    (b"\x00\x00\x01\xba", "a video"),
    (b"\x00\x00\x01\xb3", "a video"),
    (b"OggS", "a video"),
    (b"ID3", "a sound"),
    (b"PK\x03\x04", "an archive"),
    (b"\x1f\x8b", "an archive"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"Rar!", "an archive"),
    (b"BZh", "an archive"),
    (b"\xfd7zXZ\x00", "an archive"),
)

# What follows "ftyp" in the first box of an ISO media file.
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_MARKUP = re.compile(r"\s*<(!doctype\s+html|html|head|body|[?!a-z])", re.IGNORECASE)


def count_reasons(rejected: Iterable[str]) -> dict[str, int]:
    """Count the reasons of rejected rows, without their details, the most frequent first."""
    reasons = [text.partition(": ")[0] for text in rejected]
    counts = {reason: reasons.count(reason) for reason in dict.fromkeys(reasons)}
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def why_unopened(error: Exception) -> tuple[Reason, str]:
    """Return the reason for which a file could not be read, and its detail."""
    match error:
        case FileNotFoundError():
            return "no such file", ""
        case PermissionError():
            return "permission denied", ""
        case _:
            number = getattr(error, "errno", None) or 0
            return "the disk cannot read it", errno.errorcode.get(number, "unknown error")


def needs_library(data: bytes) -> Literal["HEIC", "AVIF"] | None:
    """Return the format of a file if it is one that Pillow does not always read."""
    brands = _brands(data)
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIC" if brands & _HEIC_BRANDS else None


def identify(data: bytes) -> Reason | None:
    """Return what a file is that is not an image; None where it has the start of an image."""
    if not data.strip(b"\0"):
        return "nothing but zero bytes" if data else "an empty file"
    for start, reason in _SIGNATURES:
        if data.startswith(start):
            return reason
    if brands := _brands(data):
        if needs_library(data):
            return None
        return "a camera's raw file (save it as JPEG or PNG)" if b"crx " in brands else "a video"
    if data[:4] == b"RIFF" and data[8:12] in {b"AVI ", b"WAVE"}:
        return "a video" if data[8:12] == b"AVI " else "a sound"
    return None if _starts_as_image(data) else _identify_text(data[:SNIFFED])


def _brands(data: bytes) -> set[bytes]:
    """The brands of an ISO media file (MP4, HEIC, AVIF); empty for other files."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), SNIFFED)
    brands = data[16:end]  # after the major brand and its version
    return {data[8:12], *(brands[at : at + 4] for at in range(0, len(brands) - 3, 4))}


def _starts_as_image(data: bytes) -> bool:
    starts = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"II+\x00")
    return (
        data.startswith((*starts, b"MM\x00+"))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or re.match(rb"P[1-7f]\s", data, re.IGNORECASE) is not None
    )


def _identify_text(start: bytes) -> Reason:
    try:
        text = start.decode("utf-16" if start[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 4:  # not only a character that is cut at the end
            return "not an image"
        text = start[: error.start].decode("utf-8-sig")
    if any(ord(character) < 32 and character not in "\t\n\r\f" for character in text):
        return "not an image"
    if match := _MARKUP.match(text):
        return _identify_markup(match[1].lower(), text.lower())
    return "a JSON file" if re.match(r"\s*[\[{]", text) else "a text file"


def _identify_markup(tag: str, text: str) -> Reason:
    if "<svg" in text:
        return "an SVG drawing"
    if "html" in tag or tag in {"head", "body"} or "<html" in text:
        return "an HTML page"
    return "an XML file"
