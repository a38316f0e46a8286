"""Background removal: rembg's default against every model here, on the default faces.

Run ``dvc repro dataset@faces`` and ``s2f fetch`` u2netp, selfie and, for its row,
isnet-general-use; then ``OMP_NUM_THREADS=1 python -m benchmarks.background [--csv FILE]``. |Δα| is
the mean difference from rembg's mattes at 128.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.table import Table, arguments, rounds, spread
from s2f_core.common.images import Pixels, resize
from s2f_core.data import tables
from s2f_core.data.background.rembg_models import Rembg
from s2f_core.data.background.selfie import Selfie

ASSETS = Path("data/assets")
STOCK = "rembg.remove, one by one"
PHOTOS = 24
FEW = 4  # photos at 1024, which take seconds each
SIDES = (128, 256)
SPEED = {"images/s": ".2f", "spread": ".0%"}
ROUNDS = 3
COLUMNS = {
    "model": "",
    "photos": "d",
    **{f"{what} at {side}": form for side in SIDES for what, form in SPEED.items()},
    "× rembg": ".2f",
    "abs. Δα": ".3f",
}

MODELS = (
    Rembg(model="u2netp", size=320),
    Rembg(model="u2netp", size=128),
    Rembg(model="u2net", size=320),
    Rembg(model="u2net_human_seg", size=320),
    Rembg(model="silueta", size=320),
    Rembg(model="isnet-general-use", size=1024),
    Rembg(model="isnet-general-use", size=320),
    Selfie(model="selfie"),
)


def main() -> None:
    """Print images per second of photos of both sides, the median of the rounds, and its spread."""
    options = arguments(__doc__).parse_args()
    images = tables.read(Path("data/faces/kept")).images(range(PHOTOS))
    photos = {side: np.stack([resize(photo, side) for photo in images]) for side in SIDES}
    works = _works()
    mattes: dict[str, Pixels] = {}

    def timed(name: str, side: int) -> float:
        count, work = works[name]
        began = time.perf_counter()
        mattes[f"{name} {side}"] = np.stack(work(photos[side][:count]))
        return (time.perf_counter() - began) / count

    ways = {f"{name} {side}": partial(timed, name, side) for name in works for side in SIDES}
    seconds = rounds(ways, ROUNDS)
    rate = {way: 1 / statistics.median(times) for way, times in seconds.items()}
    with Table(COLUMNS, options.csv) as table:
        for name, (count, _) in works.items():
            cells = [
                cell
                for side in SIDES
                for cell in (rate[f"{name} {side}"], spread(seconds[f"{name} {side}"]))
            ]
            ratio = rate[f"{name} {SIDES[0]}"] / rate[f"{STOCK} {SIDES[0]}"]
            theirs = mattes[f"{STOCK} {SIDES[0]}"][:count] / 255
            difference = float(np.abs(mattes[f"{name} {SIDES[0]}"] / 255 - theirs).mean())
            table.add(name, count, *cells, ratio, difference)


def _works() -> dict[str, tuple[int, Callable[[Pixels], list[Pixels]]]]:
    """The number of photos and the function for their mattes, by name, with weights loaded."""
    os.environ["U2NET_HOME"] = str((ASSETS / "u2netp").absolute())  # where rembg finds them
    from rembg import new_session, remove

    stock = new_session("u2netp", providers=["CPUExecutionProvider"])

    def one_by_one(photos: Pixels) -> list[Pixels]:
        images = [Image.fromarray(photo) for photo in photos]
        return [
            np.asarray(remove(image, session=stock, only_mask=True))[..., None] for image in images
        ]

    functions: dict[str, tuple[int, Callable[[Pixels], list[Pixels]]]] = {
        STOCK: (PHOTOS, one_by_one)
    }
    for section in MODELS:
        asset = ASSETS / section.model
        if not asset.is_dir():
            print(f"{section.model} is left out: not fetched")
            continue
        size = section.size if isinstance(section, Rembg) else 256
        model = section.open(asset)
        count = FEW if size == 1024 else PHOTOS
        model(np.zeros((32, 32, 3), np.uint8))

        def threaded(photos: Pixels, model: Callable[[Pixels], Pixels] = model) -> list[Pixels]:
            with ThreadPoolExecutor(os.cpu_count()) as threads:
                return list(threads.map(model, photos))

        functions[f"{section.model} at {size}, a thread a core"] = (count, threaded)
    return functions


if __name__ == "__main__":
    main()
