"""Reasons for files that are no images, equal in every run."""

from __future__ import annotations

import ast
import importlib.util
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from bad_pictures import PICTURES, encode, gradient_image
from PIL import Image

from s2f_core.common import images
from s2f_core.common.images import ImageError, decode
from s2f_core.common.rejections import Reason, count_reasons, identify

CORE = Path(images.__file__).parents[1]
IMAGE = gradient_image(90, 60)
NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8))

FILES: dict[str, tuple[bytes, Reason]] = {
    "empty": (b"", "an empty file"),
    "zeros": (bytes(900), "nothing but zero bytes"),
    "page": (b"\xef\xbb\xbf\n<!DOCTYPE html><html lang='en'>", "an HTML page"),
    "bare page": (b"<HTML><body>403", "an HTML page"),
    "error": (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code>', "an XML file"),
    "svg": (b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="x">', "an SVG drawing"),
    "json": (b'{"message": "rate limit"}', "a JSON file"),
    "text": ("404: nichts gefunden für Sie".encode(), "a text file"),
    "utf-16": ("404: nothing".encode("utf-16"), "a text file"),
    "long text": (b"a" * 1023 + "ü".encode(), "a text file"),
    "lfs": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "a Git LFS pointer (run git lfs pull)",
    ),
    "annex": (
        b"/annex/objects/SHA256E-s1--ab.jpg\n",
        "a git-annex pointer (run git annex get)",
    ),
    "pdf": (b"%PDF-1.7\n", "a PDF document"),
    "psd": (b"8BPS\0\1", "a Photoshop file"),
    "mp4": (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
    "mov": (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video"),
    "webm": (b"\x1aE\xdf\xa3\1\0\0\0", "a video"),
    "avi": (b"RIFF\0\1\0\0AVI LIST", "a video"),
    "zip": (b"PK\3\4\x14\0", "an archive"),
    "cr2": (
        b"II*\0\x10\0\0\0CR\2\0",
        "a camera's raw file (save it as JPEG or PNG)",
    ),
    "cr3": (
        b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        "a camera's raw file (save it as JPEG or PNG)",
    ),
    "jxl": (b"\xff\x0a\xfa", "a JPEG XL image (save it as JPEG or PNG)"),
    "jp2": (encode(IMAGE, "JPEG2000"), "a JPEG 2000 image (save it as JPEG or PNG)"),
    "icon": (encode(IMAGE, "ICO"), "a Windows icon"),
    "noise": (bytes(range(256)), "not an image"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_image_is_named(name: str) -> None:
    """The message is the reason alone, twice the same."""
    data, reason = FILES[name]
    for _ in range(2):
        with pytest.raises(ImageError) as rejection:
            decode(data)
        assert str(rejection.value) == reason


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "AVIF", "TIFF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_without_its_end_is_truncated(kind: str, share: float) -> None:
    """In every format."""
    data = encode(NOISE, kind)
    with pytest.raises(ImageError, match=r"^truncated$"):
        decode(data[: int(len(data) * share)])


def test_a_whole_file_that_cannot_be_decoded_is_damaged() -> None:
    """Its pixels were overwritten."""
    data = bytearray(encode(IMAGE, "PNG"))
    data[60:80] = bytes(20)
    with pytest.raises(ImageError, match=r"^damaged$"):
        decode(bytes(data))


@pytest.mark.parametrize("brand", [b"heic", b"mif1", b"msf1"])
def test_heic_without_its_library_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, brand: bytes
) -> None:
    """HEIC is the format of iPhone photos."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match=r"^HEIC \(install pillow-heif\)$"):
        decode(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(99))


@pytest.mark.skipif(
    importlib.util.find_spec("pillow_heif") is None, reason="pip install 's2f[heif]'"
)
def test_heic_is_read_with_its_library() -> None:
    """Upright and in colour; a damaged file is one, whatever is installed."""
    from pillow_heif import from_pillow

    buffer = io.BytesIO()
    from_pillow(IMAGE).save(buffer, quality=95)
    pixels = decode(buffer.getvalue())
    assert pixels.shape == (60, 90, 3)
    assert abs(pixels.mean() - decode(encode(IMAGE, "PNG")).mean()) < 3
    with pytest.raises(ImageError, match=r"^truncated$"):
        decode(buffer.getvalue()[:-50])
    with pytest.raises(ImageError, match="too large: 90x60 is over 100 pixels"):
        decode(buffer.getvalue(), max_pixels=100)


def test_reasons_are_counted_without_their_details() -> None:
    """Twenty images of twenty sizes are one line."""
    texts = ["damaged", "too small: 20x30, at least 32", "too small: 9x9", "no partner in B/"]
    assert list(count_reasons(texts).items()) == [
        ("too small", 2),
        ("damaged", 1),
        ("no partner in B/", 1),
    ]


def test_an_image_has_no_reason() -> None:
    """Files that start as an image are left to its decoder."""
    assert identify(encode(IMAGE, "PNG")) is None
    assert identify(encode(IMAGE, "TIFF")) is None


def test_every_bad_picture_has_a_reason_of_the_list(tmp_path: Path) -> None:
    """None of a library's words, no path and no address."""
    reasons = set()
    for make, _ in PICTURES.values():
        try:
            decode(make(tmp_path))
        except ImageError as error:
            reasons.add(str(error).partition(": ")[0])
    assert len(reasons) > 5
    assert reasons <= set(get_args(Reason))


def _details() -> Iterator[tuple[str, ast.expr]]:
    """Each detail that some code gives to an ImageError."""
    for file in sorted(CORE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ImageError":
                yield from ((f"{file.name}:{node.lineno}", each) for each in node.args[1:])


def test_no_detail_is_a_librarys_message() -> None:
    """``error`` is the name of caught exceptions; a table would differ at each run."""
    details = list(_details())
    assert len(details) > 8
    for place, detail in details:
        names = {node.id for node in ast.walk(detail) if isinstance(node, ast.Name)}
        assert "error" not in names, place
