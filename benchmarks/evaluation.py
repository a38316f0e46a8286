"""The cost of each score: seconds, and peak memory in a process of its own.

Run ``dvc repro`` up to ``split@faces`` and ``fetch`` first, then ``OMP_NUM_THREADS=1 python -m
benchmarks.evaluation [--images N] [--csv FILE]``. It compares N outputs (1,000 by default) with as
many targets: faces that are shifted by a pixel each time they repeat. The first rows extract
features, for instance with Inception; then comes every score with its interval, on random vectors
in place of features. Nothing is cached.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.table import Table, arguments, spread
from s2f_core.common.config import load
from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.data.conditions import Condition
from s2f_core.data.selection import VariantData
from s2f_core.metrics import diversity, edge_consistency, sharpness
from s2f_core.metrics.backbones import feature_networks
from s2f_core.metrics.memorisation import NearestTraining
from s2f_core.metrics.registry import PAIR_SCORES, SAMPLE_SCORES
from s2f_core.metrics.types import ImageSet, Space, Values

DATA, ASSETS = Path("data"), Path("data/assets")
SCORES = {**PAIR_SCORES, **SAMPLE_SCORES}
COLUMNS = {
    "what": "",
    "seconds": ".2f",
    "spread": ".0%",
    "× the first": ".3f",
    "CPU seconds": ".2f",
    "peak MiB": ",.0f",
    "of it before": ",.0f",
}
DEPTHS: dict[Space, int] = {
    "inception": 2048,
    "classes": 1000,
    "faces": 936,
    "identity": 128,
    "lpips": 1,
    "condition": 128 * 128,
    "sharpness": 1,
    "nearest": 1,
}


def main() -> None:
    """Print the table, each row as soon as it is there."""
    parser = arguments(__doc__)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    first = 0.0
    with Table(COLUMNS, options.csv) as table:
        for row in (*extractors(), *SCORES):
            runs = [_run_row(options.images, row) for _ in range(options.rounds)]
            seconds, busy, peak, before = (list(each) for each in zip(*runs, strict=True))
            typical = statistics.median(seconds)
            first = first or typical
            title = SCORES[row].title if row in SCORES else row
            figures = statistics.median(busy), max(peak), max(before)
            table.add(title, typical, spread(seconds), typical / first, *figures)


def _run_row(count: int, row: str) -> list[float]:
    """The figures of one row, from a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.run(
            [
                sys.executable,
                "-c",
                f"from benchmarks.evaluation import measure; measure({count}, {row!r})",
            ],
            check=True,
            env={**os.environ, "S2F_CACHE": folder},
            stdout=subprocess.PIPE,
            text=True,
        )
    return [float(word) for word in process.stdout.split()[-4:]]


def extractors() -> Mapping[str, Callable[[], Callable[[Pixels], Values]]]:
    """Return functions that load a feature extractor, by name."""
    spaces = feature_networks(ASSETS)
    lpips = spaces.pop("lpips")
    networks = {see.network.partition(", sha256")[0]: see for see in spaces.values()}
    return {
        **{name: lambda see=see: see for name, see in networks.items()},  # type: ignore[misc]
        "LPIPS of pairs": lambda: lambda images: lpips(np.concatenate([images, images], axis=3)),
        "pencil drawn again": _pencil,
        "sharpness of one set": lambda: sharpness.laplacian_deviation,
        "nearest training image": lambda: NearestTraining(
            VariantData(role="faces", background="kept", condition="pencil").pairs(DATA, "train")
        ),
    }


def measure(count: int, row: str) -> None:
    """Print seconds, CPU seconds, peak MiB and the peak before, in a process of its own."""
    outputs, targets = photos(count, 0), photos(count, 1)
    if row in extractors():
        see = extractors()[row]()
        see(outputs[:1])  # weights are loaded
        began, own, before = time.perf_counter(), time.process_time(), _peak()
        see(outputs)
    else:
        ours, theirs = _sample(outputs, 0), _sample(targets, 1)
        began, own, before = time.perf_counter(), time.process_time(), _peak()
        SCORES[row].measure(ours, theirs)
    spent, busy = time.perf_counter() - began, time.process_time() - own
    print(spent, busy, _peak(), before)


def photos(count: int, shift: int) -> Pixels:
    """Return ``count`` different photos uint8 [n, H, W, 3]."""
    table = tables.read(DATA / "faces" / "kept")
    rows = np.arange(count)
    images = table.images(table.positions(list(table.accepted["id"]))[rows % len(table.accepted)])
    further = 2 * (rows // len(table.accepted)) + shift
    return np.stack([np.roll(image, by, 1) for image, by in zip(images, further, strict=True)])


def _sample(images: Pixels, seed: int) -> ImageSet:
    """Images with random vectors in every space but pixels."""
    random = np.random.default_rng(seed)
    spaces: dict[Space, Callable[[Pixels], Values]] = {"pixels": diversity.pixel_vectors}
    for space, depth in DEPTHS.items():
        vectors = np.abs(random.normal(size=(len(images), depth)))
        spaces[space] = lambda _, vectors=vectors: vectors  # type: ignore[misc]
    return ImageSet(images, spaces)


def _pencil() -> Callable[[Pixels], Values]:
    drawing = edge_consistency.condition_redraw(load(Condition, "conditions", "pencil"), ASSETS)
    if drawing is None:
        raise TypeError("conditions.pencil is of another type than the default one")
    return drawing


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
