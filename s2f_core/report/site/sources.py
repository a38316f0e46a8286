"""Sources: all results that the report shows, read once from data/ and metrics/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.data import tables
from s2f_core.metrics.paired_bootstrap import FEATURES, Comparisons, TranslationScores
from s2f_core.report.site.records import (
    EvaluationRecord,
    TrainingRecord,
    read_frame,
    read_record,
)


@dataclass(frozen=True)
class TranslationResult:
    """A translation's evaluation, its scores by image (indexed by id) and its image tables.

    ``inputs`` is None if the inputs are no pictures. ``folder`` holds the evaluation.
    """

    evaluation: EvaluationRecord
    scores: pd.DataFrame
    outputs: tables.Table
    targets: tables.Table
    inputs: tables.Table | None
    folder: Path

    @property
    def scored(self) -> TranslationScores:
        """Its scores in the form that the paired bootstrap takes."""
        evaluation, by_image = self.evaluation, self.scores
        return TranslationScores(
            name=evaluation.name,
            target=evaluation.target,
            paired=evaluation.kind == "pairs",
            ids=tuple(by_image.index),
            per_image={
                str(key): column.to_numpy(dtype=np.float64) for key, column in by_image.items()
            },
            estimates={
                key: {
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "n": estimate.n or 0,
                }
                for key in evaluation.scores
                for estimate in [evaluation.estimate(key)]
            },
            higher_is_better={
                key: score.higher_is_better for key, score in evaluation.scores.items()
            },
            features=self.folder / FEATURES,
        )


@dataclass(frozen=True)
class VariantResult:
    """A variant's training record, its curves over the steps and its progress mosaic.

    ``run`` is the id of its MLflow run; empty for an imported variant.
    """

    training: TrainingRecord
    curves: pd.DataFrame
    validation: pd.DataFrame
    progress: Path
    run: str


@dataclass(frozen=True)
class Sources:
    """All translations and variants of the site, in the order of the parameters.

    ``addable`` maps translations that ``s2f add`` can add to their variants.
    """

    translations: dict[str, TranslationResult]
    variants: dict[str, VariantResult]
    addable: Mapping[str, str] = field(default_factory=dict)

    @property
    def evaluations(self) -> list[EvaluationRecord]:
        """The evaluations of all translations."""
        return [result.evaluation for result in self.translations.values()]

    @cached_property
    def comparisons(self) -> Comparisons:
        """Paired comparisons of any two translations of the same held-out images."""
        return Comparisons({name: result.scored for name, result in self.translations.items()})


def read_sources(
    root: Path, variants: Mapping[str, str], addable: Mapping[str, str] | None = None
) -> Sources:
    """Read the results of translations and of their variants, given each translation's variant.

    Raises UserError naming the file if one is missing or malformed.
    """
    if not variants:
        raise UserError("params.yaml: variants is empty, there is nothing to report")
    read_table = cache(tables.read)
    translations = {
        name: _read_translation(root, f"{variant}/{name}", read_table)
        for name, variant in variants.items()
    }
    names = dict.fromkeys(variants.values())
    results = {name: _read_variant(root, name) for name in names}
    return Sources(translations, results, addable or {})


def _read_translation(
    root: Path, folder_name: str, read_table: Callable[[Path], tables.Table]
) -> TranslationResult:
    folder = root / "data" / "evaluations" / folder_name
    evaluation = read_record(EvaluationRecord, folder / "evaluation.json")
    scores = read_frame(folder / "scores.parquet", ["id"])
    role = root / "data" / evaluation.role
    targets, inputs = read_table(role / evaluation.background), None
    if evaluation.condition != "none":
        inputs = read_table(role / f"{evaluation.background}-{evaluation.condition}")
    if evaluation.makes_sketches and inputs is not None:
        targets, inputs = inputs, targets
    are_pictures = (
        inputs is not None and inputs.shape[2] in {1, 3} and inputs.shape[:2] == targets.shape[:2]
    )
    return TranslationResult(
        evaluation,
        scores.astype({"id": str}).set_index("id"),
        read_table(root / "data" / "translations" / folder_name),
        targets,
        inputs if are_pictures else None,
        folder,
    )


def _read_variant(root: Path, name: str) -> VariantResult:
    model = root / "data" / "models" / name
    progress = model / "progress.png"
    if not progress.is_file():
        raise UserError(f"{progress} is missing: run the training of {name!r} first")
    return VariantResult(
        read_record(TrainingRecord, model / "training.json"),
        read_frame(root / "metrics" / "curves" / f"{name}.csv", ["step"]),
        read_frame(root / "metrics" / "validation" / f"{name}.csv", ["step"]).dropna(
            axis="columns", how="all"
        ),
        progress,
        run.read_text().strip() if (run := model / "run_id").is_file() else "",
    )
