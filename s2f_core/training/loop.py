"""Training: one loop for every variant."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric

from s2f_core.common import distributed
from s2f_core.common.errors import UserError
from s2f_core.common.progress import progress_bar
from s2f_core.common.signals import Interruption
from s2f_core.data.batches import Batches, Prefetcher
from s2f_core.networks import checkpoint
from s2f_core.tracking.client import NullRun, Run
from s2f_core.training.health import Finding
from s2f_core.training.history import History
from s2f_core.training.objectives import Blueprint, Objective
from s2f_core.training.recipe import Recipe
from s2f_core.training.result import EndedBy, TrainingResult
from s2f_core.training.validation import Validation

LOG_EVERY = 10  # steps of a row of the history
SAVE_EVERY = 60.0  # seconds
MAX_REWINDS = 5  # times that a training goes back to its last saved state before it gives up

log = logging.getLogger(__name__)


@dataclass
class Training:
    """The state of a training, which is saved and resumed as one.

    It ends after ``total_steps`` steps or at the first step that ends ``limit`` seconds after the
    start. ``seconds`` count from the first step on, with validations, over all interruptions.
    """

    name: str
    recipe: Recipe
    lr: float  # of the generator, before its schedule
    chance: float | None  # the discriminator's loss where it cannot tell real from generated
    blueprint: Blueprint
    precision: str
    fabric: Fabric
    objective: Objective
    batches: Batches
    validation: Validation
    total_steps: int
    state_file: Path
    limit: float = math.inf
    history: History = field(default_factory=History)
    findings: list[Finding] = field(default_factory=list)
    interruption: Interruption = field(default_factory=Interruption)
    step: int = 0
    seconds: float = 0.0
    _feedback: tuple[tuple[int, int], float] = ((0, 0), 1.0)  # numbers of rows, and the factor

    @property
    def progress(self) -> float:
        """The share of the training that is done, in [0, 1]: of the steps or the time limit.

        Rates, noise and validations follow it. Without a limit it does not depend on the clock.
        """
        return min(1.0, max(self.step / self.total_steps, self.seconds / self.limit))

    @property
    def rate_factor(self) -> float:
        """The factor on the initial learning rates now."""
        schedule = self.recipe.schedule
        rows = len(self.history.rows), len(self.validation.rows)
        if self._feedback[0] != rows:
            factor = schedule.feedback_factor(self.history.rows, self.validation.rows)
            self._feedback = rows, factor
        halvings = sum(finding.response == "halve-lr" for finding in self.findings)
        return schedule.factor(self.progress) * self._feedback[1] * 0.5**halvings

    def validation_due(self, progress_before: float) -> bool:
        """Whether a validation became due since the training stood at ``progress_before``."""
        times = min(self.recipe.validations, self.total_steps)
        due, before = (
            math.floor(share * times + 1e-9) for share in (self.progress, progress_before)
        )
        return self.progress == 1 or due > before

    def validate(self) -> dict[str, float]:
        """Score the generators on rank 0 and return the scores on every process."""
        generators = self.objective.generators
        scores = distributed.broadcast(lambda: self.validation(self.step, generators))
        if distributed.rank():
            self.validation.set_scores(self.step, scores)
        return scores

    def apply_findings(self, findings: list[Finding], run: Run | NullRun) -> bool:
        """Log and tag findings and carry out their responses; return whether the training ends.

        Raises UserError for the response ``stop``, and where a response is not possible.
        """
        for finding in findings:
            self._warn(str(finding))
            run.tag(f"health.{finding.sign}", str(finding))
            self.findings.append(finding)
            if finding.response == "stop":
                raise UserError(f"variants.{self.name}: {finding}; nothing is written")
            if finding.response == "keep-best":
                if not self.validation.rows:
                    raise UserError(
                        f"variants.{self.name}: {finding}, but there was no validation "
                        "yet; nothing is written"
                    )
                return True
            if finding.response == "halve-lr" and finding.sign == "not-finite":
                self._rewind(finding)
        return False

    def _rewind(self, finding: Finding) -> None:
        """Go back to the last saved state, but keep the findings since."""
        findings = self.findings
        times = sum(each.sign == finding.sign for each in findings)
        if times > MAX_REWINDS or self.resume() is None:
            raise UserError(f"variants.{self.name}: {finding}, for the {times}. time")
        self.findings = findings
        self._warn(f"continues from the saved state at step {self.step}")

    def _warn(self, message: str) -> None:
        if not distributed.rank():
            log.warning("%s: %s", self.name, message)

    def save(self, run_id: str) -> None:
        """Write the state for a resumed training, atomically, from rank 0."""
        if distributed.rank():  # all processes have the same weights and random state
            return
        device = self.fabric.device
        cuda = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
        state = {
            "run_id": run_id,
            "step": self.step,
            "seconds": self.seconds,
            "objective": self.objective.state_dict(),
            "validation": self.validation.state_dict(),
            "history": self.history.state_dict(),
            "findings": [asdict(finding) for finding in self.findings],
            "rng": torch.get_rng_state(),
            "rng_cuda": cuda,
        }
        checkpoint.save(self.state_file, state)

    def resume(self) -> str | None:
        """Go back to the saved state and return the id of its MLflow run; None without a state."""
        # Rank 0 reads the file for all, so the other processes need not see its folder.
        file = self.state_file
        state = distributed.broadcast(lambda: checkpoint.load(file) if file.exists() else None)
        if state is None:
            return None
        self.objective.load_state_dict(state["objective"])
        self.validation.load_state_dict(state["validation"])
        self.history.load_state_dict(state["history"])
        self.findings = [Finding(**finding) for finding in state["findings"]]
        self.step, self.seconds = state["step"], state["seconds"]
        torch.set_rng_state(state["rng"])
        if state["rng_cuda"] is not None and self.fabric.device.type == "cuda":
            torch.cuda.set_rng_state(state["rng_cuda"], self.fabric.device)
        run_id: str = state["run_id"]
        return run_id

    def interrupted(self) -> bool:
        """Whether a signal asked this process, or another one, to end.

        Several processes compare every ten steps, where a row of the history is complete.
        """
        if distributed.world_size() > 1:
            if self.step % LOG_EVERY:
                return False
            self.interruption.signal = distributed.broadcast(lambda: self.interruption.signal)
        return self.interruption.signal is not None

    def exit(self, run_id: str) -> None:
        """Save, log a warning, and end the process."""
        self.save(run_id)
        self._warn(f"interrupted after step {self.step} and saved: the same command continues it")
        self.interruption.exit_if_requested()

    def result(self) -> TrainingResult:
        """Return the outcome of a training that has ended."""
        validation = self.validation
        return TrainingResult(
            blueprint=self.blueprint,
            train=self.batches.pairs,
            val=validation.pairs,
            generators=self.objective.generators,
            weights=dict(validation.best),
            best_step=validation.best_step,
            best_scores=validation.best_scores,
            steps=self.step,
            seconds=self.seconds,
            ended_by=self._ended_by(),
            history=tuple(self.history.rows),
            scores=tuple(validation.rows),
            frames=tuple(validation.frames),
            findings=tuple(self.findings),
            parameters={
                name: sum(weight.numel() for weight in network.parameters())
                for name, network in self.objective.networks.items()
            },
            precision=self.precision,
            device=str(self.fabric.device),
        )

    def _ended_by(self) -> EndedBy:
        if self.step == self.total_steps:
            return "steps"
        last = self.findings[-1:]
        stopped = last and (last[0].step, last[0].response) == (self.step, "keep-best")
        return "health" if stopped else "minutes"


def _stopwatch(before: float) -> Callable[[], float]:
    """Return a function that gives ``before`` plus the seconds since this call."""
    started = time.monotonic()
    return lambda: before + time.monotonic() - started


def _progress_bar(training: Training) -> Any:
    batch, timed = training.recipe.batch, training.limit < math.inf
    return progress_bar(
        desc=training.name,
        total=None if timed else training.total_steps * batch,
        initial=training.step * batch,
        unit="image",
        disable=distributed.rank() > 0,
    )


def train(training: Training, run: Run | NullRun) -> TrainingResult:
    """Train to the last step; an interruption saves and ends the process."""
    objective, recipe, history = training.objective, training.recipe, training.history
    batches = Prefetcher(training.batches, training.fabric.device)
    seconds, saved = _stopwatch(training.seconds), training.seconds
    timed = training.limit < math.inf
    progress_bar = _progress_bar(training)
    if recipe.health.not_finite == "halve-lr" and not training.step:
        training.save(run.id)  # a rewind needs a saved state

    while training.progress < 1:
        if training.interrupted():
            training.seconds = seconds()
            training.exit(run.id)

        # fetch
        batch = batches[training.step]

        # step
        progress, rate_factor = training.progress, training.rate_factor
        objective.set_rate_factor(rate_factor)
        scalars = objective.step(batch, recipe.turn(training.step, progress))
        step = training.step = training.step + 1
        if timed:
            training.seconds = distributed.broadcast(seconds)
        validation_due = training.validation_due(progress)

        # report
        progress_bar.update(recipe.batch)
        ends_row = validation_due or step % LOG_EVERY == 0
        scalars = {**scalars, "lr": torch.tensor(rate_factor * training.lr)}
        row = history.add(step, scalars, ends_row=ends_row)
        if row is None:
            continue
        run.log(step, {f"train/{name}": value for name, value in row.items() if name != "step"})
        findings = recipe.health.check_losses(history.rows, training.chance, training.findings)
        if training.apply_findings(findings, run):
            break
        if training.step < step:  # a finding rewound the training
            continue

        # validate
        if validation_due:
            scores = training.validate()
            run.log(step, {f"val/{name}": value for name, value in scores.items()})
            progress_bar.set_postfix({name: f"{value:.3f}" for name, value in scores.items()})
            findings = recipe.health.check_outputs(step, scores.get("variety"))
            if training.apply_findings(findings, run):
                break

        # checkpoint
        if not timed:
            training.seconds = seconds()
        if training.seconds - saved > SAVE_EVERY:
            training.save(run.id)
            saved = training.seconds
    training.seconds = seconds()
    progress_bar.close()
    return training.result()
