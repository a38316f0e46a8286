"""Training steps to measure: the papers' networks and their objectives."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from lightning_fabric import Fabric
from pydantic import TypeAdapter
from torch import Tensor, nn

from s2f_core.common.device import Precision, resolve_precision
from s2f_core.data.batches import Batch
from s2f_core.networks import Discriminator, Generator
from s2f_core.training.objectives import Blueprint, Objective, ObjectiveSection
from s2f_core.training.objectives.cuda_graph import CudaGraphs, TrainStep
from s2f_core.training.recipe import Recipe, Turn

PIX2PIX: dict[str, Any] = {
    "type": "pix2pix",
    "reconstruction": "l1",
    "lambda_reconstruction": 100,
}
NEAREST: dict[str, Any] = {"type": "unet", "norm": "instance", "dropout": 0, "up": "nearest"}
CHANNELS = (1, 3)
ROUNDS = 7
REPEATED = 20  # steps of a measurement on a GPU, which runs asynchronously


@dataclass(frozen=True)
class Case:
    """A generator, its width, the images' side and how many make a batch."""

    generator: dict[str, Any]
    width: int
    size: int
    batch: int

    @property
    def norm(self) -> str:
        """The norm of both networks."""
        usual = "batch" if self.generator["type"] == "unet" else "instance"
        return str(self.generator.get("norm", usual))


CASES = {
    "ResNet-9, width 64, 128 px, batch 1": Case({"type": "resnet"}, 64, 128, 1),
    "ResNet-9, width 64, 128 px, batch 4": Case({"type": "resnet"}, 64, 128, 4),
    "U-Net-256, width 64, 256 px, batch 1": Case({"type": "unet"}, 64, 256, 1),
    "U-Net-128, width 32, 128 px, batch 8": Case({"type": "unet"}, 32, 128, 8),
    "pix2pix-pencil: nearest up, width 16, 128 px, batch 4": Case(NEAREST, 16, 128, 4),
    "the same at width 64, 256 px, batch 1": Case(NEAREST, 64, 256, 1),
}


@dataclass(frozen=True)
class Build:
    """How an objective is built. ``compiled`` is torch.compile's mode."""

    precision: Precision = "auto"
    compiled: str | None = None


def device() -> torch.device:
    """Return the device that Fabric selects."""
    return Fabric(accelerator="auto", devices=1).device


def build_objective(case: Case, build: Build) -> tuple[Objective, Batch]:
    """Build a case's pix2pix and a batch for it, seeded, on the device that Fabric selects."""
    precision = resolve_precision(build.precision)
    fabric = Fabric(accelerator="auto", devices=1, precision=precision)
    torch.manual_seed(0)
    blueprint = Blueprint(
        TypeAdapter[Any](Generator).validate_python(case.generator),
        TypeAdapter[Any](Discriminator).validate_python({"type": "patchgan", "norm": case.norm}),
        case.size,
        case.width,
        CHANNELS,
    )
    section = TypeAdapter[Any](ObjectiveSection).validate_python(PIX2PIX)
    objective: Objective = section.build(
        fabric, blueprint, 2e-4, Recipe(epochs=1, batch=case.batch)
    )
    for network in objective.networks.values():
        if build.compiled and isinstance(network.module, nn.Module):
            network.module.compile(mode=build.compiled)
    return objective, batch(case).to(fabric.device)


def batch(case: Case) -> Batch:
    """Noise in [-1, 1] in place of images."""
    a, b = (torch.rand(case.batch, n, case.size, case.size) * 2 - 1 for n in CHANNELS)
    return Batch(a, b)


Step = Callable[[], dict[str, Tensor]]


def as_cuda_graphs(objective: Objective, step: TrainStep, images: Batch) -> Step:
    """Capture an objective's step on a batch as CUDA graphs, as a training does."""
    for player in objective.players.values():
        player.keep_rate_on_device()
    graphs = CudaGraphs(step)
    return partial(graphs, images, Turn())


def seconds(step: Step, clock: Callable[[], float] = time.perf_counter) -> float:
    """Measure the seconds of a step; on a GPU the mean of several."""
    count = REPEATED if torch.cuda.is_available() else 1
    began = clock()
    for _ in range(count):
        losses = step()
    sum(float(value) for value in losses.values())  # waits for the device
    return (clock() - began) / count


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for cases, rounds and clock."""
    parser.add_argument(
        "--case", default="", metavar="WORD", help="only networks with this word in their name"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--busy",
        action="store_const",
        const=time.process_time,
        default=time.perf_counter,
        dest="clock",
        help="measure CPU seconds, on a busy machine, with OMP_NUM_THREADS=1",
    )


def matching_cases(word: str) -> Iterable[tuple[str, Case]]:
    """Return the cases whose name contains a word."""
    return ((name, case) for name, case in CASES.items() if word in name)
