"""Recreate MLflow runs from the files that DVC keeps.

DVC restores a stage's outs from its cache without running the stage. So in a fresh clone, after
``dvc pull``, all models and figures are there, but MLflow's store is empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from s2f_core.tracking.client import metric_names, training_run
from s2f_core.tracking.log_evaluation import METRIC_PREFIXES, log_evaluation, training_run_id
from s2f_core.tracking.run_tags import BACKFILL_TAG

TAGS = {BACKFILL_TAG: "true"}


def backfill(data: Path, metrics: Path, roles: Mapping[str, Any]) -> Iterator[str]:
    """Create the runs that the store lacks, trainings first, and yield a line about each.

    ``data`` holds models, evaluations and tables; ``metrics`` the curves; ``roles`` is ``data:`` of
    params.yaml. Existing runs stay as they are, so a second backfill creates nothing. The original
    commit and time are unknown. Raises UserError where an evaluation's images or model are missing.
    """
    for folder in sorted((data / "models").glob("*")):
        if (folder / "training.json").is_file() and (folder / "run_id").is_file():
            yield from _restore_training(folder, data, metrics)
    for file in sorted((data / "evaluations").glob("*/*/evaluation.json")):
        yield from _restore_evaluation(file, data, roles)


def _restore_training(folder: Path, data: Path, metrics: Path) -> Iterator[str]:
    name, run_id = folder.name, training_run_id(data, folder.name)
    if any(metric.startswith("train/") for metric in metric_names(run_id, name, name)):
        return
    summary = json.loads((folder / "training.json").read_text())
    settings = summary["settings"]
    tags = {"variant": name, "study": settings["variant"]["study"] or "none", **TAGS}
    if summary["health"]:
        tags["health"] = "; ".join(summary["health"])
    with training_run(name, settings, tags, run_id, summary["seconds"]) as run:
        for file in sorted(folder.iterdir()):
            if file.name != "run_id":
                run.artifact(file, {".pt": "model", ".png": "images"}.get(file.suffix))
        for prefix, kind in (("train", "curves"), ("val", "validation")):
            for step, values in _read_rows(metrics / kind / f"{name}.csv"):
                run.log(step, {f"{prefix}/{key}": value for key, value in values.items()})
    yield f"{name}: the training of {run_id}"


def _read_rows(file: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield the steps and values of a CSV file; nothing where the file is missing."""
    if not file.is_file():
        return
    table = pd.read_csv(file).set_index("step")
    for step, row in zip(table.index, table.to_dict("records"), strict=True):
        yield int(step), {str(key): float(value) for key, value in row.items() if pd.notna(value)}


def _restore_evaluation(file: Path, data: Path, roles: Mapping[str, Any]) -> Iterator[str]:
    name, report = file.parent.name, json.loads(file.read_text())
    variant = file.parent.parent.name
    logged = metric_names(training_run_id(data, variant), name, variant)
    if any(metric.partition("/")[0] in METRIC_PREFIXES.values() for metric in logged):
        return
    log_evaluation(name, variant, data, roles.get(report["role"], {}), TAGS)
    yield f"{name}: the evaluation of {variant}"
