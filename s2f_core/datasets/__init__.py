"""Sources of images. The union is their registry: a new one is a file and a line here."""

from __future__ import annotations

from pathlib import Path

from s2f_core.datasets.celeba import CelebA1k
from s2f_core.images import Pixels, Rejected, resize
from s2f_core.tables import Table, build

Dataset = CelebA1k

MIN_SIDE = 32


def prepare(dataset: Dataset, asset: Path, size: int, out: Path) -> Table:
    """Write the photos of a dataset as an image table, uint8 [n, size, size, 3].

    Photos are cut to their centred square (CelebA's aligned 178×218: rows 20 to 198) and resized.
    One that cannot be decoded, or is under 32 pixels, becomes a rejected row. Raises UserError
    where none is left.
    """
    rows, load = dataset.open(asset)

    def make(row: int) -> Pixels:
        return resize(centre_square(load(row)), size)

    return build(out, rows, make, describe="decode")


def centre_square(image: Pixels) -> Pixels:
    """The largest centred square of [H, W, C]; raises Rejected under 32 pixels a side."""
    height, width = image.shape[:2]
    side = min(height, width)
    if side < MIN_SIDE:
        raise Rejected(f"too small: {width}x{height}, at least {MIN_SIDE} pixels a side")
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]
