"""Draw the documentation's pictures from the last run: ``python -m docs.generate.faces``.

Inputs of test faces and the outputs of some translations, evenly spread and not selected. The
photos are left out: CelebA's terms do not allow to publish them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from s2f_core.common.images import Pixels, grid
from s2f_core.data import tables

ROOT = Path(__file__).parents[2]
COLUMNS = 6
BEST = ("faces/kept-pencil", "translations/best/best")
PICTURES = {  # the tables of each, a row for each table
    "faces.png": BEST,
    "variants.jpg": (
        *BEST,
        "translations/pix2pix-pencil/pix2pix-pencil",
        "translations/resnet/resnet-bicubic",
        "translations/resnet/resnet-edsr",
        "faces/kept-edges",
        "translations/edges-human/edges-human",
        "translations/edges-nobg/edges-nobg",
        "translations/edges-nobg-noise/edges-nobg-noise",
    ),
}


def picture(data: Path, rows: tuple[str, ...]) -> Pixels:
    """Return the images of the same faces in each table, uint8 [H, W, 3]."""
    found = [tables.read(data / row) for row in rows]
    ids = sorted(set.intersection(*(set(table.accepted["id"]) for table in found)))
    shown = [ids[place] for place in np.linspace(0, len(ids) - 1, COLUMNS).astype(int)]
    images = [table.images(table.positions(shown)) for table in found]
    return grid([image for row in images for image in row], COLUMNS)


def main() -> None:
    """Write the pictures."""
    for name, rows in PICTURES.items():
        sheet = Image.fromarray(picture(ROOT / "data", rows))
        sheet.save(ROOT / "docs" / "images" / name, quality=90)


if __name__ == "__main__":
    main()
