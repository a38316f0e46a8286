"""Draw the sheet of simulated drawings from the last run: ``python -m docs.generate.drawings``.

Two rows of people's doodles, two of simulated ones, and careful drawings below, evenly spread over
the drawings and the photos, and not selected. The photos are left out: CelebA's terms do not allow
to publish them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from s2f_core.common.images import ImageError, Pixels, grid
from s2f_core.data import tables
from s2f_core.data.conditions.drawing import Drawing

ROOT = Path(__file__).parents[2]
COLUMNS = 10
ROWS = {"people": 2, "doodles": 2, "careful": 3}


def simulate(photos: tables.Table, assets: Path, count: int, doodles: float) -> list[Pixels]:
    """Draw photos of a table, spread over it: ``count`` drawings, a share of them doodles."""
    section = Drawing.model_validate({"type": "drawing", "doodle": {"chance": doodles}})
    draw, pages = section.load(assets), []
    for position in np.linspace(0, len(photos) - 1, 2 * count).astype(int):
        try:
            pages.append(draw(photos.image(int(position))))
        except ImageError:
            continue
    return [pages[place] for place in np.linspace(0, len(pages) - 1, count).astype(int)]


def picture(data: Path, assets: Path) -> Pixels:
    """Return the sheet, uint8 [H, W, 3]."""
    people, photos = tables.read(data / "drawn-faces/kept-given"), tables.read(data / "faces/kept")
    count = {name: rows * COLUMNS for name, rows in ROWS.items()}
    spread = np.linspace(0, len(people) - 1, count["people"]).astype(int)
    return grid(
        [
            *people.images(spread),
            *simulate(photos, assets, count["doodles"], 1),
            *simulate(photos, assets, count["careful"], 0),
        ],
        COLUMNS,
        gap=6,
    )


def main() -> None:
    """Write the sheet."""
    sheet = Image.fromarray(picture(ROOT / "data", ROOT / "data" / "assets")).convert("L")
    sheet.quantize(16).save(ROOT / "docs" / "images" / "drawings.png", optimize=True)


if __name__ == "__main__":
    main()
