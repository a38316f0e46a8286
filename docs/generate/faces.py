"""Draw the README's picture from the last run: ``python -m docs.generate.faces``.

Sketches of test faces and the faces that ``best`` makes of them, evenly spread and not selected.
The photos are left out: CelebA's terms do not allow to publish them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2f_core.common.images import Pixels, grid, save_png
from s2f_core.data import tables

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "images" / "faces.png"
COLUMNS = 6


def picture(data: Path) -> Pixels:
    """Return a row of sketches above a row of faces: uint8 [H, W, 3]."""
    faces = tables.read(data / "translations" / "best" / "best")
    sketches = tables.read(data / "faces" / "kept-pencil")
    ids = sorted(faces.accepted["id"])
    shown = [ids[row] for row in np.linspace(0, len(ids) - 1, COLUMNS).astype(int)]
    rows = [table.images(table.positions(shown)) for table in (sketches, faces)]
    return grid([image for row in rows for image in row], COLUMNS)


def main() -> None:
    """Write the picture."""
    save_png(PICTURE, picture(ROOT / "data"))


if __name__ == "__main__":
    main()
