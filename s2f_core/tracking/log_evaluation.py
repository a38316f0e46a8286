"""Log an evaluation to MLflow: figures, pictures, datasets, and the registered model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, grid, repeat_pixels, resize, to_rgb
from s2f_core.data.licences import licence, page
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Translation, VariantData
from s2f_core.data.tables import Table, read
from s2f_core.tracking.client import Run, evaluation_run
from s2f_core.tracking.pyfunc import Translator, pack

METRIC_PREFIXES = {"test": "test", "val": "validation"}  # by split; a training logs val/…
SHEET_IMAGES = 16  # test images on the sheet
TILE_SIDE = 128  # pixels a side of each image on the sheet


def training_run_id(data: Path, variant: str) -> str:
    """Return the id of the MLflow run that trained a variant; a made-up id for an imported one."""
    run_id = data / "models" / variant / "run_id"
    return run_id.read_text().strip() if run_id.exists() else f"imported {variant}"


def log_evaluation(
    name: str,
    variant: str,
    data: Path,
    origin: Mapping[str, Any],
    tags: Mapping[str, str] | None = None,
) -> None:
    """Log ``data/evaluations/VARIANT/NAME`` to its run, and register the model.

    ``data`` is the root of models, translations and tables; ``origin`` is the role's entry under
    ``data:`` of params.yaml. The registered model has the translation's name. A transfer registers
    none, since the model belongs to another translation. Raises UserError where a file is missing.
    """
    file = data / "evaluations" / variant / name / "evaluation.json"
    report = json.loads(file.read_text())
    translation = parse_translation(report)
    test = translation.data.pairs(data, translation.split, direction=translation.direction)
    figures = {
        f"{METRIC_PREFIXES[translation.split]}/{score}": figure["value"]
        for score, figure in report["figures"]["model"].items()
        if figure["value"] is not None
    }
    all_tags = {
        "variant": translation.variant,
        "upscaler": translation.upscaler,
        "mirror": str(translation.mirror).lower(),
        "direction": translation.direction,
        **(tags or {}),
    }
    training = training_run_id(data, translation.variant)
    with (
        evaluation_run(training, name, translation.variant, all_tags) as run,
        tempfile.TemporaryDirectory() as folder,
    ):
        run.artifact(file)
        if test.size > 1:  # points in space have no picture
            outputs = read(data / "translations" / variant / name)
            file = Path(folder) / f"{METRIC_PREFIXES[translation.split]}.jpg"
            Image.fromarray(render_sheet(test, outputs)).save(file, quality=90)  # PNG is slow
            run.artifact(file, "images")
        _log_inputs(run, translation, data, test, origin)
        model_id = None
        if not translation.transfer:
            model_folder = Path(folder) / "model"
            pack(model_folder / "data", translation, test, data)
            model_tags = {
                **all_tags,
                "data": str(translation.data),
                "licence": licence(origin),
                **{key: f"{value:g}" for key, value in figures.items()},
            }
            model_id = run.register(name, model_folder, Translator.__module__, model_tags)
        run.log(0, figures, model_id)


def parse_translation(report: Mapping[str, Any]) -> Translation:
    """Return the translation that an ``evaluation.json`` describes."""
    keys = ("variant", "transfer", "upscaler", "mirror", "direction", "split")
    return Translation(
        **{key: report[key] for key in keys if key in report},
        data=VariantData(**{key: report[key] for key in VariantData.model_fields}),
        scores=report["kind"],
    )


def render_sheet(test: Pairs, outputs: Table) -> Pixels:
    """Return a sheet of inputs, outputs and targets of the first test images, four triples a row.

    The sheet leaves out targets where inputs have none, and inputs where they are noise.
    """
    ids = test.ids[:SHEET_IMAGES]
    columns = [outputs.images(outputs.positions(ids))]
    if test.input_is_image:
        columns.insert(0, test.inputs.images(test.inputs.positions(ids)))
    if test.has_target:
        columns.append(test.targets.images(test.targets.positions(ids)))
    tiles = [_to_tile(image) for row in zip(*columns, strict=True) for image in row]
    return grid(tiles, columns=4 * len(columns))


def _to_tile(image: Pixels) -> Pixels:
    """Return the image in colour, :data:`TILE_SIDE` pixels a side; small ones repeat pixels."""
    larger = repeat_pixels(to_rgb(image), TILE_SIDE)
    return larger if len(larger) == TILE_SIDE else resize(larger, TILE_SIDE)


def _log_inputs(
    run: Run, translation: Translation, data: Path, test: Pairs, origin: Mapping[str, Any]
) -> None:
    """Log the dataset of the test and, except for a transfer, that of the training."""
    splits = {METRIC_PREFIXES[translation.split]: test}
    if not translation.transfer:
        splits["training"] = _training_pairs(translation, data)
    for context, pairs in splits.items():
        profile = {
            "inputs": len(pairs.ids),
            "targets": len(pairs.ids_b),
            "licence": licence(origin),
        }
        dataset = {
            "name": str(translation.data),
            "digest": pairs.fingerprint()[:16],
            "source_type": "http",
            "source": json.dumps({"url": page(origin)}),
            "profile": json.dumps(profile),
        }
        run.inputs(context, [dataset])


def _training_pairs(translation: Translation, data: Path) -> Pairs:
    summary = data / "models" / translation.variant / "training.json"
    parts = "train"
    if summary.exists():
        parts = json.loads(summary.read_text())["settings"]["variant"]["recipe"]["train_on"]
    if parts not in {"train", "train+val"}:
        raise UserError(f"{summary}: recipe.train_on is {parts!r} (allowed: train, train+val)")
    return translation.data.pairs(
        data,
        ["train", "val"] if parts == "train+val" else "train",
        direction=translation.direction,
    )
