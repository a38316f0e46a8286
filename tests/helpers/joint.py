"""Trainings on as many processes as this file is run on: ``torchrun … joint.py JOBS``."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from fixtures import SilentRun

from s2f_core.common import distributed
from s2f_core.data import tables
from s2f_core.data.pairs import Pairs
from s2f_core.training import loop
from s2f_core.training.objectives import Objective
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings


def run_job(job: dict[str, Any]) -> dict[str, Any]:
    """Train, or go on with a training, as a job says, saving every step; what came of it.

    ``trouble``: the process that has it, after which step, and which, "killed" or "nan".
    ``ticks``: the seconds by which each process's clock has moved whenever it is read.
    """
    inputs, targets = tables.read(Path(job["inputs"])), tables.read(Path(job["targets"]))
    splits = {part: Pairs(inputs, targets, job[part]) for part in ("train", "val")}
    under_way = prepare(Settings.model_validate(job["settings"]), splits, Path(job["states"]))
    resumed = under_way.resume()
    began = under_way.step
    who, after, kind = job.get("trouble", (-1, 0, ""))
    if who == distributed.rank():
        under_way.objective = _FailingGame(under_way.objective, after, kind)  # type: ignore[assignment]
    clock: Any = time
    if ticks := job.get("ticks"):
        reads = itertools.count(0, ticks[distributed.rank()])
        clock = SimpleNamespace(monotonic=reads.__next__)
    with patch.multiple(loop, LOG_EVERY=1, SAVE_EVERY=0.0, time=clock):
        loop.train(under_way, SilentRun())  # type: ignore[arg-type]
    return {
        "resumed": resumed,
        "began": began,
        "gan": under_way.objective.state_dict(),
        "curves": under_way.history.rows,
        "scores": under_way.validation.rows,
        "findings": [finding.sign for finding in under_way.findings],
    }


class _FailingGame:
    """A game that is killed, as by a system out of memory, or loses something that is no number."""

    def __init__(self, game: Objective, steps: int, kind: str) -> None:
        self.game, self.left, self.kind = game, steps, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self.game, name)

    def step(self, *given: Any) -> Any:
        """The game's own, but for one step."""
        self.left -= 1
        if self.left == -1 and self.kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        losses = self.game.step(*given)
        if self.left == -1:
            return {name: value * float("nan") for name, value in losses.items()}
        return losses


def main(file: Path) -> None:
    """Do all jobs of a JSON file; every process writes NAME.RANK.pt beside it."""
    torch.set_num_threads(1)
    for name, job in json.loads(file.read_text()).items():
        torch.save(run_job(job), file.parent / f"{name}.{distributed.rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
