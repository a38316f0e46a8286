"""Throughput of the data stages: images a second, at two sizes, on one and on two workers.

Run ``dvc repro fetch`` first, then ``python -m benchmarks.data [IMAGES] [SIZE …]``. Each row is one
stage on the first so many faces; a last row adds the stages up and says what 200,000 images, as
many as CelebA has, would take at that rate. ``python -m benchmarks.data memory`` tells the peak
memory of tables of different lengths, each in a process of its own.
"""

from __future__ import annotations

import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from s2f_core import tables
from s2f_core.background import Background, remove
from s2f_core.conditions import Condition, convert
from s2f_core.datasets import prepare
from s2f_core.datasets.celeba import CelebA1k
from s2f_core.params import load
from s2f_core.tables import Domain, Table

ASSETS = Path("data/assets")
SOURCE = ASSETS / "celeba-1k"
CELEBA = 202_599
UNMEASURED = ("noise", "given")  # nothing is computed
WORKERS = (1, 2)
ROWS = 32  # a shard, so that few images keep two workers busy


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
        lambda: remove(photos, background, weights, out / "matte", out / "removed"),
    )
    for name, condition in load(dict[str, Condition], "conditions").items():
        if condition.type not in UNMEASURED:
            yield name, partial(convert, photos, condition, out / name, ASSETS)


def throughput(images: int, sizes: list[int]) -> None:
    """Print the table."""
    tables.SHARD = ROWS
    print(f"{os.cpu_count()} cores, {images} photos, images a second")
    print(f"{'':24}" + "".join(f"{f'{s} px, {w} worker':>18}" for s in sizes for w in WORKERS))
    speeds: dict[str, list[float]] = {}
    for size in sizes:
        for count in WORKERS:
            os.environ["S2F_WORKERS"] = str(count)
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder)
                section = CelebA1k(source="celeba-1k", path=SOURCE, limit=images)
                photos = prepare(section, SOURCE, size, out / "photos", ASSETS)
                for name, work in works(size, photos, out, images):
                    began = time.perf_counter()
                    work()
                    spent = time.perf_counter() - began
                    speeds.setdefault(name, []).append(images / spent)
    for name, row in speeds.items():
        print(f"{name:24}" + "".join(f"{speed:18.1f}" for speed in row))
    alone = ("dataset", "background", "pencil")
    rows = [row for name, row in speeds.items() if name.startswith(alone)]
    hours = [sum(CELEBA / speed for speed in column) / 3600 for column in zip(*rows, strict=True)]
    print(f"{CELEBA:,} images: dataset, background and pencil, hours")
    print(f"{'':24}" + "".join(f"{hour:18.1f}" for hour in hours))


def memory(lengths: tuple[int, ...] = (1_000, 4_000, 16_000)) -> None:
    """Print the peak memory of a table's making, by its length."""
    for length in lengths:
        code = f"from benchmarks.data import build_many; build_many({length})"
        subprocess.run([sys.executable, "-c", code], check=True)


def build_many(length: int, size: int = 256) -> None:
    """Make a table of so many faces, the same ones over and over, and print the peak memory."""
    section = CelebA1k(source="celeba-1k", path=SOURCE)
    faces = section.open(SOURCE, size, ASSETS).images
    rows = pd.DataFrame({"id": [str(row) for row in range(length)]})
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        domain = Domain(rows, lambda row: faces.make(row % len(faces.rows)))
        tables.build(Path(folder) / "faces", domain, describe=f"{length} faces")
        spent = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{length:7,} faces of {size} px: peak {peak:,.0f} MiB, {length / spent:,.0f} images/s")


if __name__ == "__main__":
    logging.disable()
    given = sys.argv[1:]
    if given == ["memory"]:
        memory()
    else:
        numbers = [int(text) for text in given]
        throughput(numbers[0] if numbers else 256, numbers[1:] or [128, 256])
