"""The time of one training step, for the papers' networks at their own width.

``python -m benchmarks.train_step [--reference PATH] [--csv FILE]`` runs on the device that Fabric
finds; nothing else should run. A step is G's pass, D's step on real and generated pairs, and G's
step. "Plain" computes as the reference implementation does: float32, every convolution PyTorch's
own, Adam. ``--profile`` shows where the time of a step goes, by operation.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import torch
from torch.profiler import profile

from benchmarks import reference, steps
from benchmarks.steps import Build, Case, Step
from benchmarks.table import Table, arguments, rounds, spread
from s2f_core.common.device import resolve_precision
from s2f_core.data.batches import Batch
from s2f_core.networks import convolutions
from s2f_core.training.objectives import Objective
from s2f_core.training.recipe import Turn

PLAIN, TRAINED, REFERENCE = "plain float32", "as trained", "the reference"
AGAIN = "as trained, once more"  # the same twice: its ratio shows the noise
COLUMNS = {
    "networks": "",
    "way": "",
    "ms": ".1f",
    "spread": ".0%",
    "× plain": ".2f",
    "× as trained": ".2f",
    "s to the first step": ".1f",
    "steps to win that back": ",.0f",
}
PROFILE_ROWS = 12

Objectives = dict[Build, tuple[Objective, Batch]]


@dataclass(frozen=True)
class Way:
    """One way to compute a step.

    ``plain``: every convolution is PyTorch's own. ``only``: the type of device that it needs.
    ``graph``: the step is captured as one CUDA graph.
    """

    build: Build
    plain: bool = False
    only: str | None = None
    graph: bool = False


WAYS = {
    PLAIN: Way(Build("32-true"), plain=True),
    TRAINED: Way(Build()),
    AGAIN: Way(Build()),
    "as trained, compiled": Way(Build(compiled="default")),
    "as trained, compiled into CUDA graphs": Way(Build(compiled="reduce-overhead"), only="cuda"),
    "as trained, a step as a CUDA graph": Way(Build(), only="cuda", graph=True),
}


def plain_convolutions() -> AbstractContextManager[object]:
    """Return a context in which every convolution is PyTorch's own, nearest up in two steps."""
    return patch.multiple(convolutions, PRODUCT_RATIO=0.0, MERGE_PIXELS=sys.maxsize)


def main() -> None:
    """Print a table, and write it as CSV where a file is named."""
    options = _arguments()
    networks = reference.load_networks(options.reference) if options.reference else None
    print(f"{resolve_precision('auto')}, {torch.get_num_threads()} threads")
    if options.profile:
        for name, case in steps.matching_cases(options.case):
            _profile(name, case)
        return
    if networks is None:
        print("the reference is left out: --reference names no checkout of it")
    with Table(COLUMNS, options.csv) as table:
        for name, case in steps.matching_cases(options.case):
            making: dict[str, Callable[[], Step]] = {}
            if networks and reference.generator_name(case):
                making[REFERENCE] = partial(reference.build_step, networks, case)
            objectives: Objectives = {}
            for way in _ways(options.way, options.without):
                making[way] = partial(_build_step, case, WAYS[way], objectives)
            _measure(table, name, making, options)


def _arguments() -> argparse.Namespace:
    parser = arguments(__doc__)
    steps.add_options(parser)
    parser.add_argument("--way", default="", metavar="WORD", help="only those of this word")
    parser.add_argument("--without", metavar="WORD", help="not those of this word, e.g. compiled")
    parser.add_argument("--reference", type=Path, metavar="PATH", help="a checkout of it")
    parser.add_argument("--profile", action="store_true", help="operations of a step instead")
    return parser.parse_args()


def _ways(word: str, without: str | None) -> list[str]:
    """The ways that fit the device and the words; :data:`PLAIN` and as trained are always there."""
    return [
        name
        for name, way in WAYS.items()
        if way.only in {None, steps.device().type}
        and (
            (word in name and not (without and without in name)) or name in {PLAIN, TRAINED, AGAIN}
        )
    ]


def _build_step(case: Case, way: Way, objectives: Objectives) -> Step:
    """Build the step of a way; ways of one build share an objective, to save memory."""
    if way.build not in objectives:
        objectives[way.build] = steps.build_objective(case, way.build)
    objective, images = objectives[way.build]

    def step(batch: Batch, turn: Turn) -> dict[str, torch.Tensor]:
        with plain_convolutions() if way.plain else nullcontext():
            return objective.train_step(batch, turn)

    return (
        steps.as_cuda_graphs(objective, step, images)
        if way.graph
        else partial(step, images, Turn())
    )


def _measure(
    table: Table, case: str, making: Mapping[str, Callable[[], Step]], options: argparse.Namespace
) -> None:
    """Add the rows of a case; a way that fails is logged and left out."""
    ways: dict[str, Callable[[], float]] = {}
    first: dict[str, float] = {}
    for name, make in making.items():
        began = time.perf_counter()
        try:
            step = make()
            steps.seconds(step)
        except Exception as error:
            print(f"{case}: {name} fails: {str(error).partition(chr(10))[0]}", file=sys.stderr)
            continue
        first[name] = time.perf_counter() - began
        ways[name] = partial(steps.seconds, step, options.clock)
    measured = rounds(ways, options.rounds, warm_up=1)
    middle = {name: statistics.median(times) for name, times in measured.items()}
    for name, times in measured.items():
        won = middle[TRAINED] - middle[name]
        back = (first[name] - first[TRAINED]) / won if "compiled" in name and won > 0 else None
        ratios = middle[PLAIN] / middle[name], middle[TRAINED] / middle[name]
        table.add(case, name, 1e3 * middle[name], spread(times), *ratios, first[name], back)


def _profile(name: str, case: Case) -> None:
    """Print the operations of three steps as trained, by the time spent in themselves."""
    objective, images = steps.build_objective(case, Build())
    for _ in range(2):
        objective.step(images, Turn())
    with profile() as profiler:
        for _ in range(3):
            objective.step(images, Turn())
    by = f"self_{steps.device().type}_time_total"
    print(f"\n{name}\n{profiler.key_averages().table(sort_by=by, row_limit=PROFILE_ROWS)}")


if __name__ == "__main__":
    main()
