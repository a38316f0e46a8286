"""Image files that are broken, huge, unusual, or not images; generated for each test."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

Make = Callable[[Path], bytes]  # its argument is a folder in which no file may appear

ACCEPTED = ""  # no reason: the image can be used


def gradient_image(width: int = 48, height: int = 48) -> Image.Image:
    """An image of smooth colours."""
    y, x = np.mgrid[0:height, 0:width]
    values = np.stack([x * 5, y * 5, (x + y) * 2], axis=-1) % 256
    return Image.fromarray(values.astype(np.uint8))


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A grey PNG with this header, whatever its other chunks."""

    def chunk(name: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(bytes(99))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def tiff(width: int, height: int, bits: int, photometric: int, data: bytes) -> bytes:
    """A grey TIFF of these pixels; ``photometric`` is 0 where 0 is white, else 1."""
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: photometric, 273: 122, 277: 1}
    tags |= {278: height, 279: len(data)}
    entries = [struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items()]
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + b"".join(entries) + bytes(4) + data


def _animation(kind: str) -> bytes:
    frames = [gradient_image(), gradient_image().rotate(90), gradient_image().rotate(180)]
    return encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=40)


def _exif_rotated() -> bytes:
    image = gradient_image(64, 40)
    exif = image.getexif()
    exif[0x0112] = 6
    return encode(image, "JPEG", exif=exif)


def _with_profile(profile: bytes | None = None) -> bytes:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return encode(gradient_image(), "JPEG", icc_profile=srgb if profile is None else profile)


def _float_tiff() -> bytes:
    values = np.full((48, 48), np.nan, np.float32)
    values[:, ::2] = np.inf
    return encode(Image.fromarray(values), "TIFF")


def _text_bomb() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("bomb", "x" * 4_000_000, zip=True)
    return encode(gradient_image(), "PNG", pnginfo=info)


def _sixteen_bit_tiff() -> bytes:
    values = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48) * 28
    return encode(Image.fromarray(values), "TIFF")


def _postscript(folder: Path) -> bytes:
    """PostScript that writes a file if Pillow runs it by Ghostscript."""
    return (
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 48 48\n"
        f"({folder}/postscript) (w) file closefile\nshowpage\n%%EOF\n"
    ).encode()


def _svg(body: str, head: str = "") -> bytes:
    return f'{head}<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{body}</svg>'.encode()


def _entity_bomb_svg() -> bytes:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)
    )
    return _svg("<text>&a11;</text>", f"<!DOCTYPE svg [{entities}]>")


def _use_bomb_svg() -> bytes:
    groups = "".join(
        f'<g id="g{n}"><use href="#g{n - 1}"/><use href="#g{n - 1}"/></g>' for n in range(1, 40)
    )
    return _svg(f'<defs><rect id="g0" width="9" height="9"/>{groups}</defs><use href="#g39"/>')


PICTURES: dict[str, tuple[Make, str]] = {
    "good.png": (lambda _: encode(gradient_image(), "PNG"), ACCEPTED),
    "wrong-ending.jpg": (lambda _: encode(gradient_image(60, 50), "PNG"), ACCEPTED),
    "empty.png": (lambda _: b"", "empty file"),
    "cut.png": (lambda _: encode(gradient_image(200, 200), "PNG")[:300], "truncated"),
    "half.jpg": (lambda _: encode(gradient_image(200, 200), "JPEG")[:900], "truncated"),
    "page.jpg": (lambda _: b"<html>404</html>", "an HTML page"),
    "huge.png": (lambda _: _png(60_000, 60_000), "too large: over 64,000,000 pixels"),
    "large.png": (lambda _: _png(9_000, 9_000), "over 64,000,000 pixels"),
    "vast.ppm": (lambda _: b"P6 200000 200000 255\n", "too large: over 64,000,000"),
    "wide.bmp": (
        lambda _: encode(gradient_image(), "BMP").replace(
            struct.pack("<ii", 48, 48), struct.pack("<ii", 2**30, 2**30), 1
        ),
        "too large",
    ),
    "broad.gif": (
        lambda _: b"GIF89a" + b"\xff" * 4 + encode(gradient_image(), "GIF")[10:],
        "too large",
    ),
    "none.png": (lambda _: _png(0, 0), "damaged"),
    "moving.gif": (lambda _: _animation("GIF"), ACCEPTED),
    "shown.webp": (lambda _: _animation("WEBP"), ACCEPTED),
    "animated.png": (lambda _: _animation("PNG"), ACCEPTED),
    "cmyk.jpg": (lambda _: encode(gradient_image().convert("CMYK"), "JPEG"), ACCEPTED),
    "deep.tif": (lambda _: _sixteen_bit_tiff(), ACCEPTED),
    "turned.jpg": (lambda _: _exif_rotated(), ACCEPTED),
    "profile.jpg": (lambda _: _with_profile(), ACCEPTED),
    "broken-profile.jpg": (lambda _: _with_profile(b"\xff" * 200), ACCEPTED),
    "floats.tif": (lambda _: _float_tiff(), "its pixels are floating-point"),
    "texts.png": (lambda _: _text_bomb(), ACCEPTED),
    "program.jpg": (_postscript, "a PostScript file"),
    "thin.png": (lambda _: encode(gradient_image(5000, 1), "PNG"), "too small"),
    "laughs.jpg": (lambda _: _entity_bomb_svg(), "an SVG drawing"),
    "laughs.svg": (lambda _: _entity_bomb_svg(), ""),
    "uses.svg": (lambda _: _use_bomb_svg(), ""),
    "elsewhere.svg": (lambda _: _svg('<image href="/etc/hostname" width="9" height="9"/>'), ""),
    "drawing.svg": (lambda _: _svg('<rect width="5" height="5"/>'), ""),
    "naïve – 草图 \u202e.png": (lambda _: encode(gradient_image(), "PNG"), ACCEPTED),
    "x" * 250 + ".png": (lambda _: encode(gradient_image(), "PNG"), ACCEPTED),
}
"""Each image and the pattern of its rejection reason; "" if it is accepted."""
