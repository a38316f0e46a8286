"""Training: one loop for every variant."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from tqdm import tqdm

from s2f_core.common import distributed
from s2f_core.common.errors import UserError
from s2f_core.common.signals import Interruption
from s2f_core.data.batches import Batches, Prefetcher
from s2f_core.networks import checkpoint
from s2f_core.tracking.client import Aside, Run
from s2f_core.training.health import Finding
from s2f_core.training.history import Curves
from s2f_core.training.objectives import Blueprint, Game
from s2f_core.training.objectives.losses import chance
from s2f_core.training.validation import Validation
from s2f_core.training.variant import Settings

LOG_EVERY = 10  # steps; a row of the curves is the mean over them
SAVE_EVERY = 60.0  # seconds
RETURNS = 5  # times that a training goes back to its last saved state before it gives up

log = logging.getLogger(__name__)


@dataclass
class Training:
    """A training under way: the GAN, its data and its record; saved and resumed as one.

    It ends after ``steps`` steps or at the first step that ends ``limit`` seconds after the start,
    whichever comes first. Time counts from the first step on, validations included, and before an
    interruption as after it.
    """

    settings: Settings
    blueprint: Blueprint
    precision: str
    fabric: Fabric
    gan: Game
    batches: Batches
    validation: Validation
    steps: int
    state_file: Path
    limit: float = math.inf
    curves: Curves = field(default_factory=Curves)
    findings: list[Finding] = field(default_factory=list)
    interruption: Interruption = field(default_factory=Interruption)
    done: int = 0
    seconds: float = 0.0
    _earned: tuple[tuple[int, int], float] = ((0, 0), 1.0)

    @property
    def progress(self) -> float:
        """The share of the training that is done, in [0, 1], which all that changes follows.

        Of the steps or of the seconds, the larger; without a limit no clock is part of it.
        """
        return min(1.0, max(self.done / self.steps, self.seconds / self.limit))

    @property
    def ended_by(self) -> str:
        """Why it is over: ``steps``, all done; ``minutes``, the limit; ``health``, a finding."""
        if self.done == self.steps:
            return "steps"
        found = self.findings[-1:]
        kept = found and (found[0].step, found[0].response) == (self.done, "keep-best")
        return "health" if kept else "minutes"

    @property
    def rate(self) -> float:
        """What the initial learning rates are multiplied by now."""
        policy = self.settings.variant.recipe.schedule
        logged = len(self.curves.rows), len(self.validation.rows)
        if self._earned[0] != logged:
            self._earned = logged, policy.earned(self.curves.rows, self.validation.rows)
        halved = sum(finding.response == "halve-lr" for finding in self.findings)
        return policy.factor(self.progress) * self._earned[1] * 0.5**halved

    def validates(self, since: float) -> bool:
        """Whether a validation is due now that was not at the progress ``since``."""
        times = min(self.settings.variant.recipe.validations, self.steps)
        due, before = (math.floor(share * times + 1e-9) for share in (self.progress, since))
        return self.progress == 1 or due > before

    def answer(self, findings: list[Finding], run: Run | Aside) -> bool:
        """Log and tag what was found and do what is asked; whether the training ends here.

        Raises UserError where it is to stop, or cannot do what is asked.
        """
        for finding in findings:
            self._warn(str(finding))
            run.tag(f"health.{finding.sign}", str(finding))
            self.findings.append(finding)
            if finding.response == "stop":
                raise UserError(f"variants.{self.settings.name}: {finding}; nothing is written")
            if finding.response == "keep-best":
                if not self.validation.rows:
                    raise UserError(
                        f"variants.{self.settings.name}: {finding}, but there was no validation "
                        "yet; nothing is written"
                    )
                return True
            if finding.response == "halve-lr" and finding.sign == "not-finite":
                self._go_back(finding)
        return False

    def _go_back(self, finding: Finding) -> None:
        """To the last saved state, with what was found since."""
        found = self.findings
        times = sum(one.sign == finding.sign for one in found)
        if times > RETURNS or self.resume() is None:
            raise UserError(f"variants.{self.settings.name}: {finding}, for the {times}. time")
        self.findings = found
        self._warn(f"back to step {self.done}")

    def _warn(self, said: str) -> None:
        if not distributed.rank():
            log.warning("%s: %s", self.settings.name, said)

    def validate(self, step: int) -> dict[str, float]:
        """Score the generators after so many steps: the first process does, and tells the rest."""
        generators = self.gan.generators
        scores = distributed.broadcast(lambda: self.validation(step, generators))
        if distributed.rank():
            self.validation.hear(step, scores)
        return scores

    def save(self, run_id: str) -> None:
        """Write all that a resumed training needs; an older state stays until this is whole.

        The first process does; the others have the same weights and random state as it has.
        """
        if distributed.rank():
            return
        device = self.fabric.device
        state = {
            "run_id": run_id,
            "done": self.done,
            "seconds": self.seconds,
            "gan": self.gan.state_dict(),
            "validation": self.validation.state_dict(),
            **self.curves.state_dict(),
            "findings": [asdict(finding) for finding in self.findings],
            "rng": torch.get_rng_state(),
            "rng_cuda": [torch.cuda.get_rng_state(device)] if device.type == "cuda" else [],
        }
        checkpoint.save(self.state_file, state)

    def resume(self) -> str | None:
        """Go back to the saved state, if there is one; the id of the MLflow run it belongs to.

        The first process reads it for all, so the others need not see its folder.
        """
        state = distributed.broadcast(self._saved)
        if state is None:
            return None
        self.gan.load_state_dict(state["gan"])
        self.validation.load_state_dict(state["validation"])
        self.curves.load_state_dict(state)
        self.findings = [Finding(**finding) for finding in state["findings"]]
        self.done, self.seconds = state["done"], state["seconds"]
        torch.set_rng_state(state["rng"])
        for one in state["rng_cuda"][:1]:  # an older file has one a GPU
            torch.cuda.set_rng_state(one, self.fabric.device)
        run_id: str = state["run_id"]
        return run_id

    def _saved(self) -> dict[str, Any] | None:
        return checkpoint.load(self.state_file) if self.state_file.exists() else None

    def leaves(self) -> bool:
        """Whether Ctrl-C or SIGTERM asked for the end, which all processes then make together.

        Several ask each other every ten steps, where none has begun a row of the curves.
        """
        if distributed.world_size() > 1:
            if self.done % LOG_EVERY:
                return False
            self.interruption.signal = distributed.broadcast(lambda: self.interruption.signal)
        return self.interruption.signal is not None

    def leave(self, run_id: str) -> None:
        """Save, say so, and end the process; what runs the same command goes on from there."""
        self.save(run_id)
        self._warn(f"interrupted after step {self.done}, saved: the same command goes on from here")
        self.interruption.exit_if_requested()


def train(training: Training, run: Run | Aside) -> None:
    """Train from where the training stands to its last step. Knows no variant.

    Where it is interrupted it saves after the step that it is at, and ends the process.
    """
    gan, fabric, settings = training.gan, training.fabric, training.settings
    recipe, lr = settings.variant.recipe, settings.lr * settings.variant.recipe.lr_ratio
    at_chance = chance(settings.variant.objective.adversarial)
    batches = Prefetcher(training.batches, fabric.device)
    started = time.monotonic()
    before = saved = training.seconds
    timed = training.limit < math.inf

    def seconds() -> float:
        return before + time.monotonic() - started

    if recipe.health.not_finite == "halve-lr" and not training.done:
        training.save(run.id)  # there has to be something to go back to
    progress = tqdm(
        desc=settings.name,
        total=None if timed else training.steps * recipe.batch,
        initial=training.done * recipe.batch,
        unit="image",
        disable=distributed.rank() > 0,
    )
    while training.progress < 1:
        if training.leaves():
            training.seconds = seconds()
            training.leave(run.id)

        # fetch
        batch = batches[training.done]

        # step
        since, rate = training.progress, training.rate
        gan.set_rate(rate)
        losses = gan.step(batch, recipe.turn(training.done, since))
        step = training.done = training.done + 1
        if timed:
            training.seconds = distributed.broadcast(seconds)
        validates = training.validates(since)

        # report
        progress.update(recipe.batch)
        whole = validates or step % LOG_EVERY == 0
        row = training.curves.add(step, whole, {**losses, "lr": torch.tensor(rate * lr)})
        if row is None:
            continue
        run.log(step, {f"train/{name}": value for name, value in row.items() if name != "step"})
        found = recipe.health.losses(training.curves.rows, at_chance, training.findings)
        if training.answer(found, run):
            break
        if training.done < step:  # it went back
            continue

        # validate
        if validates:
            scores = training.validate(step)
            run.log(step, {f"val/{name}": value for name, value in scores.items()})
            progress.set_postfix({name: f"{value:.3f}" for name, value in scores.items()})
            if training.answer(recipe.health.outputs(step, scores["variety"]), run):
                break

        # checkpoint
        if not timed:
            training.seconds = seconds()
        if training.seconds - saved > SAVE_EVERY:
            training.save(run.id)
            saved = training.seconds
    training.seconds = seconds()
    progress.close()
