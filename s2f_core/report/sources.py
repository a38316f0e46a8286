"""What the report reads: evaluations, their images, and each variant's training record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from s2f_core import tables
from s2f_core.errors import UserError

FACES = ("sketch", "mean-face", "nearest-face")
BASELINES = (*FACES, "photo", "mean-sketch", "nearest-sketch")
FLOOR = "real"
HEADLINE = {  # the two scores that say most, the first of which sorts the leaderboard
    "pairs": ("kid", "pixel_difference"),
    "samples": ("kid", "diversity"),
    "surfaces": ("energy_distance", "surface_error"),
}


def _finite(value: Any) -> Any:
    """Infinite and not-a-number count as missing: there is nothing to draw or to sort by."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class Record(BaseModel):
    """A JSON file of another stage: checked for what is used here, free to hold more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


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
    describe: str = ""
    library: str | None = None
    network: str | None = None
    resize: str | None = None
    interval_by: str = ""

    def better(self, one: float, other: float) -> bool:
        """Whether ``one`` is strictly better than ``other``."""
        return one > other if self.higher_is_better else one < other

    @property
    def made(self) -> str:
        """Direction, meaning, library, network, resize rule and interval as sentences."""
        parts = [
            "Higher is better" if self.higher_is_better else "Lower is better",
            self.describe,
            ", ".join(part for part in (self.library, self.network) if part),
            f"Resize: {self.resize}" if self.resize else "",
            f"Interval: {self.interval_by}" if self.interval_by else "",
        ]
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)


class Evaluation(Record):
    """``evaluation.json`` of one translation; ``figures`` has "model" and the baselines.

    ``images`` counts the outputs, ``targets`` the real ones; ``shown`` has ids of the latter.
    ``drawn``: the inputs are pictures.
    """

    name: str
    variant: str
    upscaler: str
    role: str
    background: str
    condition: str
    direction: Literal["a-to-b", "b-to-a"] = "a-to-b"
    kind: Literal["pairs", "samples", "surfaces"] = "pairs"
    classes: tuple[str, ...] | None = None
    transfer: bool = False
    drawn: bool = False
    image_size: int
    images: int
    targets: int | None = None
    shown: tuple[str, ...] = ()
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
        """The classes that were chosen, in brackets; nothing where all were."""
        return f" ({', '.join(self.classes)})" if self.classes else ""

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
    images_per_second: float
    best_step: int | None = None
    validation: dict[str, Number] = {}
    health: list[str] = []
    parameters: dict[str, int] = {}
    precision: str = "unknown"
    device: str = "unknown"


@dataclass(frozen=True)
class Translated:
    """A translation's evaluation, its scores by image (indexed by id) and its image tables.

    ``inputs`` is None where the input is no picture: noise, or none.
    """

    evaluation: Evaluation
    scores: pd.DataFrame
    outputs: tables.Table
    targets: tables.Table
    inputs: tables.Table | None


@dataclass(frozen=True)
class Trained:
    """A variant's training record, its curves over the steps and its progress mosaic."""

    training: Training
    curves: pd.DataFrame
    validation: pd.DataFrame
    progress: Path


@dataclass(frozen=True)
class Sources:
    """All that the page shows, in the order of the parameters."""

    translations: dict[str, Translated]
    variants: dict[str, Trained]

    @property
    def evaluations(self) -> list[Evaluation]:
        """The evaluations alone."""
        return [translated.evaluation for translated in self.translations.values()]


def read(root: Path, names: list[str]) -> Sources:
    """Read everything behind these translations.

    Raises UserError that names the file where one is missing or does not have what is needed.
    """
    if not names:
        raise UserError("params.yaml: translations is empty, there is nothing to report")
    translations = {name: _translated(root, name) for name in names}
    variants = dict.fromkeys(item.evaluation.variant for item in translations.values())
    return Sources(translations, {name: _trained(root, name) for name in variants})


def _translated(root: Path, name: str) -> Translated:
    folder = root / "data" / "evaluations" / name
    evaluation = record(Evaluation, folder / "evaluation.json")
    scores = _frame(folder / "scores.parquet", ["id"])
    role = root / "data" / evaluation.role
    targets, inputs = tables.read(role / evaluation.background), None
    if evaluation.condition != "none":
        inputs = tables.read(role / f"{evaluation.background}-{evaluation.condition}")
    if evaluation.backwards and inputs is not None:
        targets, inputs = inputs, targets
    drawn = inputs is not None and inputs.shape[:2] == targets.shape[:2]
    return Translated(
        evaluation,
        scores.astype({"id": str}).set_index("id"),
        tables.read(root / "data" / "translations" / name),
        targets,
        inputs if drawn else None,
    )


def _trained(root: Path, name: str) -> Trained:
    model = root / "data" / "models" / name
    progress = model / "progress.png"
    if not progress.is_file():
        raise UserError(f"{progress} is missing: run the training of {name!r} first")
    return Trained(
        record(Training, model / "training.json"),
        _frame(root / "metrics" / "curves" / f"{name}.csv", ["step"]),
        _frame(root / "metrics" / "validation" / f"{name}.csv", ["step"]),
        progress,
    )


R = TypeVar("R", bound=Record)


def record(kind: type[R], path: Path) -> R:
    """A JSON file as a record; raises UserError that names the file where it is not right."""
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError:
        raise UserError(f"{path} is missing: run the stage that writes it first") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"{path}: {where}: {first['msg']}") from None


def _frame(path: Path, needed: list[str]) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run the stage that writes it first") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    absent = [column for column in needed if column not in frame]
    if absent:
        raise UserError(f"{path}: no column {absent[0]!r} (columns: {', '.join(map(str, frame))})")
    return frame
