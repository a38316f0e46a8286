"""Records: files of other stages, checked for the parts that the report uses."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from s2f_core.common.errors import UserError
from s2f_core.report.site.footnotes import known_facts

BASELINES = ("sketch", "mean-face", "nearest-face", "photo", "mean-sketch", "nearest-sketch")
FLOOR = "real"
MINUS = "\N{MINUS SIGN}"
HEADLINE = {  # the two most telling scores of a kind; the first one sorts the leaderboard
    "pairs": ("kid", "pixel_difference"),
    "samples": ("kid", "diversity"),
    "surfaces": ("energy_distance", "surface_error"),
}


def _finite(value: Any) -> Any:
    """Turn infinity and not-a-number into None: neither can be drawn or sorted."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class Record(BaseModel):
    """A JSON file of another stage; keys that the report does not use are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EstimateRecord(Record):
    """A number with its 95 % bootstrap interval, over ``n`` images; ``why`` it was left out."""

    value: Number = None
    low: Number = None
    high: Number = None
    n: int | None = None
    why: str = ""


class ScoreRecord(Record):
    """A description of a score: its direction and how it is computed."""

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
        """The lines of its footnote, by name."""
        span = f"{_bound(self.range[0], MINUS)} to {_bound(self.range[1])}" if self.range else ""
        return known_facts(
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


def _bound(value: float | None, sign: str = "") -> str:
    return f"{sign}∞" if value is None else f"{value:g}".replace("-", MINUS)


class EvaluationRecord(Record):
    """``evaluation.json`` of one translation.

    ``figures`` has a mapping of scores for "model" and for each baseline. ``images`` is the number
    of outputs, ``targets`` that of the real images; ``shown`` has ids of real images. ``drawn``:
    the inputs are pictures. ``nearest`` has triples of an output, the training image nearest to it
    and their distance.
    """

    name: str
    variant: str
    upscaler: str
    mirror: bool = False
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
    figures: dict[str, dict[str, EstimateRecord | None]]
    scores: dict[str, ScoreRecord]

    def estimate(self, score: str, of: str = "model") -> EstimateRecord:
        """Return a figure of the model or a baseline, an empty one if it was not measured."""
        return self.figures.get(of, {}).get(score) or EstimateRecord()

    @property
    def finish(self) -> str:
        """How the generator's outputs were finished, such as "mirror mean, upscaled by edsr"."""
        upscaling = [] if self.upscaler == "none" else [f"upscaled by {self.upscaler}"]
        return ", ".join([*(["mirror mean"] if self.mirror else []), *upscaling])

    @property
    def makes_sketches(self) -> bool:
        """Whether it makes sketches from photos."""
        return self.direction == "b-to-a"

    @property
    def target(self) -> str:
        """The table of real images that the outputs are compared with.

        Figures against different targets are not comparable.
        """
        condition = f"-{self.condition}" if self.makes_sketches else ""
        return f"{self.role}/{self.background}{condition}{self.subset}"

    @property
    def subset(self) -> str:
        """The selected classes and the validation split, in brackets; empty for all test images."""
        parts = [*(self.classes or ()), *(["validation"] if self.split == "val" else [])]
        return f" ({', '.join(parts)})" if parts else ""

    @property
    def split_images(self) -> str:
        """The words for the images of its split."""
        return "validation images" if self.split == "val" else "test images"

    @property
    def output_noun(self) -> str:
        """The word for its outputs."""
        if self.kind == "pairs":
            return "sketches" if self.makes_sketches else "photos"
        return "surfaces" if self.kind == "surfaces" else "images"

    @property
    def input_noun(self) -> str:
        """The word for its inputs."""
        if self.kind == "pairs":
            return "photos" if self.makes_sketches else "sketches"
        return "other images" if self.drawn else "noise"


class TrainingRecord(Record):
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


R = TypeVar("R", bound=Record)


def read_record(model: type[R], path: Path) -> R:
    """Read a JSON file; raises UserError naming the file if it is missing or malformed."""
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError:
        raise UserError(f"{path} is missing: run the stage that writes it first") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"{path}: {where}: {first['msg']}") from None


def read_frame(path: Path, required: list[str]) -> pd.DataFrame:
    """Read a Parquet or CSV file; raises UserError if it or a required column is missing."""
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run the stage that writes it first") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    absent = [column for column in required if column not in frame]
    if absent:
        raise UserError(f"{path}: no column {absent[0]!r} (columns: {', '.join(map(str, frame))})")
    return frame
