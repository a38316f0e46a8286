"""Palettes: the mean colours of four regions of a photo of a face, which a drawing does not say.

A palette is a text of four colours with commas between them, ``#rrggbb,#rrggbb,#rrggbb,#rrggbb``:
those of :data:`REGIONS`, in order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator
from torch import Tensor, from_numpy

from s2f_core.common.images import Pixels, to_model

Box = tuple[float, float, float, float]  # left, top, right, bottom, in shares of the side

REGIONS: dict[str, tuple[Box, ...]] = {  # of a face that is aligned as CelebA's are
    "background": ((0.0, 0.0, 0.15, 0.3), (0.85, 0.0, 1.0, 0.3)),
    "hair": ((0.35, 0.02, 0.65, 0.15),),
    "skin": ((0.38, 0.55, 0.62, 0.75),),
    "clothes": ((0.3, 0.93, 0.7, 1.0),),
}
CHANNELS = 3 * len(REGIONS)

_PALETTE = re.compile(",".join(["#[0-9a-f]{6}"] * len(REGIONS)))


def check_palette(text: str) -> str:
    """Return a palette without capitals and spaces; raises ValueError where it is none."""
    palette = re.sub(r"\s", "", text.lower())
    if not _PALETTE.fullmatch(palette):
        raise ValueError(
            f"'{text}' is no palette: give the {len(REGIONS)} colours of {', '.join(REGIONS)}, "
            "each as #rrggbb, with commas between them"
        )
    return palette


Palette = Annotated[str, AfterValidator(check_palette)]


def measure(photos: Pixels) -> list[Palette]:
    """Return the palette of each photo uint8 [n, s, s, 3], whose face is aligned."""
    side = photos.shape[1]
    colours = []
    for boxes in REGIONS.values():
        parts = []
        for box in boxes:
            left, top, right, bottom = _pixels(box, side)
            parts.append(photos[:, top:bottom, left:right].mean(axis=(1, 2)))
        colours.append(np.mean(parts, axis=0))
    rounded = np.rint(np.stack(colours, axis=1)).astype(np.uint8)
    return [",".join("#" + bytes(colour).hex() for colour in palette) for palette in rounded]


def _pixels(box: Box, side: int) -> tuple[int, int, int, int]:
    """Return the box of all pixels that a box touches, in a photo of ``side`` pixels."""
    left, top, right, bottom = (share * side for share in box)
    return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)


def to_input(palettes: Sequence[Palette]) -> Tensor:
    """Convert n palettes to a network's input, float32 [n, 12] in [-1, 1]."""
    values = [list(bytes.fromhex(re.sub("[#,]", "", each))) for each in palettes]
    pixels = np.asarray(values, np.uint8).reshape(-1, 1, 1, CHANNELS)
    return to_model(from_numpy(pixels))[..., 0, 0]
