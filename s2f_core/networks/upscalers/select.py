"""Outputs at twice or four times their size, by the best upscaler that is available."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

from s2f_core.common.images import Pixels
from s2f_core.data.selection import Upscaler
from s2f_core.networks.upscalers import UPSCALERS
from s2f_core.networks.upscalers.edsr import EDSR_FILE

Factor = Literal[2, 4]
UpscalerChoice = Literal["auto", "bicubic", "edsr", "dat-x2"]
DAT = Path("assets/dat-x2/dat-x2.pth")  # under the data root


def upscale(images: Pixels, factor: Factor, by: UpscalerChoice, data: Path) -> Pixels:
    """Return images uint8 [n, s, s, C] at ``factor`` times their size.

    ``auto`` is :func:`best_upscaler`. EDSR and DAT double the size, so they run once or twice.
    ``data`` is the root of the data, which has their weights. Raises UserError where the weights
    are missing or the upscaler does not take such images.
    """
    upscaler = best_upscaler(images.shape[3], data) if by == "auto" else by
    if upscaler == "bicubic":
        return UPSCALERS[upscaler](images, images.shape[1] * factor, data)
    for _ in range(factor // 2):
        images = UPSCALERS[upscaler](images, images.shape[1] * 2, data)
    return images


def best_upscaler(channels: int, data: Path) -> Upscaler:
    """Return edsr where it is trained, else dat-x2 where it is fetched and can run, else bicubic.

    Grey images get bicubic: both networks take colour images only.
    """
    if channels == 3 and (data / EDSR_FILE).is_file():
        return "edsr"
    if channels == 3 and (data / DAT).is_file() and importlib.util.find_spec("spandrel"):
        return "dat-x2"
    return "bicubic"
