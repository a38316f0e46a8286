"""Pictures as people pass them to a model: paths, PIL images and arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, pil_to_rgb, to_rgb
from s2f_core.inference.sources import read_file

Picture = Path | str | Image.Image | Pixels


def pixels(picture: Picture) -> Pixels:
    """Return a picture as uint8 [H, W, 3], upright and on white.

    Raises ImageError if a file cannot be decoded, UserError if it cannot be read or it is none of
    the three.
    """
    if isinstance(picture, Image.Image):
        return pil_to_rgb(picture)
    if isinstance(picture, str | Path):
        try:
            data = read_file(Path(picture))
        except (ImageError, ValueError) as error:  # ValueError: a null byte in the name
            raise UserError(f"{picture} cannot be read: {error}") from None
        return decode(data)
    if not isinstance(picture, np.ndarray):
        raise UserError(
            f"a {type(picture).__name__} is no picture (allowed: path, PIL image, array uint8)"
        )
    image = np.ascontiguousarray(picture[..., None] if picture.ndim == 2 else picture)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in {1, 3, 4}:
        raise UserError(
            f"an array of {picture.dtype} {list(picture.shape)} is no picture (allowed: uint8 "
            "[H, W], [H, W, 1], [H, W, 3] and [H, W, 4])"
        )
    if not image.size:
        raise UserError(f"an array {list(picture.shape)} has no pixels")
    return pil_to_rgb(Image.fromarray(image)) if image.shape[2] == 4 else to_rgb(image)


def to_pil(image: Pixels) -> Image.Image:
    """Return an output uint8 [H, W, 1 or 3] as a PIL image, grey or RGB."""
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
