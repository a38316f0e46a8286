"""The time to fetch a batch, over the time of its training step.

``python -m benchmarks.input_pipeline [--csv FILE]``, no data needed: tables of noise are made, read
back and augmented as pix2pix's are (jitter 286/256, half of the images mirrored). The step is that
of the default width and batch. On a GPU a batch is fetched during the previous step, so only the
wait remains.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import steps
from benchmarks.steps import NEAREST, Build, Case
from benchmarks.table import Table, arguments, rounds, spread
from s2f_core.data import tables
from s2f_core.data.batches import Batches, Prefetcher
from s2f_core.data.pairs import Pairs
from s2f_core.training.recipe import Turn

IMAGES = 256
# Pixels a side of the table and of the networks, width, batch.
CASES = ((64, 64, 16, 4), (128, 64, 16, 4), (128, 128, 16, 4), (256, 256, 16, 4), (256, 256, 64, 1))
COLUMNS = {
    "table": "",
    "networks": "",
    "step, ms": ".1f",
    "batch, ms": ".2f",
    "spread": ".0%",
    "of a step": ".1%",
}


def main() -> None:
    """Print a table, and write it as CSV where a file is named."""
    parser = arguments(__doc__)
    steps.add_options(parser)
    options = parser.parse_args()
    with Table(COLUMNS, options.csv) as table, tempfile.TemporaryDirectory() as folder:
        for full, side, width, batch in CASES:
            pairs = _pairs(Path(folder), full, side / full)
            fetch = _Fetch(Batches(pairs, batch, seed=0, jitter=1.117, flip=True), options.clock)
            objective, images = steps.build_objective(Case(NEAREST, width, side, batch), Build())
            step = partial(steps.seconds, partial(objective.step, images, Turn()), options.clock)
            measured = rounds({"step": step, "batch": fetch}, 3 * options.rounds, warm_up=2)
            step_s, batch_s = (statistics.median(measured[key]) for key in ("step", "batch"))
            networks = f"width {width}, {side} px, batch {batch}"
            wide = spread(measured["batch"])
            table.add(f"{full} px", networks, 1e3 * step_s, 1e3 * batch_s, wide, batch_s / step_s)


class _Fetch:
    """Fetches a batch at each call and returns the seconds that it took."""

    def __init__(self, batches: Batches, clock: Any = time.perf_counter) -> None:
        self.batches, self.clock, self.step = Prefetcher(batches, steps.device()), clock, 0

    def __call__(self) -> float:
        began = self.clock()
        batch = self.batches[self.step]
        float(batch.b[0, 0, 0, 0])
        self.step += 1
        return float(self.clock() - began)


def _pairs(folder: Path, full: int, scale: float) -> Pairs:
    """Noise of one and of three channels, in two tables of ``full`` pixels a side."""
    stored_tables = []
    for channels in (1, 3):
        path = folder / f"{full}-{channels}"
        if not path.exists():
            random = np.random.default_rng(channels)
            images = random.integers(0, 256, (IMAGES, full, full, channels), dtype=np.uint8)
            rows = pd.DataFrame({"id": [f"{row:03d}" for row in range(IMAGES)]})
            tables.build(path, tables.Domain(rows, images.__getitem__), label="noise")
        stored_tables.append(tables.read(path))
    return Pairs(stored_tables[0], stored_tables[1], list(stored_tables[0].accepted["id"]), scale)


if __name__ == "__main__":
    main()
