"""What the report reads: evaluations, their images, and each variant's training record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from s2f_core.common.errors import UserError
from s2f_core.data import tables
from s2f_core.metrics.paired_bootstrap import FEATURES, Comparisons, TranslationScores
from s2f_core.report.site.footnotes import present
from s2f_core.report.site.records import Number, Record, frame, record

FACES = ("sketch", "mean-face", "nearest-face")
BASELINES = (*FACES, "photo", "mean-sketch", "nearest-sketch")
FLOOR = "real"
MINUS = "\N{MINUS SIGN}"
HEADLINE = {  # the two scores that say most, the first of which sorts the leaderboard
    "pairs": ("kid", "pixel_difference"),
    "samples": ("kid", "diversity"),
    "surfaces": ("energy_distance", "surface_error"),
}


class Figure(Record):
    """A number with its 95 % bootstrap interval and the number of images behind it."""

    value: Number = None
    low: Number = None
    high: Number = None
    n: int | None = None


class Score(Record):
    """How a number was made, in words."""

    title: str
    higher_is_better: bool
    range: tuple[float | None, float | None] | None = None
    describe: str = ""
    library: str | None = None
    network: str | None = None
    resize: str | None = None
    interval_by: str = ""

    def better(self, one: float, other: float) -> bool:
        """Whether ``one`` is strictly better than ``other``."""
        return one > other if self.higher_is_better else one < other

    @property
    def facts(self) -> dict[str, str]:
        """Direction, range, meaning, library, network, resize rule and interval, by name."""
        span = f"{_end(self.range[0], MINUS)} to {_end(self.range[1])}" if self.range else ""
        return present(
            {
                "Better": "higher" if self.higher_is_better else "lower",
                "Range": span,
                "Meaning": self.describe,
                "Library": self.library,
                "Network": self.network,
                "Resize": self.resize,
                "95 % interval": self.interval_by,
            }
        )


def _end(value: float | None, sign: str = "") -> str:
    return f"{sign}∞" if value is None else f"{value:g}".replace("-", MINUS)


class Evaluation(Record):
    """``evaluation.json`` of one translation; ``figures`` has "model" and the baselines.

    ``images`` counts the outputs, ``targets`` the real ones; ``shown`` has ids of the latter.
    ``drawn``: the inputs are pictures. ``nearest``: an output, the training image nearest to it and
    their distance.
    """

    name: str
    variant: str
    upscaler: str
    role: str
    background: str
    condition: str
    direction: Literal["a-to-b", "b-to-a"] = "a-to-b"
    split: Literal["val", "test"] = "test"
    kind: Literal["pairs", "samples", "surfaces"] = "pairs"
    classes: tuple[str, ...] | None = None
    transfer: bool = False
    drawn: bool = False
    image_size: int
    images: int
    targets: int | None = None
    shown: tuple[str, ...] = ()
    mode: str = ""
    nearest: tuple[tuple[str, str, float], ...] = ()
    figures: dict[str, dict[str, Figure | None]]
    scores: dict[str, Score]

    def figure(self, score: str, of: str = "model") -> Figure:
        """A figure, empty where it was not or cannot be measured."""
        return self.figures.get(of, {}).get(score) or Figure()

    @property
    def backwards(self) -> bool:
        """Whether sketches are made from photos."""
        return self.direction == "b-to-a"

    @property
    def target(self) -> str:
        """The table that the outputs are held against: figures of two are not comparable."""
        sketched = f"-{self.condition}" if self.backwards else ""
        return f"{self.role}/{self.background}{sketched}{self.chosen}"

    @property
    def chosen(self) -> str:
        """The classes, and the validation split, that were chosen, in brackets; else nothing."""
        found = [*(self.classes or ()), *(["validation"] if self.split == "val" else [])]
        return f" ({', '.join(found)})" if found else ""

    @property
    def tested(self) -> str:
        """What they are made of: images of which split."""
        return "validation images" if self.split == "val" else "test images"

    @property
    def things(self) -> str:
        """What is generated, in a word."""
        if self.kind == "pairs":
            return "sketches" if self.backwards else "photos"
        return "surfaces" if self.kind == "surfaces" else "images"

    @property
    def origin(self) -> str:
        """What they are generated from."""
        if self.kind == "pairs":
            return "photos" if self.backwards else "sketches"
        return "other images" if self.drawn else "noise"


class Training(Record):
    """``training.json`` of one variant."""

    variant: str
    settings: dict[str, Any]
    size: int | None = None
    steps: int
    epochs: float
    training_images: int
    training_inputs: int | None = None
    paired: bool = True
    seconds: float
    ended_by: str = "steps"
    images_per_second: float
    best_step: int | None = None
    validation: dict[str, Number] = Field(default_factory=dict)
    health: list[str] = Field(default_factory=list)
    parameters: dict[str, int] = Field(default_factory=dict)
    precision: str = "unknown"
    device: str = "unknown"


@dataclass(frozen=True)
class Translated:
    """A translation's evaluation, its scores by image (indexed by id) and its image tables.

    ``inputs`` is None where the input is no picture: noise, or none. ``folder`` is that of the
    evaluation.
    """

    evaluation: Evaluation
    scores: pd.DataFrame
    outputs: tables.Table
    targets: tables.Table
    inputs: tables.Table | None
    folder: Path

    @property
    def scored(self) -> TranslationScores:
        """What it is compared by with others."""
        source, by_image = self.evaluation, self.scores
        return TranslationScores(
            name=source.name,
            target=source.target,
            paired=source.kind == "pairs",
            ids=tuple(by_image.index),
            per_image={
                str(key): column.to_numpy(dtype=np.float64) for key, column in by_image.items()
            },
            estimates={
                key: {"value": one.value, "low": one.low, "high": one.high, "n": one.n or 0}
                for key in source.scores
                for one in [source.figure(key)]
            },
            higher_is_better={key: score.higher_is_better for key, score in source.scores.items()},
            features=self.folder / FEATURES,
        )


@dataclass(frozen=True)
class Trained:
    """A variant's training record, its curves over the steps and its progress mosaic.

    ``run`` is the id of its MLflow run, "" where it was imported.
    """

    training: Training
    curves: pd.DataFrame
    validation: pd.DataFrame
    progress: Path
    run: str


@dataclass(frozen=True)
class Sources:
    """All that the site shows, in the order of the parameters."""

    translations: dict[str, Translated]
    variants: dict[str, Trained]

    @property
    def evaluations(self) -> list[Evaluation]:
        """The evaluations alone."""
        return [translated.evaluation for translated in self.translations.values()]

    @cached_property
    def comparisons(self) -> Comparisons:
        """Each translation against each other one of the same held-out images."""
        return Comparisons({name: item.scored for name, item in self.translations.items()})


def read(root: Path, names: list[str]) -> Sources:
    """Read everything behind these translations.

    Raises UserError that names the file where one is missing or does not have what is needed.
    """
    if not names:
        raise UserError("params.yaml: translations is empty, there is nothing to report")
    opened = cache(tables.read)
    translations = {name: _translated(root, name, opened) for name in names}
    variants = dict.fromkeys(item.evaluation.variant for item in translations.values())
    return Sources(translations, {name: _trained(root, name) for name in variants})


def _translated(root: Path, name: str, opened: Callable[[Path], tables.Table]) -> Translated:
    folder = root / "data" / "evaluations" / name
    evaluation = record(Evaluation, folder / "evaluation.json")
    scores = frame(folder / "scores.parquet", ["id"])
    role = root / "data" / evaluation.role
    targets, inputs = opened(role / evaluation.background), None
    if evaluation.condition != "none":
        inputs = opened(role / f"{evaluation.background}-{evaluation.condition}")
    if evaluation.backwards and inputs is not None:
        targets, inputs = inputs, targets
    pictured = inputs is not None and inputs.shape[2] in {1, 3}
    drawn = inputs is not None and pictured and inputs.shape[:2] == targets.shape[:2]
    return Translated(
        evaluation,
        scores.astype({"id": str}).set_index("id"),
        opened(root / "data" / "translations" / name),
        targets,
        inputs if drawn else None,
        folder,
    )


def _trained(root: Path, name: str) -> Trained:
    model = root / "data" / "models" / name
    progress = model / "progress.png"
    if not progress.is_file():
        raise UserError(f"{progress} is missing: run the training of {name!r} first")
    return Trained(
        record(Training, model / "training.json"),
        frame(root / "metrics" / "curves" / f"{name}.csv", ["step"]),
        frame(root / "metrics" / "validation" / f"{name}.csv", ["step"]),
        progress,
        run.read_text().strip() if (run := model / "run_id").is_file() else "",
    )
