"""Background removal. The union is the registry of matting models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2f_core.background.u2net import U2NetP
from s2f_core.images import Pixels
from s2f_core.tables import Table, build

Background = U2NetP


def remove(photos: Table, background: Background, asset: Path, mattes: Path, removed: Path) -> None:
    """Write the alpha mattes [n, H, W, 1] and the subjects on a plain colour [n, H, W, 3].

    Rows, ids and groups are those of ``photos``. Raises UserError where the weights are missing.
    """
    model = background.open(asset)
    rows = photos.accepted
    alpha = build(
        mattes, rows, lambda row: model.matte(photos.images([row])[0]), describe="background"
    )

    def on_colour(row: int) -> Pixels:
        return composite(photos.images([row])[0], alpha.images([row])[0], background.colour)

    build(removed, rows, on_colour, describe="compose")


def composite(photo: Pixels, alpha: Pixels, colour: tuple[int, int, int]) -> Pixels:
    """α·photo + (1 - α)·colour, for uint8 [H, W, 3] and α uint8 [H, W, 1]."""
    share = alpha.astype(np.float32) / 255.0
    plain = np.asarray(colour, dtype=np.float32)
    composed: Pixels = np.rint(photo * share + plain * (1.0 - share)).astype(np.uint8)
    return composed
