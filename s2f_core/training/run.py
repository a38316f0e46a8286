"""A variant from its settings to its model file: build, train or resume, write."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from s2f_core.common import distributed
from s2f_core.common.device import explain_out_of_memory, resolve_precision, uses_cuda_graphs
from s2f_core.common.images import save_png
from s2f_core.data.batches import Batches
from s2f_core.data.pairs import Pairs
from s2f_core.networks import checkpoint
from s2f_core.tracking.client import Aside, training_run
from s2f_core.training.fabric import start
from s2f_core.training.loop import Training, train
from s2f_core.training.model_card import describe
from s2f_core.training.validation import Validation
from s2f_core.training.variant import Settings


def prepare(settings: Settings, splits: Mapping[str, Pairs], states: Path) -> Training:
    """Build networks, batches and validation for a training, seeded, on this process's device.

    Raises UserError where processes that train together cannot share a batch, or differ.
    """
    precision = resolve_precision(settings.precision)
    fabric = start(precision)
    torch.manual_seed(settings.seed)
    variant, recipe = settings.variant, settings.variant.recipe
    blueprint = settings.blueprint(splits["train"])
    splits = {part: pairs.with_channels(blueprint.channels) for part, pairs in splits.items()}
    key = hashlib.sha256(settings.model_dump_json().encode())
    for part in splits.values():
        key.update(part.fingerprint().encode())
    distributed.assert_equal("settings or images", key.hexdigest())
    gan = settings.build(fabric, blueprint)
    if uses_cuda_graphs(fabric.device, distributed.world_size()) and gan.recordable:
        gan.record()
    distributed.assert_equal(
        "initial weights", [_length(network) for network in gan.networks.values()]
    )
    return Training(
        settings=settings,
        blueprint=blueprint,
        precision=precision,
        fabric=fabric,
        gan=gan,
        batches=Batches(
            splits["train"],
            recipe.batch,
            seed=settings.seed,
            jitter=recipe.jitter,
            shift=recipe.shift,
            flip=recipe.flip,
            paired=variant.objective.paired,
            sketch=recipe.sketch,
            shard=distributed.shard_indices(recipe.batch, recipe.accumulate),
        ),
        validation=Validation(splits["val"], recipe.best),
        steps=settings.steps(len(splits["train"])),
        state_file=states / f"{settings.name}-{key.hexdigest()[:16]}.pt",
        limit=settings.seconds,
    )


def _length(network: nn.Module) -> float:
    """The L2 norm of all weights, by which processes see whether theirs are the same."""
    return float(torch.nn.utils.get_total_norm(network.parameters()))


def fit(settings: Settings, splits: Mapping[str, Pairs], states: Path, files: Outputs) -> None:
    """Train a variant, or go on where an interrupted training stopped, and write what came of it.

    ``states`` is where unfinished trainings are kept, under a hash of settings and pixels; it
    must not be among the outputs, which DVC deletes before it runs a stage. Raises UserError where
    memory is too small for a step.
    """
    training = prepare(settings, splits, states)
    resumed = training.resume()
    recipe = settings.variant.recipe
    with explain_out_of_memory(
        f"variants.{settings.name}: {recipe.batch // recipe.accumulate} images of "
        f"{training.blueprint.size} px at once",
        "a larger recipe.accumulate sees a batch in more parts; what was saved stays",
    ):
        if distributed.rank() == 0:
            _record(training, resumed, files)
        else:
            with training.interruption.record_signals():
                train(training, Aside())
    distributed.barrier()  # a process that ends early has torchrun wait no longer than it likes


def _record(training: Training, resumed: str | None, files: Outputs) -> None:
    """Train with a run in MLflow and write the outputs; the first process does."""
    settings = training.settings
    tags = {"variant": settings.name, "study": settings.variant.study or "none"}
    with training_run(settings.name, settings.model_dump(mode="json"), tags, resumed) as run:
        with training.interruption.record_signals():
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
        best, generators = training.validation, training.gan.generators
        self.model.mkdir(parents=True, exist_ok=True)
        for direction, network in generators.items():
            weights = best.best[direction]
            network.load_state_dict(weights)
            description = describe(training, direction, network)
            checkpoint.save_model(self.model / f"{direction}.pt", description, weights)
        (self.model / "training.json").write_text(json.dumps(summary(training), indent=2) + "\n")
        save_png(self.model / "progress.png", best.mosaic())
        save_png(self.model / "samples.png", best.samples(generators))
        for file, rows in ((self.curves, training.curves.rows), (self.validation, best.rows)):
            file.parent.mkdir(parents=True, exist_ok=True)
            pd.DataFrame(rows).to_csv(file, index=False, float_format="%.6g")


def summary(training: Training) -> dict[str, Any]:
    """What ``training.json`` tells of a training; times are this machine's.

    Where ``ended_by`` is ``minutes``, so are the steps, and another machine ends elsewhere.
    """
    settings, best = training.settings, training.validation
    images = training.done * settings.variant.recipe.batch
    return {
        "variant": settings.name,
        "settings": settings.model_dump(mode="json"),
        "size": training.blueprint.size,
        "steps": training.done,
        "epochs": round(images / len(training.batches.pairs), 2),
        "training_images": len(training.batches.pairs.ids_b),
        "training_inputs": len(training.batches.pairs.ids),
        "paired": training.batches.pairs.paired,
        "seconds": round(training.seconds, 1),
        "minutes": round(training.seconds / 60, 2),
        "ended_by": training.ended_by,
        "images_per_second": round(images / max(training.seconds, 1e-9), 1),
        "best_step": best.best_step,
        "validation": next(row for row in best.rows if row["step"] == best.best_step),
        "health": [str(finding) for finding in training.findings],
        "parameters": {
            name: sum(weight.numel() for weight in network.parameters())
            for name, network in training.gan.networks.items()
        },
        "precision": training.precision,
        "device": str(training.fabric.device),
        "processes": distributed.world_size(),
    }
