"""Upscalers, which bring an output to full size. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from s2f_core.common.images import Pixels
from s2f_core.data.selection import Upscaler
from s2f_core.networks.upscalers.bicubic import bicubic
from s2f_core.networks.upscalers.dat import dat_x2
from s2f_core.networks.upscalers.edsr import edsr


def keep_size(images: Pixels, size: int, data: Path) -> Pixels:
    """Return the images unchanged."""
    del size, data
    return images


UPSCALERS: dict[Upscaler, Callable[[Pixels, int, Path], Pixels]] = {
    "none": keep_size,
    "bicubic": bicubic,
    "edsr": edsr,
    "dat-x2": dat_x2,
}
"""Functions from images uint8 [n, H, W, C], a size, and the root of the data, which has weights, to
uint8 [n, size, size, C]; ``none`` keeps the images' size."""
