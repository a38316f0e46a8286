"""One training step, the networks of the papers at their own width: plain float32 against ours.

``python -m benchmarks.train_step [CSV]``, on the device that Fabric finds; nothing else should run.
Plain is what the reference implementation computes in: float32, one image layout, Adam. A step is
G's pass, D's step on real and generated pairs, G's step. The rounds go through all ways, so that a
busy machine slows all of them.
"""

from __future__ import annotations

import csv
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from pydantic import TypeAdapter

from s2f_core import layers
from s2f_core.devices import Precision, resolve
from s2f_core.gans import Blueprint, Game, Objective
from s2f_core.networks import Discriminator, Generator
from s2f_core.pairs import Batch
from s2f_core.recipe import Recipe, Turn

ROUNDS = 7
PIX2PIX: dict[str, Any] = {
    "type": "pix2pix",
    "reconstruction": "l1",
    "lambda_reconstruction": 100,
}


@dataclass(frozen=True)
class Case:
    """A generator, its width, the images' side and how many make a batch."""

    generator: dict[str, Any]
    width: int
    size: int
    batch: int


@dataclass(frozen=True)
class Way:
    """How it is computed."""

    precision: Precision
    channels_last: bool = False
    apart: bool = False  # `up: nearest` repeats pixels, then convolves


CASES = {
    "ResNet-9, width 64, 128 px, batch 1": Case({"type": "resnet"}, 64, 128, 1),
    "ResNet-9, width 64, 128 px, batch 4": Case({"type": "resnet"}, 64, 128, 4),
    "U-Net-256, width 64, 256 px, batch 1": Case({"type": "unet"}, 64, 256, 1),
    "U-Net-128, width 32, 128 px, batch 8": Case({"type": "unet"}, 32, 128, 8),
    "pix2pix-pencil: nearest up, width 16, 128 px, batch 4": Case(
        {"type": "unet", "norm": "instance", "dropout": 0, "up": "nearest"}, 16, 128, 4
    ),
    "the same at width 64, 256 px, batch 1": Case(
        {"type": "unet", "norm": "instance", "dropout": 0, "up": "nearest"}, 64, 256, 1
    ),
}
PLAIN = "plain float32"
WAYS = {
    PLAIN: Way("32-true", apart=True),
    "float32, nearest up as one convolution": Way("32-true"),
    "as trained": Way("auto"),
    "as trained, channels last": Way("auto", channels_last=True),
}


def main() -> None:
    """Print a table, and write it as CSV where a file is named."""
    fabric = Fabric(accelerator="auto", devices=1)
    name = platform.processor() or platform.machine()
    if fabric.device.type == "cuda":
        name = torch.cuda.get_device_name()
    print(f"{name}, {os.cpu_count()} cores, torch {torch.__version__}, {resolve('auto')}\n")
    print("| networks | way | ms | spread | × plain |\n|---|---|---:|---:|---:|")
    rows = []
    for case_name, case in CASES.items():
        measured = _measured(case)
        plain = statistics.median(measured[PLAIN])
        for way, times in measured.items():
            middle = statistics.median(times)
            spread = (max(times) - min(times)) / middle
            rows.append((case_name, way, 1e3 * middle, spread, plain / middle))
            print("| {} | {} | {:.1f} | {:.0%} | {:.2f} |".format(*rows[-1]), flush=True)
    if len(sys.argv) > 1:
        with Path(sys.argv[1]).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(("networks", "way", "ms", "spread", "ratio", "machine"))
            writer.writerows((*row, name) for row in rows)


def _measured(case: Case) -> dict[str, list[float]]:
    """Seconds a step, by way."""
    games = {name: _game(case, way) for name, way in WAYS.items()}
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for measured in range(-2, ROUNDS):  # two rounds to warm up
        for name, (game, batch) in games.items():
            with _repeating(apart=WAYS[name].apart):
                seconds = _step(game, batch)
            if measured >= 0:
                found[name].append(seconds)
    return found


def _game(case: Case, way: Way) -> tuple[Game, Batch]:
    fabric = Fabric(accelerator="auto", devices=1, precision=resolve(way.precision))
    torch.manual_seed(0)
    norm = {
        "norm": case.generator.get(
            "norm", "batch" if case.generator["type"] == "unet" else "instance"
        )
    }
    blueprint = Blueprint(
        TypeAdapter[Any](Generator).validate_python(case.generator),
        TypeAdapter[Any](Discriminator).validate_python({"type": "patchgan", **norm}),
        case.size,
        case.width,
        (1, 3),
    )
    objective = TypeAdapter[Any](Objective).validate_python(PIX2PIX)
    game: Game = objective.build(fabric, blueprint, 2e-4, Recipe(epochs=1, batch=case.batch))
    form = torch.channels_last if way.channels_last else torch.contiguous_format
    for network in game.networks.values():
        network.to(memory_format=form)
    a, b = (torch.rand(case.batch, n, case.size, case.size) * 2 - 1 for n in (1, 3))
    batch = Batch(a.contiguous(memory_format=form), b.contiguous(memory_format=form))
    return game, batch.to(fabric.device)


@contextmanager
def _repeating(*, apart: bool) -> Iterator[None]:
    """``up: nearest`` in its two operations, or as it is."""
    kept = layers.LARGE
    layers.LARGE = sys.maxsize if apart else kept
    try:
        yield
    finally:
        layers.LARGE = kept


def _step(game: Game, batch: Batch) -> float:
    count = 20 if batch.a.is_cuda else 1
    began = time.perf_counter()
    for _ in range(count):
        losses = game.step(batch, Turn())
    sum(float(value) for value in losses.values())  # waits for the device
    return (time.perf_counter() - began) / count


if __name__ == "__main__":
    main()
