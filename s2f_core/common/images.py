"""Decode, resize, arrange and save images, and convert them to and from network tensors.

Stored images are uint8 [H, W, C] RGB or grey. Network tensors are float32 [B, C, H, W] in [-1, 1].
"""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, features

from s2f_core.common.image_files import is_truncated, without_metadata
from s2f_core.common.rejections import Reason, identify, needs_library

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
AnyImage = TypeVar("AnyImage", Pixels, Floats)

MAX_PIXELS = 64_000_000  # larger images are rejected before they are decoded

WHITE_INK = 224  # greys from here on are lost on white paper
WHITE_SHARE = 0.95  # of what is not transparent, in white ink
MAX_INK = 0.5  # of a drawing that is not transparent
INK_SIDE = 512  # pixels of the longer side at which the ink's colour is looked at

STRIP = 256  # rows of an image that are converted at once

# Pillow's names. Other formats are rare for photos, and some of them run a program (EPS).
FORMATS = ("AVIF", "BMP", "DIB", "GIF", "HEIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")

_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_UPRIGHT = {  # by EXIF's orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class ImageError(Exception):
    """An image cannot be used. The message is the reason in its table row.

    ``detail`` follows the reason after a colon. It depends on the image alone: numbers and names,
    but no path and no library's message.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)


def decode(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    formats: tuple[str, ...] = FORMATS,
) -> Pixels:
    """Decode an image, or the first frame of an animation, to uint8 [H, W, 3].

    The EXIF rotation is applied, transparency is flattened on white, grey becomes three equal
    channels and 16-bit values are scaled to 8. Colour profiles are ignored: values are taken as
    sRGB. Broken metadata is ignored. ``formats``: Pillow's names of the formats to accept; HEIF
    needs pillow-heif. Raises ImageError if the data is empty, truncated, in another format, has
    more than ``max_pixels`` pixels, or has floating-point pixels, whose white level is unknown.
    """
    for prepare in (bytes, without_metadata, partial(without_metadata, rotation=False)):
        try:
            return _decode(prepare(data), max_pixels, formats)
        except (ImageError, MemoryError):
            raise
        except Exception as error:  # Pillow's decoders raise many kinds for a broken file
            log.debug("decoding failed: %s", error)
    raise ImageError(_why_unreadable(data, formats))


def _decode(data: bytes, max_pixels: int, formats: tuple[str, ...]) -> Pixels:
    try:
        with _open(data, formats) as image:
            if image.width * image.height > max_pixels:
                size = f"{image.width}x{image.height}"
                raise ImageError("too large", f"{size} is over {max_pixels:,} pixels")
            image.load()
            return pil_to_rgb(image)
    except _BOMBS:
        raise ImageError("too large", f"over {max_pixels:,} pixels") from None


def _open(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    library = needs_library(data)
    if library == "AVIF" and not features.check("avif"):
        raise ImageError("AVIF (install a Pillow that reads it)")
    if library == "HEIC" and "HEIF" in formats:
        try:
            from pillow_heif import HeifImageFile
        except ImportError:
            raise ImageError("HEIC (install pillow-heif)") from None
        image: Image.Image = HeifImageFile(io.BytesIO(data))
        return image
    return Image.open(io.BytesIO(data), formats=_pillows(formats))


def _pillows(formats: tuple[str, ...]) -> list[str]:
    """The formats that Pillow itself reads."""
    return [name for name in formats if name != "HEIF"]


def _why_unreadable(data: bytes, formats: tuple[str, ...]) -> Reason:
    try:
        with Image.open(io.BytesIO(data), formats=_pillows(FORMATS)) as image:
            if image.format not in formats:
                return "not an accepted format"
    except Exception as error:
        log.debug("not opened in any format: %s", error)
    return identify(data) or ("truncated" if is_truncated(data) else "damaged")


def pil_to_rgb(image: Image.Image) -> Pixels:
    """Convert a Pillow image to uint8 [H, W, 3], upright and on white; see :func:`decode`.

    White ink on a transparent page is laid on black: on white it would be gone.
    """
    tags = getattr(image, "tag_v2", {})  # of a TIFF
    image = _upright(image)
    if image.mode == "F":
        raise ImageError("its pixels are floating-point", "save it with 8 or 16 bits")
    if image.mode in {"I;16", "I;16L", "I;16B", "I"}:  # PIL would clip it at 255
        return _wide_grey_to_rgb(np.asarray(image), tags)
    paper = None
    if image.has_transparency_data:
        paper = "black" if _is_white_ink(image) else "white"
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, STRIP):  # so that few copies are in memory at once
        strip = image.crop((0, top, image.width, min(top + STRIP, image.height)))
        try:
            pixels[top : top + STRIP] = np.asarray(_on_paper(strip, paper).convert("RGB"))
        except ValueError:
            raise ImageError("its colours cannot be converted", image.mode) from None
    return pixels


def _on_paper(image: Image.Image, paper: str | None) -> Image.Image:
    if paper is None:
        return image
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, paper), rgba)


def _wide_grey_to_rgb(values: npt.NDArray[Any], tags: Mapping[int, Any]) -> Pixels:
    """Scale grey [H, W] of 12 or 16 bits to uint8 [H, W, 3]; ``tags`` are those of a TIFF."""
    if values.min(initial=0) < 0 or values.max(initial=0) > 65535:
        raise ImageError("its grey values are outside 0 to 65535", "save it with 8 or 16 bits")
    largest = 4095 if tags.get(ExifTags.Base.BitsPerSample) == (12,) else 65535
    table = np.arange(65536).clip(0, largest) * 255 // largest
    if tags.get(ExifTags.Base.PhotometricInterpretation) == 0:  # 0 is white
        table = 255 - table
    return np.repeat(table.astype(np.uint8)[values.astype(np.uint16)][..., None], 3, axis=2)


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as EXIF says; unchanged where EXIF cannot be read."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        turn = _UPRIGHT.get(orientation)
    except Exception as error:  # rubbish in EXIF raises many kinds
        log.debug("EXIF is ignored: %s", error)
        turn = None
    return image if turn is None else image.transpose(turn)


def _is_white_ink(image: Image.Image) -> bool:
    """Whether an image is mostly transparent, and nearly all else is white or almost so."""
    step = max(1, max(image.size) // INK_SIDE)
    size = (math.ceil(image.width / step), math.ceil(image.height / step))
    sample = image.resize(size, Image.Resampling.NEAREST)  # means would mix in clear pixels' colour
    pixels = np.asarray(sample.convert("RGBA"))
    opaque = pixels[..., 3].astype(np.float64) / 255
    if not 0 < opaque.mean() <= MAX_INK:
        return False
    is_white = luma(np.ascontiguousarray(pixels[..., :3])) >= WHITE_INK
    return bool(opaque[is_white].sum() >= WHITE_SHARE * opaque.sum())


def resize(image: Pixels, size: int) -> Pixels:
    """Resize [H, W, C] to [size, size, C]: area averaging when shrinking, else Lanczos."""
    shrinks = size < min(image.shape[:2])
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    resized = cv2.resize(image, (size, size), interpolation=interpolation)
    return resized.reshape(size, size, image.shape[2]).astype(np.uint8)


def limit_side(image: AnyImage, side: int) -> AnyImage:
    """Shrink [H, W, C] by areas until no side is longer than ``side``; the proportions stay."""
    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cast("AnyImage", np.asarray(smaller, image.dtype).reshape(*size[::-1], image.shape[2]))


def repeat_pixels(image: Pixels, size: int) -> Pixels:
    """Repeat the pixels of an image [H, W, C] to at least ``size`` a side, for display."""
    times = math.ceil(size / min(image.shape[:2]))
    return image.repeat(times, axis=0).repeat(times, axis=1)


def luma(photo: Pixels) -> Pixels:
    """Return the grey image uint8 [H, W] of a photo uint8 [H, W, 1 or 3].

    0.299 R + 0.587 G + 0.114 B (BT.601).
    """
    if photo.shape[-1] == 1:
        return photo[..., 0]
    return np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def to_rgb(image: Pixels) -> Pixels:
    """Repeat a single channel, so that an image [..., 1 or 3] has three."""
    return np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image


def grid(images: list[Pixels] | Pixels, columns: int | None = None, gap: int = 2) -> Pixels:
    """Arrange images of one size in rows on white, uint8 [H', W', 3]; ``gap`` is in pixels."""
    columns = columns or math.ceil(math.sqrt(len(images)))
    height, width = images[0].shape[:2]
    rows = math.ceil(len(images) / columns)
    sheet = np.full(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, dtype=np.uint8
    )
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = to_rgb(image)
    return sheet


def encode_png(image: Pixels) -> bytes:
    """Encode uint8 [H, W, 1 or 3] as PNG; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path: Path, image: Pixels) -> None:
    """Write uint8 [H, W, 1 or 3] as a PNG file."""
    path.write_bytes(encode_png(image))


def to_model(images: Tensor) -> Tensor:
    """Convert uint8, or float in 0…255, [B, H, W, C] to float32 [B, C, H, W] in [-1, 1]."""
    return images.permute(0, 3, 1, 2).float().div(127.5).sub_(1.0)


def to_network_input(images: Pixels | Floats, size: int, channels: int) -> Tensor:
    """Convert images [B, H, W, C] in 0…255 to float32 [B, channels, size, size] in [-1, 1].

    Images of another size are resized by area averaging; a single channel is repeated.
    """
    import torch

    if size != images.shape[1]:
        images = np.stack([_area_average(image, size) for image in images.astype(np.float32)])
    return to_model(torch.from_numpy(images)).expand(-1, channels, -1, -1)


def _area_average(image: Floats, size: int) -> Floats:
    """Resize [H, W, C] by area averaging; OpenCV takes a fifth of PyTorch's time."""
    smaller = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return smaller.reshape(size, size, -1).astype(np.float32, copy=False)


def from_model(images: Tensor) -> Pixels:
    """Convert float [B, C, H, W] in [-1, 1] (values outside are clipped) to uint8 [B, H, W, C]."""
    scaled = images.detach().float().clamp(-1.0, 1.0).add(1.0).mul(127.5).round()
    pixels: Pixels = scaled.byte().permute(0, 2, 3, 1).cpu().numpy()
    return pixels
