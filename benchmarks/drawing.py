"""Models on people's drawings of faces: ``python -m benchmarks.drawing FOLDER… --models NAME…``.

A folder has pictures or SVG files, or is an image table such as ``data/drawn-faces/kept-given``. By
default it is ``docs/drawings``, twenty drawings that no training sees. Every drawing goes through a
model as ``s2f translate`` sends it, one at a time. The columns:

- faces found: the share of the outputs in which the face mesh finds a face, with a score of at
  least 0.5 of its detector and of its landmarks;
- KID and face KID of the outputs to up to 200 photos, by default the validation and test photos of
  the role ``faces``;
- both found: the share of the drawings that have a face in the drawing and in the output; of these
  the drawing error, in percent of the eyes' distance, and the smiles kept;
- variety: the mean LPIPS of two of ``--samples`` outputs of one drawing, where the model draws
  noise or is told a palette; the other columns are of the output whose seed is the drawing's place;
- ms: the median milliseconds of a drawing.

``--align`` adds a row for each value of that option, ``--upscale`` enlarges the outputs.
``--sheet`` writes a picture of each row: drawings above outputs, those without a face first.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.drawing_files import DRAWINGS, read_drawings
from benchmarks.table import Table, arguments
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, grid, resize, to_rgb
from s2f_core.data import tables
from s2f_core.data.sketch.normalise import to_square
from s2f_core.data.split import read_ids
from s2f_core.inference import load
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options
from s2f_core.metrics.backbones import feature_networks
from s2f_core.metrics.drawing_error import DRAWING_ERROR
from s2f_core.metrics.face_kid import FACE_KID
from s2f_core.metrics.faces import has_face
from s2f_core.metrics.faces_found import FACES_FOUND
from s2f_core.metrics.kid import KID
from s2f_core.metrics.smiles_kept import SMILES_KEPT
from s2f_core.metrics.types import ImageSet

DATA = Path("data")
PHOTOS = DATA / "faces" / "kept"
MAX_PHOTOS = 200
PER_ROW, QUALITY = 10, 88  # of a sheet: drawings, and JPEG's quality
ITSELF, FLOOR = "the drawings themselves", "other photos"
COLUMNS = {
    "drawings": "",
    "model": "",
    "align": "",
    "N": ".0f",
    "faces found": ".2f",
    "KID": ".3f",
    "its spread": ".3f",
    "face KID": ".3f",
    "both found": ".2f",
    "drawing error": ".1%",
    "smiles kept": ".2f",
    "variety": ".3f",
    "ms": ".0f",
}


@dataclass(frozen=True)
class Outputs:
    """A model's first output of each drawing, and what was measured on the way.

    ``images`` are uint8 [n, H, W, 3]; ``variety`` is None for a model without noise.
    """

    images: Pixels
    variety: float | None
    ms: float


class Judge:
    """Scores images against photos uint8 [n, S, S, 3], by the networks under ``assets``."""

    def __init__(self, photos: Pixels, assets: Path) -> None:
        self.side, self.networks = photos.shape[1], feature_networks(assets)
        self.photos = self._image_set(photos)

    def _image_set(self, images: Pixels) -> ImageSet:
        return ImageSet(images, self.networks, paired=False)

    def to_photo_size(self, images: Sequence[Pixels]) -> Pixels:
        """Return square images at the photos' size, uint8 [n, S, S, 3]."""
        side = self.side
        return np.stack([to_rgb(i if len(i) == side else resize(i, side)) for i in images])

    def __call__(self, images: Pixels, drawings: Pixels | None = None) -> list[float | None]:
        """Return the columns from N to smiles kept, of images of the photos' size.

        Without ``drawings`` the images are outputs of nothing.
        """
        each = self._image_set(images)
        kid = KID.measure(each, self.photos)
        spread = None if kid["high"] is None or kid["low"] is None else kid["high"] - kid["low"]
        found = FACES_FOUND.measure(each, self.photos)["value"]
        figures = [len(images), found, kid["value"], spread]
        figures.append(FACE_KID.measure(each, self.photos)["value"])
        if drawings is None:
            return [*figures, None, None, None]
        points = self.networks["faces"](drawings)
        sketches = self.photos.with_space("drawn_faces", lambda _: points)
        error = DRAWING_ERROR.measure(each, sketches)
        smiles = SMILES_KEPT.measure(each, sketches)["value"]
        return [*figures, error["n"] / len(images), error["value"], smiles]

    def variety(self, samples: Pixels) -> float:
        """Return the mean LPIPS of two samples of one drawing, uint8 [K, S, S, 3]."""
        pairs = [np.concatenate(pair, axis=2) for pair in itertools.combinations(samples, 2)]
        return float(self.networks["lpips"](np.stack(pairs)).mean())

    def worst_first(self, images: Pixels) -> list[int]:
        """Return the places of the images, those without a face first."""
        found = has_face(self.networks["faces"](images))
        return sorted(range(len(images)), key=lambda place: bool(found[place]))


def run(
    model: Model, drawings: Sequence[Pixels], samples: int, judge: Judge, **keywords: Any
) -> Outputs:
    """Run a model on drawings of any size, one at a time, with the options ``keywords``.

    A drawing's seed is its place, so that the outputs have the variety of the model's noise.
    """
    images, seconds, varieties = [], [], []
    for seed, drawing in enumerate(drawings):
        start = time.perf_counter()
        ((image,),) = model.make([drawing], Options(cut=False, seed=seed, **keywords))
        seconds.append(time.perf_counter() - start)
        images.append(image)
        if samples > 1 and model.draws_noise:
            options = Options(cut=False, seed=seed, samples=samples, **keywords)
            varieties.append(judge.variety(judge.to_photo_size(model.make([drawing], options)[0])))
    return Outputs(
        judge.to_photo_size(images),
        statistics.fmean(varieties) if varieties else None,
        1000 * statistics.median(seconds),
    )


def read_photos(folder: Path) -> tuple[Pixels, Pixels]:
    """Return photos to compare with, and others for the floor, up to 200 of each.

    The first are those of the table's validation and test splits, the others of its training split;
    of a table without a split, every other photo. Raises UserError where there are none.
    """
    table, split = tables.read(folder), folder.parent / "split.parquet"
    ids = list(table.accepted["id"])
    parts = (ids[::2], ids[1::2])
    if split.is_file():
        parts = (read_ids(split, "val", "test"), read_ids(split, "train"))
    if min(map(len, parts)) < KID.min_images:
        raise UserError(f"{folder} has {len(ids)} photos, too few to compare with")
    first, others = (_spread(part) for part in parts)
    return table.images(table.positions(first)), table.images(table.positions(others))


def _spread(ids: list[str]) -> list[str]:
    count = min(MAX_PHOTOS, len(ids))
    return [ids[place] for place in np.linspace(0, len(ids) - 1, count).astype(int)]


def sheet(drawings: Pixels, images: Pixels, order: Sequence[int]) -> Pixels:
    """Return drawings above outputs, both uint8 [n, S, S, 3], in this order."""
    cells: list[Pixels] = []
    blank = np.full_like(images[0], 255)
    for first in range(0, len(order), PER_ROW):
        row = order[first : first + PER_ROW]
        for source in (drawings, images):
            cells += [source[place] for place in row] + [blank] * (PER_ROW - len(row))
    return grid(cells, PER_ROW)


def measure(table: Table, options: argparse.Namespace) -> None:
    """Add the rows of all folders and models; raises UserError as reading them does."""
    Options(samples=options.samples)  # a number that is not allowed ends the run here
    folders = {folder: read_drawings(folder) for folder in options.folders}
    models = [(file.name, file.open(DATA)) for file in (load.find(m, DATA) for m in options.models)]
    photos, others = read_photos(options.photos)
    judge = Judge(photos, DATA / "assets")
    table.add("–", FLOOR, None, *judge(others), None, None)
    for folder, pictures in folders.items():
        sketches = judge.to_photo_size([to_square(each, "pad").pixels for each in pictures])
        table.add(folder.name, ITSELF, None, *judge(sketches), None, None)
        for (name, model), align in itertools.product(models, options.align):
            keywords = {"upscale": options.upscale} | ({"align": align} if align else {})
            outputs = run(model, pictures, options.samples, judge, **keywords)
            figures = judge(outputs.images, sketches)
            table.add(folder.name, name, align, *figures, outputs.variety, outputs.ms)
            if options.sheet:
                options.sheet.mkdir(parents=True, exist_ok=True)
                file = "-".join(filter(None, (folder.name, name, align))) + ".jpg"
                order = judge.worst_first(outputs.images)
                picture = Image.fromarray(sheet(sketches, outputs.images, order))
                picture.save(options.sheet / file, quality=QUALITY)


@contextmanager
def _without_notes() -> Iterator[None]:
    """Log errors only: a note on every doodle would bury the table."""
    logger = logging.getLogger("s2f_core")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def main() -> None:
    """Print a row for each folder, model and alignment."""
    parser = arguments(__doc__)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER", default=[DRAWINGS])
    parser.add_argument("--models", nargs="+", required=True, metavar="NAME|FILE")
    parser.add_argument("--photos", type=Path, metavar="TABLE", default=PHOTOS)
    parser.add_argument("--align", nargs="+", choices=("auto", "off"), default=[None])
    parser.add_argument("--samples", type=int, default=1, metavar="K")
    parser.add_argument("--upscale", type=int, choices=(2, 4))
    parser.add_argument("--sheet", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    try:
        with Table(COLUMNS, options.csv) as table, _without_notes():
            measure(table, options)
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
