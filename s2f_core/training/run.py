"""A variant from its settings to its model files: build, train or resume, write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from s2f_core.common import distributed
from s2f_core.common.atomic import write_json
from s2f_core.common.device import explain_out_of_memory, resolve_precision, uses_cuda_graphs
from s2f_core.common.images import save_png
from s2f_core.data.batches import Batches
from s2f_core.data.pairs import Pairs
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.inception_v3 import inception
from s2f_core.networks import checkpoint
from s2f_core.networks.unet import takes_palette
from s2f_core.tracking.client import NullRun, Run, training_run
from s2f_core.training.fabric import start
from s2f_core.training.loop import Training, train
from s2f_core.training.model_card import describe
from s2f_core.training.objectives.losses import chance_loss
from s2f_core.training.pictures import progress_mosaic, sample_sheet
from s2f_core.training.recipe import Recipe
from s2f_core.training.result import TrainingResult
from s2f_core.training.validation import COLUMNS, Validation
from s2f_core.training.variant import Settings

ASSETS = Path("data/assets")
STATE_VERSION = 1  # of the files of unfinished trainings; another version starts anew


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
    key = hashlib.sha256(f"{STATE_VERSION}{settings.model_dump_json()}".encode())
    for part in splits.values():
        key.update(part.fingerprint().encode())
    distributed.assert_equal("settings or images", key.hexdigest())
    with explain_out_of_memory(
        f"variants.{settings.name}: networks of width {blueprint.width}",
        "a smaller width or width_ratio needs less",
    ):
        objective = settings.build(fabric, blueprint)
    if uses_cuda_graphs(fabric.device, distributed.world_size()) and objective.capturable:
        objective.use_cuda_graphs()
    distributed.assert_equal(
        "initial weights", [_weight_norm(network) for network in objective.networks.values()]
    )
    return Training(
        name=settings.name,
        recipe=recipe,
        lr=settings.lr * recipe.lr_ratio,
        chance=chance_loss(variant.objective.adversarial),
        blueprint=blueprint,
        precision=precision,
        fabric=fabric,
        objective=objective,
        batches=Batches(
            splits["train"],
            recipe.batch,
            seed=settings.seed,
            jitter=recipe.jitter,
            shift=recipe.shift,
            flip=recipe.flip,
            paired=variant.objective.paired,
            frame=recipe.frame,
            sketch=recipe.sketch,
            shard=distributed.shard_indices(recipe.batch, recipe.accumulate),
            palettes=takes_palette(variant.generator),
        ),
        validation=Validation(splits["val"], recipe.best, _inception(recipe)),
        total_steps=settings.steps(len(splits["train"])),
        state_file=states / f"{settings.name}-{key.hexdigest()[:16]}.pt",
        limit=settings.seconds,
    )


def _inception(recipe: Recipe) -> FeatureExtractor | None:
    """Return the network of a validation's KID on rank 0, which validates, if it measures one.

    Raises UserError where its file is missing, before the first step.
    """
    if not recipe.measures_kid or distributed.rank():
        return None
    network = inception(ASSETS)
    network.checksum  # noqa: B018  # reads the file
    return network


def _weight_norm(network: nn.Module) -> float:
    """Return the L2 norm of all weights, which processes compare."""
    return float(torch.nn.utils.get_total_norm(network.parameters()))


def fit(settings: Settings, splits: Mapping[str, Pairs], states: Path, files: Outputs) -> None:
    """Train a variant, or resume an interrupted training, and write its outputs.

    ``states`` is the folder of unfinished trainings, under a hash of settings and pixels. It must
    not be among the outputs, which DVC deletes before it runs a stage. Raises UserError where
    memory is too small for a step.
    """
    training = prepare(settings, splits, states)
    run_id = training.resume()
    recipe = settings.variant.recipe
    with explain_out_of_memory(
        f"variants.{settings.name}: {recipe.batch // recipe.accumulate} images of "
        f"{training.blueprint.size} px at once",
        "a larger recipe.accumulate sees a batch in more parts; what was saved stays",
    ):
        if distributed.rank() == 0:
            _train_and_write(training, settings, run_id, files)
        else:
            with training.interruption.record_signals():
                train(training, NullRun())
    distributed.barrier()  # a process that ends early has torchrun wait no longer than it likes


def _train_and_write(
    training: Training, settings: Settings, run_id: str | None, files: Outputs
) -> None:
    """Train with a run in MLflow and write the outputs, on rank 0."""
    tags = {"variant": settings.name, "study": settings.variant.study or "none"}
    with training_run(settings.name, settings.model_dump(mode="json"), tags, run_id) as run:
        _log_saved_rows(training, run)
        with training.interruption.record_signals():
            result = train(training, run)
            training.save(run.id)
        files.write(settings, result)
        for file in sorted(files.model.iterdir()):
            run.artifact(file, {".pt": "model", ".png": "images"}.get(file.suffix))
        files.run_id.write_text(run.id)
    training.state_file.unlink()


def _log_saved_rows(training: Training, run: Run) -> None:
    """Log the rows of a resumed training that the store did not get: it may have been away."""
    for prefix, rows in (("train", training.history.rows), ("val", training.validation.rows)):
        for row in rows:
            values = {f"{prefix}/{name}": value for name, value in row.items() if name != "step"}
            run.log(int(row["step"]), values)


@dataclass(frozen=True)
class Outputs:
    """The places that a training writes to: the model folder and two CSV files."""

    model: Path
    curves: Path
    validation: Path

    @property
    def run_id(self) -> Path:
        """The id of the MLflow run, for the evaluation to log into."""
        return self.model / "run_id"

    def write(self, settings: Settings, result: TrainingResult) -> None:
        """Write the best weights, the summary, the pictures, the history and the scores."""
        self.model.mkdir(parents=True, exist_ok=True)
        for direction, network in result.generators.items():
            weights = result.weights[direction]
            network.load_state_dict(weights)
            description = describe(settings, result, direction, ASSETS)
            checkpoint.save_model(self.model / f"{direction}.pt", description, weights)
        write_json(self.model / "training.json", summary(settings, result))
        save_png(self.model / "progress.png", progress_mosaic(result.val, result.frames))
        save_png(self.model / "samples.png", sample_sheet(result.val, result.generators))
        scores = pd.DataFrame(result.scores, columns=COLUMNS)
        for file, frame in ((self.curves, pd.DataFrame(result.history)), (self.validation, scores)):
            _write_csv(file, frame)


def _write_csv(file: Path, frame: pd.DataFrame) -> None:
    """Write a table; a field whose value is not finite is empty."""
    file.parent.mkdir(parents=True, exist_ok=True)
    finite = frame.replace([np.inf, -np.inf], np.nan)
    finite.to_csv(file, index=False, float_format="%.6g")


def summary(settings: Settings, result: TrainingResult) -> dict[str, Any]:
    """Return the content of ``training.json``; times are this machine's.

    Where ``ended_by`` is ``minutes``, the number of steps depends on the machine too.
    """
    pairs = result.train
    images = result.steps * settings.variant.recipe.batch
    return {
        "variant": settings.name,
        "settings": settings.model_dump(mode="json"),
        "size": result.blueprint.size,
        "steps": result.steps,
        "epochs": round(images / len(pairs), 2),
        "training_images": len(pairs.ids_b),
        "training_inputs": len(pairs.ids),
        "paired": pairs.paired,
        "seconds": round(result.seconds, 1),
        "minutes": round(result.seconds / 60, 2),
        "ended_by": result.ended_by,
        "images_per_second": round(images / max(result.seconds, 1e-9), 1),
        "best_step": result.best_step,
        "validation": result.best_scores,
        "health": [str(finding) for finding in result.findings],
        "parameters": result.parameters,
        "precision": result.precision,
        "device": result.device,
        "processes": distributed.world_size(),
    }
