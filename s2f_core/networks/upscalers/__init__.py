"""How an output reaches full size. A new upscaler is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from s2f_core.common.images import Pixels
from s2f_core.data.selection import Upscaler
from s2f_core.networks.upscalers.bicubic import bicubic
from s2f_core.networks.upscalers.dat import dat_x2
from s2f_core.networks.upscalers.edsr import edsr


def keep(images: Pixels, size: int, data: Path) -> Pixels:
    """The images as they are."""
    del size, data
    return images


UPSCALERS: dict[Upscaler, Callable[[Pixels, int, Path], Pixels]] = {
    "none": keep,
    "bicubic": bicubic,
    "edsr": edsr,
    "dat-x2": dat_x2,
}
"""Called with images uint8 [n, H, W, C], the size asked for, and the root of the data, where an
upscaler finds its weights; gives uint8 [n, size, size, C] (``none``: the images as they are)."""
