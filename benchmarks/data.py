"""Throughput of the data stages: images a second, at two sizes, on one and on two workers.

Run ``dvc repro fetch`` first, then ``python -m benchmarks.data [--images N] [--sizes SIDE …] [--csv
FILE]``. Each row is one stage on the first so many faces; the last adds up what 200,000 images, as
many as CelebA has, take of dataset, background and pencil. ``--memory`` prints the peak memory of
tables of different lengths instead, each in a process of its own.
"""

from __future__ import annotations

import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks import table
from benchmarks.table import Measured, arguments, rounds, spread
from s2f_core.common.config import load
from s2f_core.data import tables
from s2f_core.data.background import Background
from s2f_core.data.background.remove import remove_from_table
from s2f_core.data.conditions import Condition, convert
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.celeba import CelebA1k
from s2f_core.data.tables import Domain, Table

ASSETS = Path("data/assets")
SOURCE = ASSETS / "celeba-1k"
CELEBA = 202_599
UNMEASURED = ("noise", "given")  # nothing is computed
WORKERS = (1, 2)
ROWS = 32  # a shard, so that few images keep two workers busy
CHAIN = ("dataset", "background", "pencil")
COLUMNS = {
    "stage": "",
    "px": "d",
    "workers": "d",
    "images/s": ",.1f",
    "spread": ".0%",
    "× one worker": ".2f",
    "hours": ".1f",
}
MEMORY = {"faces of 256 px": ",d", "peak MiB": ",.0f", "× the first": ".2f", "images/s": ",.0f"}


def works(
    size: int, photos: Table, out: Path, images: int
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """The stages by name, each ready to be run."""
    section = CelebA1k(source="celeba-1k", path=SOURCE, limit=images)
    yield "dataset", lambda: prepare(section, SOURCE, size, out / "dataset", ASSETS)
    background = load(Background, "background")
    weights = ASSETS / background.model
    yield (
        f"background, {background.model}",
        lambda: remove_from_table(photos, background, weights, out / "matte", out / "removed"),
    )
    for name, condition in load(dict[str, Condition], "conditions").items():
        if condition.type not in UNMEASURED:
            yield name, partial(convert, photos, condition, out / name, ASSETS)


def throughput(images: int, sizes: list[int], count: int, file: Path | None) -> None:
    """Print the table."""
    tables.SHARD = ROWS
    with table.Table(COLUMNS, file) as rows:
        for size in sizes:
            speeds: dict[int, Measured] = {}
            for workers in WORKERS:
                os.environ["S2F_WORKERS"] = str(workers)
                speeds[workers] = _speeds(images, size, count)
            alone = {name: statistics.median(speeds) for name, speeds in speeds[1].items()}
            for workers, measured in speeds.items():
                for name, each in measured.items():
                    speed = statistics.median(each)
                    rows.add(name, size, workers, speed, spread(each), speed / alone[name], None)
                each = [statistics.median(s) for n, s in measured.items() if n.startswith(CHAIN)]
                hours = sum(CELEBA / speed for speed in each) / 3600
                rows.add(f"{CELEBA:,} images", size, workers, None, None, None, hours)


def _speeds(images: int, size: int, count: int) -> Measured:
    """Images a second of every stage, several times."""
    with tempfile.TemporaryDirectory() as folder:
        section = CelebA1k(source="celeba-1k", path=SOURCE, limit=images)
        photos = prepare(section, SOURCE, size, Path(folder) / "photos", ASSETS)

        def timed(name: str) -> float:
            with tempfile.TemporaryDirectory(dir=folder) as out:
                work = dict(works(size, photos, Path(out), images))[name]
                began = time.perf_counter()
                work()
                return images / (time.perf_counter() - began)

        names = [name for name, _ in works(size, photos, Path(folder), images)]
        return rounds({name: partial(timed, name) for name in names}, count)


def memory(file: Path | None, lengths: tuple[int, ...] = (1_000, 4_000, 16_000)) -> None:
    """Print the peak memory of a table's making, by its length."""
    first = 0.0
    with table.Table(MEMORY, file) as rows:
        for length in lengths:
            code = f"from benchmarks.data import build_many; build_many({length})"
            process = subprocess.run(
                [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
            )
            peak, speed = (float(word) for word in process.stdout.split()[-2:])
            first = first or peak
            rows.add(length, peak, peak / first, speed)


def build_many(length: int, size: int = 256) -> None:
    """Make a table of so many faces, the same ones over and over; print peak MiB and images/s."""
    section = CelebA1k(source="celeba-1k", path=SOURCE)
    faces = section.open(SOURCE, size, ASSETS).images
    rows = pd.DataFrame({"id": [str(row) for row in range(length)]})
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        domain = Domain(rows, lambda row: faces.make(row % len(faces.rows)))
        tables.build(Path(folder) / "faces", domain, label=f"{length} faces")
        spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(peak, length / spent)


if __name__ == "__main__":
    logging.disable()
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    if options.memory:
        memory(options.csv)
    else:
        throughput(options.images, options.sizes, options.rounds, options.csv)
