"""Draw the documentation's pictures from the last run: ``python -m docs.generate.faces``.

Drawings by people and what the model ``draw`` makes of them; inputs of test faces and the outputs
of some translations. All are evenly spread and not selected. The photos are left out: CelebA's
terms do not allow to publish them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import s2f_core
from benchmarks.drawing_files import DRAWINGS, read_drawings
from s2f_core.common.images import Pixels, grid, resize, to_rgb
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
        "faces/removed-edges",
        "translations/edges-nobg/edges-nobg",
        "translations/edges-nobg-noise/edges-nobg-noise",
    ),
}


def drawn() -> Pixels:
    """Return drawings of docs/drawings above two faces that ``draw`` makes of each.

    The seeds are the places of the faces, so that each has other colours.
    """
    drawings = read_drawings(ROOT / DRAWINGS)
    shown = [drawings[place] for place in _spread(len(drawings))]
    model = s2f_core.load("draw", ROOT / "data")
    faces = [
        to_rgb(model(drawing, upscale=2, seed=place)) for place, drawing in enumerate(2 * shown)
    ]
    return grid([resize(each, len(faces[0])) for each in (*shown, *faces)], COLUMNS)


def picture(data: Path, rows: tuple[str, ...]) -> Pixels:
    """Return the images of the same faces in each table, uint8 [H, W, 3]."""
    found = [tables.read(data / row) for row in rows]
    ids = sorted(set.intersection(*(set(table.accepted["id"]) for table in found)))
    shown = [ids[place] for place in _spread(len(ids))]
    images = [table.images(table.positions(shown)) for table in found]
    return grid([image for row in images for image in row], COLUMNS)


def _spread(count: int) -> list[int]:
    return [int(place) for place in np.linspace(0, count - 1, COLUMNS)]


def main() -> None:
    """Write the pictures."""
    Image.fromarray(drawn()).save(ROOT / "docs" / "images" / "drawn.png")
    for name, rows in PICTURES.items():
        sheet = Image.fromarray(picture(ROOT / "data", rows))
        sheet.save(ROOT / "docs" / "images" / name, quality=90)


if __name__ == "__main__":
    main()
