"""A contact sheet: some images of a kind on one picture."""

from __future__ import annotations

import numpy as np

from s2f_core.common.images import Pixels, grid, repeat_pixels

SIDE = 32  # the smallest side of an image, in pixels


def contact_sheet(images: Pixels) -> Pixels:
    """Images uint8 [n, H, W, C] on one sheet; channels that are no colours become tiles."""
    if images.shape[-1] in {1, 3}:
        shown = list(images)
    else:
        shown = [grid(list(np.moveaxis(image, -1, 0)[..., None]), gap=0) for image in images]
    return grid([repeat_pixels(image, SIDE) for image in shown])
