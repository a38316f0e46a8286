"""Decode, resize, arrange and save images, and convert them to and from network tensors.

Stored images are uint8 [H, W, C] RGB or grey. Network tensors are float32 [B, C, H, W] in [-1, 1].
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from torch import Tensor

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

MAX_PIXELS = 64_000_000  # larger images are rejected before they are decoded

# Pillow's names. Other formats are rare for photos, and some of them run a program (EPS).
FORMATS = ("AVIF", "BMP", "DIB", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")


class ImageError(Exception):
    """An image cannot be used. The message is the reason in its table row."""


def decode(
    data: bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    formats: tuple[str, ...] = FORMATS,
) -> Pixels:
    """Decode an image, or the first frame of an animation, to uint8 [H, W, 3].

    The EXIF rotation is applied, transparency is flattened on white, grey becomes three equal
    channels and 16-bit values are scaled to 8. Colour profiles are ignored: values are taken as
    sRGB. ``formats``: Pillow's names of the formats to accept. Raises ImageError if the data is
    empty, truncated, in another format, has more than ``max_pixels`` pixels, or has floating-point
    pixels, whose white level is unknown.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            if image.width * image.height > max_pixels:
                raise ImageError(f"{image.width}x{image.height} is over {max_pixels:,} pixels")
            if image.mode == "F":
                raise ImageError("its pixels are floating-point: save it with 8 or 16 bits")
            image.load()
            return pil_to_rgb(image)
    except ImageError:
        raise
    except Exception as error:  # PIL's decoders raise many kinds for a broken file
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise ImageError(f"unreadable: {reason if data else 'empty file'}") from None


def pil_to_rgb(image: Image.Image) -> Pixels:
    """Convert a Pillow image to uint8 [H, W, 3], upright and on white; see :func:`decode`."""
    image = ImageOps.exif_transpose(image)
    if image.mode in {"I;16", "I;16L", "I;16B", "I"}:  # 16-bit grey; PIL would clip it at 255
        values = np.asarray(image).astype(np.int64)
        return np.repeat((values.clip(0, 65535) // 257).astype(np.uint8)[..., None], 3, axis=2)
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return np.asarray(image.convert("RGB")).copy()


def resize(image: Pixels, size: int) -> Pixels:
    """Resize [H, W, C] to [size, size, C]: area averaging when shrinking, else Lanczos."""
    shrinks = size < min(image.shape[:2])
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    resized = cv2.resize(image, (size, size), interpolation=interpolation)
    return resized.reshape(size, size, image.shape[2]).astype(np.uint8)


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
