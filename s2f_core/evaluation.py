"""What the outputs, and the trivial answers beside them, score against the real images."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from s2f_core.data import Direction, Scores
from s2f_core.errors import UserError
from s2f_core.images import Pixels, rgb
from s2f_core.pairs import Pairs
from s2f_core.params import Section
from s2f_core.scores import diversity, surfaces, table
from s2f_core.scores.baselines import FLOOR, answers, inputs, nothing, others
from s2f_core.scores.inception import RESIZE, Features
from s2f_core.scores.kinds import Declaration, Sample, Score, Space, Values
from s2f_core.tables import Table

SHOWN = 36  # real images that the report shows beside outputs that answer none


class Subject(Section):
    """What is evaluated; goes into the JSON as it stands."""

    name: str
    variant: str
    upscaler: str
    role: str
    background: str
    condition: str
    classes: tuple[str, ...] | None = None
    transfer: bool = False
    direction: Direction
    kind: Scores


@dataclass(frozen=True)
class Evaluation:
    """``report``: the whole account; ``figures``: the plain values; ``images``: a row an image."""

    report: dict[str, Any]
    figures: dict[str, float]
    images: pd.DataFrame


@dataclass(frozen=True)
class Kind:
    """How one kind of translation is scored: by what, beside which baselines, answering what."""

    scores: Mapping[str, Score]
    baselines: Callable[[Pairs, Pairs, Direction], dict[str, Pixels]]
    paired: bool


KINDS: dict[Scores, Kind] = {
    "pairs": Kind(table.OF_PAIRS, answers, paired=True),
    "samples": Kind(table.OF_SAMPLES, inputs, paired=False),
    "surfaces": Kind(table.OF_SURFACES, nothing, paired=False),
}


def evaluate(
    subject: Subject, outputs: Table, training: Pairs, test: Pairs, inception: Features
) -> Evaluation:
    """Score a translation of the test split, and the trivial baselines on the same images.

    ``training`` and ``test`` are images in the translation's direction. What is measured is what
    :data:`KINDS` says of ``subject.kind``; the floor is as many other real images as there are
    outputs, of the training split. ``inception`` is called only by scores that look through it.
    Raises UserError where the outputs are not of the real images' size or not of the test split,
    and where pairs are to be scored that are none.
    """
    kind = KINDS[subject.kind]
    if kind.paired and not test.answered:
        raise UserError(f"translations.{subject.name}: no pairs to score, set scores to samples")
    real = test.targets.images(test.targets.positions(test.ids_b))
    made = _made(outputs, test.ids, real)
    rows = {"model": made, **kind.baselines(training, test, subject.direction)}
    targets, samples = _samples(real, rows, others(training, len(made)), kind, test, inception)
    figures = {
        name: {key: score.measure(sample, targets) for key, score in kind.scores.items()}
        for name, sample in samples.items()
    }
    report = {
        **subject.model_dump(),
        "image_size": real.shape[1],
        "images": len(made),
        "targets": len(real),
        "drawn": test.drawn,
        "shown": _spread(sorted(test.ids_b)),
        "mode": "generator in eval mode: no dropout, running statistics in batch norm",
        "figures": figures,
        "scores": {key: _declaration(score, inception) for key, score in kind.scores.items()},
    }
    values = {key: figure["value"] for key, figure in figures["model"].items()}
    by_image = {
        key: score.by_image(samples["model"], targets) for key, score in kind.scores.items()
    }
    return Evaluation(
        report,
        {key: value for key, value in values.items() if value is not None},
        pd.DataFrame({"id": test.ids, **{k: v for k, v in by_image.items() if v is not None}}),
    )


def _spread(ids: list[str]) -> list[str]:
    """Up to :data:`SHOWN` of them, at equal distances."""
    return [ids[row] for row in np.unique(np.linspace(0, len(ids) - 1, SHOWN).astype(int))]


def _made(outputs: Table, ids: list[str], real: Pixels) -> Pixels:
    """The outputs for these ids; a grey target may be answered in colour."""
    made = outputs.images(outputs.positions(ids))
    if made.shape[1:3] != real.shape[1:3] or real.shape[3] not in (1, made.shape[3]):
        raise UserError(
            f"{outputs.folder} has images {made.shape[1:]}, the real ones are {real.shape[1:]}"
        )
    return made


def _samples(
    real: Pixels,
    rows: Mapping[str, Pixels],
    floor: Pixels,
    kind: Kind,
    test: Pairs,
    inception: Features,
) -> tuple[Sample, dict[str, Sample]]:
    """The targets, and everything that is held against them, all with as many channels."""
    spaces: dict[Space, Callable[[Pixels], Values]] = {
        "inception": inception,
        "pixels": diversity.as_vectors,
        "coordinates": surfaces.as_vectors,
    }
    classes = tuple(test.targets.accepted["class"].dropna().unique())
    coloured = any(images.shape[3] == 3 for images in (real, *rows.values()))

    def sample(images: Pixels, *, paired: bool) -> Sample:
        return Sample(rgb(images) if coloured else images, spaces, classes, paired)

    found = {name: sample(images, paired=kind.paired) for name, images in rows.items()}
    return sample(real, paired=True), {**found, FLOOR: sample(floor, paired=False)}


def _declaration(score: Score, inception: Features) -> dict[str, Any]:
    said = {field.name: getattr(score, field.name) for field in fields(Declaration)}
    seen = score.space == "inception"
    return {
        **said,
        "network": inception.network if seen else None,
        "resize": RESIZE if seen else None,
    }


def write(evaluation: Evaluation, folder: Path, metrics: Path) -> None:
    """Write evaluation.json and scores.parquet into ``folder`` and the plain values to a JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics.parent.mkdir(parents=True, exist_ok=True)
    evaluation.images.to_parquet(folder / "scores.parquet", index=False)
    (folder / "evaluation.json").write_text(json.dumps(evaluation.report, indent=2) + "\n")
    metrics.write_text(json.dumps(evaluation.figures, indent=2) + "\n")
