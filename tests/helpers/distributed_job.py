"""Trainings on several processes: ``torchrun … distributed_job.py JOBS``."""

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
    """Run or resume the training of a job, saving every step, and return its results.

    ``trouble`` is a process, the step after which it fails, and how: "killed" or "nan".
    ``ticks`` are the seconds by which each process's clock advances at every reading.
    """
    inputs, targets = tables.read(Path(job["inputs"])), tables.read(Path(job["targets"]))
    splits = {part: Pairs(inputs, targets, job[part]) for part in ("train", "val")}
    training = prepare(Settings.model_validate(job["settings"]), splits, Path(job["states"]))
    resumed = training.resume()
    start = training.step
    failing_rank, after, kind = job.get("trouble", (-1, 0, ""))
    if failing_rank == distributed.rank():
        training.objective = _FailingObjective(training.objective, after, kind)  # type: ignore[assignment]
    clock: Any = time
    if ticks := job.get("ticks"):
        reads = itertools.count(0, ticks[distributed.rank()])
        clock = SimpleNamespace(monotonic=reads.__next__)
    with patch.multiple(loop, LOG_EVERY=1, SAVE_EVERY=0.0, time=clock):
        loop.train(training, SilentRun())  # type: ignore[arg-type]
    return {
        "resumed": resumed,
        "began": start,
        "gan": training.objective.state_dict(),
        "curves": training.history.rows,
        "scores": training.validation.rows,
        "findings": [finding.sign for finding in training.findings],
    }


class _FailingObjective:
    """An objective that kills its process in one step, or returns losses that are NaN."""

    def __init__(self, objective: Objective, steps: int, kind: str) -> None:
        self.objective, self.left, self.kind = objective, steps, kind

    def __getattr__(self, name: str) -> Any:
        return getattr(self.objective, name)

    def step(self, *inputs: Any) -> Any:
        """The step of the objective, except for the failing one."""
        self.left -= 1
        if self.left == -1 and self.kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        losses = self.objective.step(*inputs)
        if self.left == -1:
            return {name: value * float("nan") for name, value in losses.items()}
        return losses


def main(file: Path) -> None:
    """Run all jobs of a JSON file; every process writes NAME.RANK.pt beside it."""
    torch.set_num_threads(1)
    for name, job in json.loads(file.read_text()).items():
        torch.save(run_job(job), file.parent / f"{name}.{distributed.rank()}.pt")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
