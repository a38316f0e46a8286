"""Exported models against their checkpoints: file size, output quality, time per image.

Run ``dvc repro`` first, then ``python -m benchmarks.exported [MODEL …] [--csv FILE]`` on an idle
machine. Each variant is exported in each precision and set beside its checkpoint in PyTorch. The
pictures are those of the test inputs: the largest and mean difference of a value in [-1, 1] from
PyTorch's, and SSIM, L1 and KID against the photos, of outputs enlarged bicubically where the model
is smaller than those. Times are medians of rounds that go through all: of one image on one thread
and on all cores, and of a batch of 16 on all cores.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, get_args

import numpy as np
import torch

from benchmarks.celeba_protocol import Judge
from benchmarks.table import Table, arguments, rounds
from s2f_core.common.images import Floats, Pixels, from_model
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import VariantData
from s2f_core.inference.load import load
from s2f_core.inference.network import Checkpoint
from s2f_core.inference.onnx_export import Precision, write
from s2f_core.inference.onnx_session import Session
from s2f_core.networks.checkpoint import Description
from s2f_core.networks.upscalers.bicubic import bicubic

MODELS = ("pix2pix-pencil", "best", "resnet", "draw", "edges-nobg-noise")
TORCH = "PyTorch"
BATCH = 16
COLUMNS = {
    "model": "",
    "by": "",
    "MB": ".1f",
    "s to open": ".2f",
    "largest Δ": ".1e",
    "mean Δ": ".1e",
    "SSIM": ".4f",
    "L1": ".4f",
    "KID": ".4f",
    "ms, 1 thread": ".1f",
    "ms, all cores": ".1f",
    "images/s": ".0f",
    "× PyTorch, 1 thread": ".2f",
}
Run = Callable[[Floats], Floats]


class Way(NamedTuple):
    """A generator on one thread and on all cores, the file's bytes and the seconds to open it."""

    one: Run
    every: Run
    size: int
    opening: float


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table, a model's rows as soon as they are there."""
    parser = arguments(__doc__)
    parser.add_argument("models", nargs="*", default=MODELS, metavar="MODEL")
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(argv)
    with Table(COLUMNS, options.csv) as table, TemporaryDirectory() as folder:
        for name in options.models:
            checkpoint = load(name, options.data).network
            if not isinstance(checkpoint, Checkpoint):
                parser.error(f"{name} is exported already")
            pairs = test_pairs(checkpoint.description, options.data)
            inputs = pairs.a(range(len(pairs.ids))).numpy()
            photos = pairs.targets.images(pairs.targets.positions(pairs.ids))
            judge = Judge(photos, options.data / "assets")
            ways = {TORCH: _eager(checkpoint, options.data / "models" / name / "a-to-b.pt")}
            for precision in get_args(Precision):
                file = Path(folder) / f"{precision}.onnx"
                write(checkpoint.description, checkpoint.generator, file, precision, options.data)
                ways[f"ONNX, {precision}"] = _session(file)
            times = _times(ways, inputs, options.rounds)
            outputs = {by: way.every(inputs) for by, way in ways.items()}
            for by, way in ways.items():
                delta = np.abs(outputs[by] - outputs[TORCH])
                figures = judge(_full(outputs[by], photos.shape[1]))
                alone, together, batch = times[by]
                table.add(
                    *(name, by, way.size / 1e6, way.opening, delta.max(), delta.mean()),
                    *(figures["ssim"], figures["l1"], figures["kid"]),
                    *(1e3 * alone, 1e3 * together, BATCH / batch, times[TORCH][0] / alone),
                )


def test_pairs(description: Description, data: Path) -> Pairs:
    """The test inputs of a model's own data, at its size."""
    if description.role is None:
        raise TypeError(f"{description.variant} does not say what it was trained on")
    own = VariantData(
        role=description.role, background=description.background, condition=description.condition
    )
    pairs = own.pairs(data, "test")
    channels = description.in_channels, pairs.targets.shape[2]
    return pairs.with_channels(channels).resized_to(description.size)


def _eager(checkpoint: Checkpoint, file: Path) -> Way:
    def on(threads: int) -> Run:
        def run(inputs: Floats) -> Floats:
            torch.set_num_threads(threads)
            return checkpoint(inputs)

        return run

    began = time.perf_counter()
    load(file)
    opening = time.perf_counter() - began
    return Way(on(1), on(_cores()), file.stat().st_size, opening)


def _session(file: Path) -> Way:
    one = Session(file, threads=1)
    began = time.perf_counter()
    every = Session(file, threads=_cores())
    return Way(one, every, file.stat().st_size, time.perf_counter() - began)


def _cores() -> int:
    return os.cpu_count() or 1


def _times(ways: dict[str, Way], inputs: Floats, count: int) -> dict[str, list[float]]:
    """Seconds of an image on one thread, of one on all cores, and of a batch on all cores."""

    def timed(run: Run, batch: Floats) -> Callable[[], float]:
        def measure() -> float:
            began = time.perf_counter()
            run(batch)
            return time.perf_counter() - began

        return measure

    times: dict[str, list[float]] = {by: [] for by in ways}
    for alone, size in ((True, 1), (False, 1), (False, BATCH)):
        runs = {
            by: timed(way.one if alone else way.every, inputs[:size]) for by, way in ways.items()
        }
        for by, seconds in rounds(runs, count, warm_up=2).items():
            times[by].append(statistics.median(seconds))
    return times


def _full(outputs: Floats, size: int) -> Pixels:
    pixels = from_model(torch.from_numpy(outputs))
    return pixels if pixels.shape[1] == size else bicubic(pixels, size, Path())


if __name__ == "__main__":
    main()
