"""Outputs at twice or four times their size, by what is there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

from s2f_core.common.images import Pixels
from s2f_core.data.selection import Upscaler
from s2f_core.networks.upscalers import UPSCALERS
from s2f_core.networks.upscalers.edsr import FILE

Factor = Literal[2, 4]
By = Literal["auto", "bicubic", "edsr", "dat-x2"]
DAT = Path("assets/dat-x2/dat-x2.pth")  # under the data root


def enlarged(images: Pixels, factor: Factor, by: By, data: Path) -> Pixels:
    """Images uint8 [n, s, s, C] at ``factor`` times their size.

    ``auto`` is :func:`best`. EDSR and DAT, which double, are applied once or twice. ``data`` is the
    root under which they have their weights. Raises UserError where those are missing or the images
    are not what the upscaler takes.
    """
    chosen = best(images.shape[3], data) if by == "auto" else by
    if chosen == "bicubic":
        return UPSCALERS[chosen](images, images.shape[1] * factor, data)
    for _ in range(factor // 2):
        images = UPSCALERS[chosen](images, images.shape[1] * 2, data)
    return images


def best(channels: int, data: Path) -> Upscaler:
    """EDSR where it was trained, else DAT where it was fetched and runs, else bicubic.

    Grey images are enlarged bicubically: both networks know colour alone.
    """
    if channels == 3 and (data / FILE).is_file():
        return "edsr"
    if channels == 3 and (data / DAT).is_file() and importlib.util.find_spec("spandrel"):
        return "dat-x2"
    return "bicubic"
