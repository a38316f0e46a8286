"""Pictures that are broken, large, odd, or no pictures; each is made, none is kept."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

Make = Callable[[Path], bytes]  # of the folder in which nothing must appear

USED = ""  # the picture can be used


def page(width: int = 48, height: int = 48) -> Image.Image:
    """A photo of a kind: a smooth colour in each place."""
    y, x = np.mgrid[0:height, 0:width]
    values = np.stack([x * 5, y * 5, (x + y) * 2], axis=-1) % 256
    return Image.fromarray(values.astype(np.uint8))


def packed(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of a picture."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A grey PNG of this header, whatever else is in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(99))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _moving(kind: str) -> bytes:
    frames = [page(), page().rotate(90), page().rotate(180)]
    return packed(frames[0], kind, save_all=True, append_images=frames[1:], duration=40)


def _turned() -> bytes:
    image = page(64, 40)
    exif = image.getexif()
    exif[0x0112] = 6
    return packed(image, "JPEG", exif=exif)


def _profiled(profile: bytes | None = None) -> bytes:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return packed(page(), "JPEG", icc_profile=srgb if profile is None else profile)


def _floats() -> bytes:
    values = np.full((48, 48), np.nan, np.float32)
    values[:, ::2] = np.inf
    return packed(Image.fromarray(values), "TIFF")


def _texts() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("bomb", "x" * 4_000_000, zip=True)
    return packed(page(), "PNG", pnginfo=info)


def _wide() -> bytes:
    values = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48) * 28
    return packed(Image.fromarray(values), "TIFF")


def _program(folder: Path) -> bytes:
    """PostScript that writes a file, which Pillow would have Ghostscript run."""
    return (
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 48 48\n"
        f"({folder}/postscript) (w) file closefile\nshowpage\n%%EOF\n"
    ).encode()


def _svg(body: str, head: str = "") -> bytes:
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{body}</svg>'.encode()


def _laughs() -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    return _svg("<text>&a11;</text>", f"<!DOCTYPE svg [{entities}]>")


def _uses() -> bytes:
    groups = "".join(
        f'<g id="g{n}"><use href="#g{n - 1}"/><use href="#g{n - 1}"/></g>' for n in range(1, 40)
    )
    return _svg(f'<defs><rect id="g0" width="9" height="9"/>{groups}</defs><use href="#g39"/>')


PICTURES: dict[str, tuple[Make, str]] = {
    "good.png": (lambda _: packed(page(), "PNG"), USED),
    "wrong-ending.jpg": (lambda _: packed(page(60, 50), "PNG"), USED),
    "empty.png": (lambda _: b"", "empty file"),
    "cut.png": (lambda _: packed(page(200, 200), "PNG")[:300], "unreadable"),
    "half.jpg": (lambda _: packed(page(200, 200), "JPEG")[:900], "truncated"),
    "page.jpg": (lambda _: b"<html>404</html>", "cannot identify"),
    "huge.png": (lambda _: _png(60_000, 60_000), "unreadable: Image size|over 64,000,000 pixels"),
    "large.png": (lambda _: _png(9_000, 9_000), "over 64,000,000 pixels"),
    "vast.ppm": (lambda _: b"P6 200000 200000 255\n", "Image size|over 64,000,000"),
    "wide.bmp": (
        lambda _: packed(page(), "BMP").replace(
            struct.pack("<ii", 48, 48), struct.pack("<ii", 2**30, 2**30), 1
        ),
        "unreadable|over",
    ),
    "broad.gif": (
        lambda _: b"GIF89a" + b"\xff" * 4 + packed(page(), "GIF")[10:],
        "Image size|over",
    ),
    "none.png": (lambda _: _png(0, 0), "unreadable"),
    "moving.gif": (lambda _: _moving("GIF"), USED),
    "shown.webp": (lambda _: _moving("WEBP"), USED),
    "animated.png": (lambda _: _moving("PNG"), USED),
    "cmyk.jpg": (lambda _: packed(page().convert("CMYK"), "JPEG"), USED),
    "deep.tif": (lambda _: _wide(), USED),
    "turned.jpg": (lambda _: _turned(), USED),
    "profile.jpg": (lambda _: _profiled(), USED),
    "broken-profile.jpg": (lambda _: _profiled(b"\xff" * 200), USED),
    "floats.tif": (lambda _: _floats(), "its pixels are floating-point"),
    "texts.png": (lambda _: _texts(), "unreadable"),
    "program.jpg": (_program, "cannot identify"),
    "thin.png": (lambda _: packed(page(5000, 1), "PNG"), "too small"),
    "laughs.jpg": (lambda _: _laughs(), "cannot identify"),
    "laughs.svg": (lambda _: _laughs(), ""),
    "uses.svg": (lambda _: _uses(), ""),
    "elsewhere.svg": (lambda _: _svg('<image href="/etc/hostname" width="9" height="9"/>'), ""),
    "drawing.svg": (lambda _: _svg('<rect width="5" height="5"/>'), ""),
    "naïve – 草图 \u202e.png": (lambda _: packed(page(), "PNG"), USED),
    "x" * 250 + ".png": (lambda _: packed(page(), "PNG"), USED),
}
"""What each is, and why it is refused as a picture (a pattern): "" where it is not."""
