"""Prepare a generator's inputs: a page of its size and channels, noise, a palette."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from s2f_core.common.images import Floats, ImageError, Pixels, luma, resize, to_network_input
from s2f_core.common.seeding import stream
from s2f_core.data.palette import Palette, measure, to_input
from s2f_core.data.sketch.alignment import Aligner
from s2f_core.networks.checkpoint import Description
from s2f_core.networks.unet import UNetSection

MAX_RATIO = 16  # of an image's sides


def check_ratio(image: Pixels) -> None:
    """Raise ImageError if one side of an image [H, W, C] is over sixteen times the other."""
    height, width = image.shape[:2]
    if max(height, width) > MAX_RATIO * min(height, width):
        raise ImageError(
            "too oblong", f"{width}x{height}, one side is over {MAX_RATIO} times the other"
        )


def find_aligner(description: Description, assets: Path) -> Aligner | None:
    """Return the aligner of a model of drawings that was trained on aligned faces, else None.

    ``assets`` is the folder of fetched weights.
    """
    eyes, takes_drawings = description.eyes, description.lines is not None
    return Aligner(eyes, assets) if eyes is not None and takes_drawings else None


def resize_square(image: Pixels, side: int) -> Pixels:
    """Resize a square image [s, s, C] to [side, side, C]; return it unchanged where it fits."""
    return image if len(image) == side else resize(image, side)


def to_page(image: Pixels, side: int, channels: int) -> Pixels:
    """Resize a square image uint8 [s, s, 1 or 3] for a generator of so many input channels.

    Return uint8 [side, side, C]: C is 1, by BT.601, where ``channels`` is 1, else the image's own.
    """
    page = resize_square(image, side)
    return luma(page)[..., None] if channels == 1 else page


def noise_vectors(description: Description, seed: int, count: int) -> Floats:
    """Draw the inputs of a generator of noise: float32 [count, C, 1, 1] in [-1, 1].

    Row k depends on ``seed`` and k alone.
    """
    channels = description.in_channels
    vectors = [stream(seed, row).integers(0, 256, (1, 1, channels)) for row in range(count)]
    inputs: Floats = to_network_input(np.stack(vectors).astype(np.uint8), 1, channels).numpy()
    return inputs


def noise_planes(description: Description) -> dict[str, int]:
    """Return the noise inputs of a generator by name, with the divisor of the image's sides."""
    section = description.generator
    return section.planes(description.size) if isinstance(section, UNetSection) else {}


def photo_palette(photo: Pixels, aligner: Aligner | None) -> Palette:
    """Return the palette of a square photo uint8 [s, s, 3] of a face, which is aligned first.

    Without an aligner the photo is measured as it is. Raises ImageError where no face is found.
    """
    page = photo if aligner is None else aligner.align_photo(photo)
    return measure(page[None])[0]


def choose_palette(description: Description, seed: int, palette: Palette | None) -> Tensor | None:
    """Return the palette for a generator that is told one, [1, 12] in [-1, 1], else None.

    It is ``palette``, or the model's own whose number is ``seed``; after the last comes the first.
    """
    known = description.palettes
    return to_input([palette or known[seed % len(known)]]) if known else None
