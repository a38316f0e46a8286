"""What sources of photos share."""

from __future__ import annotations

from s2f_core.images import Pixels, Rejected, resize

MIN_SIDE = 32


def square(photo: Pixels, size: int) -> Pixels:
    """The largest centred square of a photo [H, W, C], resized to [size, size, C].

    Raises Rejected where the photo is under 32 pixels a side.
    """
    height, width = photo.shape[:2]
    side = min(height, width)
    if side < MIN_SIDE:
        raise Rejected(f"too small: {width}x{height}, at least {MIN_SIDE} pixels a side")
    top, left = (height - side) // 2, (width - side) // 2
    return resize(photo[top : top + side, left : left + side], size)
