"""Training: one loop for every variant, and what is written of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning_fabric import Fabric
from torch import Tensor
from tqdm import tqdm

from s2f_core import checkpoint
from s2f_core.devices import resolve
from s2f_core.gans import Gan
from s2f_core.images import save_png
from s2f_core.pairs import Batches, Pairs
from s2f_core.tracking import Run, training_run
from s2f_core.validation import Validation
from s2f_core.variants import Settings

LOG_EVERY = 10  # steps; a row of the curves is the mean over them
SAVE_EVERY = 60.0  # seconds
SAMPLES = 16


@dataclass
class Curves:
    """The named scalars of a training, a row every ten steps."""

    rows: list[dict[str, float]] = field(default_factory=list)
    _recent: list[Mapping[str, Tensor]] = field(default_factory=list)

    def add(self, step: int, last: bool, losses: Mapping[str, Tensor]) -> dict[str, float] | None:
        """Take one step's losses; the row they complete, if they do."""
        self._recent.append(losses)
        if step % LOG_EVERY and not last:
            return None
        means = {
            name: float(torch.stack([row[name].float() for row in self._recent]).mean())
            for name in losses
        }
        self._recent = []
        self.rows.append({"step": step, **means})
        return self.rows[-1]


@dataclass
class Training:
    """A training under way: the GAN, its data and its record; saved and resumed as one."""

    settings: Settings
    description: checkpoint.Description
    precision: str
    fabric: Fabric
    gan: Gan
    batches: Batches
    validation: Validation
    steps: int
    state_file: Path
    curves: Curves = field(default_factory=Curves)
    done: int = 0
    seconds: float = 0.0

    def validates(self, step: int) -> bool:
        """Whether the validation score is taken after this many steps."""
        times = min(self.settings.variant.recipe.validations, self.steps)
        return step * times // self.steps > (step - 1) * times // self.steps

    def save(self, run_id: str) -> None:
        """Write all that a resumed training needs; an older state stays until this is whole."""
        state = {
            "run_id": run_id,
            "done": self.done,
            "seconds": self.seconds,
            "gan": self.gan.state_dict(),
            "validation": self.validation.state_dict(),
            "curves": self.curves.rows,
            "rng": torch.get_rng_state(),
        }
        checkpoint.save(self.state_file, state)

    def summary(self) -> dict[str, Any]:
        """What ``training.json`` tells of the training; times are this machine's."""
        images = self.steps * self.settings.variant.recipe.batch
        best = self.validation
        return {
            "variant": self.settings.name,
            "settings": self.settings.model_dump(mode="json"),
            "size": self.description.size,
            "steps": self.steps,
            "epochs": round(images / len(self.batches.pairs), 2),
            "training_images": len(self.batches.pairs),
            "seconds": round(self.seconds, 1),
            "images_per_second": round(images / max(self.seconds, 1e-9), 1),
            "best_step": best.best_step,
            "validation": next(row for row in best.rows if row["step"] == best.best_step),
            "parameters": {
                name: sum(weight.numel() for weight in network.parameters())
                for name, network in self.gan.networks.items()
            },
            "precision": self.precision,
            "device": str(self.fabric.device),
        }

    def resume(self) -> str | None:
        """Go back to the saved state, if there is one; the id of the MLflow run it belongs to."""
        if not self.state_file.exists():
            return None
        state = checkpoint.load(self.state_file)
        self.gan.load_state_dict(state["gan"])
        self.validation.load_state_dict(state["validation"])
        self.curves.rows = state["curves"]
        self.done, self.seconds = state["done"], state["seconds"]
        torch.set_rng_state(state["rng"])
        run_id: str = state["run_id"]
        return run_id


def train(training: Training, run: Run) -> None:
    """Train from where the training stands to its last step. Knows no variant."""
    gan, fabric, recipe = training.gan, training.fabric, training.settings.variant.recipe
    started = saved = time.monotonic()
    before = training.seconds
    progress = tqdm(
        desc=training.settings.name,
        total=training.steps * recipe.batch,
        initial=training.done * recipe.batch,
        unit="image",
    )
    while training.done < training.steps:
        # fetch
        batch = training.batches[training.done].to(fabric.device)

        # step
        gan.set_rate(recipe.rate(training.done, training.steps))
        losses = gan.step(batch)
        step = training.done = training.done + 1

        # report
        progress.update(recipe.batch)
        row = training.curves.add(step, step == training.steps, losses)
        if row is not None:
            run.log(step, {f"train/{name}": value for name, value in row.items() if name != "step"})

        # validate
        if training.validates(step):
            scores = training.validation(step, fabric, gan.generator)
            run.log(step, {f"val/{name}": value for name, value in scores.items()})
            progress.set_postfix({name: f"{value:.3f}" for name, value in scores.items()})

        # checkpoint
        now = time.monotonic()
        training.seconds = before + now - started
        if row is not None and now - saved > SAVE_EVERY:
            training.save(run.id)
            saved = now
    progress.close()


def prepare(settings: Settings, splits: Mapping[str, Pairs], states: Path) -> Training:
    """Build networks, batches and validation for a training, seeded, on this machine's device."""
    precision = resolve(settings.precision)
    fabric = Fabric(accelerator="auto", devices=1, precision=precision)
    torch.manual_seed(settings.seed)
    variant, pairs = settings.variant, splits["train"]
    recipe = variant.recipe
    description = settings.describe(pairs.size, pairs.inputs.shape[2], pairs.targets.shape[2])
    key = hashlib.sha256(settings.model_dump_json().encode())
    for part in splits.values():
        key.update(part.fingerprint().encode())
    return Training(
        settings=settings,
        description=description,
        precision=precision,
        fabric=fabric,
        gan=settings.build(fabric, description),
        batches=Batches(
            pairs, recipe.batch, seed=settings.seed, jitter=recipe.jitter, flip=recipe.flip
        ),
        validation=Validation(splits["val"], recipe.best),
        steps=recipe.steps(len(pairs), settings.max_steps),
        state_file=states / f"{settings.name}-{key.hexdigest()[:16]}.pt",
    )


def fit(settings: Settings, splits: Mapping[str, Pairs], states: Path, files: Outputs) -> None:
    """Train a variant, or go on where an interrupted training stopped, and write what came of it.

    ``states`` is where unfinished trainings are kept, under a hash of settings and pixels; it
    must not be among the outputs, which DVC deletes before it runs a stage.
    """
    training = prepare(settings, splits, states)
    resumed = training.resume()
    tags = {"variant": settings.name, "study": settings.variant.study or "none"}
    with training_run(settings.name, settings.model_dump(mode="json"), tags, resumed) as run:
        train(training, run)
        training.save(run.id)
        files.write(training)
        for file in sorted(files.model.iterdir()):
            run.artifact(file, {".pt": "model", ".png": "images"}.get(file.suffix))
        files.run_id.write_text(run.id)
    training.state_file.unlink()


@dataclass(frozen=True)
class Outputs:
    """Where a training writes: the model folder and two CSV files of figures."""

    model: Path
    curves: Path
    validation: Path

    @property
    def run_id(self) -> Path:
        """The id of the MLflow run, for the evaluation to log into."""
        return self.model / "run_id"

    def write(self, training: Training) -> None:
        """Write the best weights, the summary, the pictures and the figures."""
        best = training.validation
        self.model.mkdir(parents=True, exist_ok=True)
        training.gan.generator.load_state_dict(best.best)
        checkpoint.save_model(self.model / "model.pt", training.description, best.best)
        summary = json.dumps(training.summary(), indent=2)
        (self.model / "training.json").write_text(summary + "\n")
        save_png(self.model / "progress.png", best.mosaic())
        save_png(self.model / "samples.png", best.samples(training.fabric, training.gan.generator))
        for file, rows in ((self.curves, training.curves.rows), (self.validation, best.rows)):
            file.parent.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(rows).to_csv(file, index=False, float_format="%.6g")
