"""What the outputs, and the trivial answers beside them, score against the real images."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction, Scores
from s2f_core.data.tables import Table
from s2f_core.metrics import (
    diversity,
    edge_consistency,
    energy_distance,
    paired_bootstrap,
    registry,
    sharpness,
)
from s2f_core.metrics.baselines import (
    FLOOR,
    input_baseline,
    no_baselines,
    other_real_images,
    pair_baselines,
)
from s2f_core.metrics.edge_consistency import ConditionRedraw
from s2f_core.metrics.faces import are_faces
from s2f_core.metrics.memorisation import NearestTraining
from s2f_core.metrics.types import Declaration, FeatureNetwork, ImageSet, Score, Space, Values

Spaces = dict[Space, Callable[[Pixels], Values]]
Networks = Mapping[Space, FeatureNetwork]

MODEL = "model"
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
    split: Literal["val", "test"] = "test"
    kind: Scores


@dataclass(frozen=True)
class Evaluation:
    """``report``: the whole account; ``figures``: the plain values; ``images``: a row an image.

    ``features``: of the outputs and of the targets, where a score looks through Inception.
    """

    report: dict[str, Any]
    figures: dict[str, float]
    images: pd.DataFrame
    features: tuple[Values, Values] | None = None


@dataclass(frozen=True)
class Kind:
    """How one kind of translation is scored: by what, beside which baselines, answering what."""

    scores: Mapping[str, Score]
    baselines: Callable[[Pairs, Pairs, Direction], dict[str, Pixels]]
    paired: bool


KINDS: dict[Scores, Kind] = {
    "pairs": Kind(registry.PAIR_SCORES, pair_baselines, paired=True),
    "samples": Kind(registry.SAMPLE_SCORES, input_baseline, paired=False),
    "surfaces": Kind(registry.SURFACE_SCORES, no_baselines, paired=False),
}


def evaluate(
    subject: Subject,
    outputs: Table,
    training: Pairs,
    test: Pairs,
    networks: Networks,
    condition: ConditionRedraw | None = None,
) -> Evaluation:
    """Score a translation of a split, and the trivial baselines on the same images.

    ``training`` and ``test`` are images in the translation's direction. What is measured is what
    :data:`KINDS` says of ``subject.kind``; the floor is as many other real images as there are
    outputs, of the training split. ``networks`` are called only by scores that look through them.
    ``condition``: what draws the inputs again from the outputs, where that can be done.
    Raises UserError where the outputs are not of the real images' size or not of that split,
    and where pairs are to be scored that are none.
    """
    kind = KINDS[subject.kind]
    if kind.paired and not test.has_target:
        raise UserError(f"translations.{subject.name}: no pairs to score, set scores to samples")
    real = test.targets.images(test.targets.positions(test.ids_b))
    made = _made(outputs, test.ids, real)
    rows = {MODEL: made, **kind.baselines(training, test, subject.direction)}
    rows |= {FLOOR: other_real_images(training, len(made))}
    spaces = _spaces(training, test, networks, condition)
    targets, samples = _samples(real, rows, kind, test, spaces, condition)
    with threadpool_limits(1, "blas"):  # matrices this small are multiplied faster by one core
        figures = {
            name: {key: score.measure(sample, targets) for key, score in kind.scores.items()}
            for name, sample in samples.items()
        }
    report = {
        **subject.model_dump(),
        "image_size": real.shape[1],
        "images": len(made),
        "targets": len(real),
        "drawn": test.input_is_image,
        "shown": _spread(sorted(test.ids_b)),
        "mode": "generator in eval mode: no dropout, running statistics in batch norm",
        "nearest": _nearest(training, test, made) if "memorisation" in kind.scores else [],
        "figures": figures,
        "scores": {key: _declaration(score, networks) for key, score in kind.scores.items()},
    }
    values = {key: figure["value"] for key, figure in figures[MODEL].items()}
    by_image = {key: score.per_image(samples[MODEL], targets) for key, score in kind.scores.items()}
    return Evaluation(
        report,
        {key: value for key, value in values.items() if value is not None},
        pd.DataFrame({"id": test.ids, **{k: v for k, v in by_image.items() if v is not None}}),
        _seen(samples[MODEL], targets, kind),
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


def _spaces(
    training: Pairs, test: Pairs, networks: Networks, condition: ConditionRedraw | None
) -> Spaces:
    """What can be seen of images in this translation."""
    found: Spaces = {
        **networks,
        "pixels": diversity.pixel_vectors,
        "coordinates": energy_distance.coordinate_vectors,
        "sharpness": sharpness.laplacian_deviation,
    }
    if not test.input_is_image:
        found["nearest"] = NearestTraining(training)
    if condition is not None and test.has_target:
        found["condition"] = condition
    return found


def _samples(
    real: Pixels,
    rows: Mapping[str, Pixels],
    kind: Kind,
    test: Pairs,
    spaces: Spaces,
    condition: ConditionRedraw | None,
) -> tuple[ImageSet, dict[str, ImageSet]]:
    """The targets, and everything that is held against them, all with as many channels."""
    classes = tuple(test.targets.accepted["class"].dropna().unique())
    coloured = any(images.shape[3] == 3 for images in (real, *rows.values()))

    def sample(images: Pixels, *, paired: bool) -> ImageSet:
        return ImageSet(to_rgb(images) if coloured else images, spaces, classes, paired)

    targets = sample(real, paired=True)
    if "condition" in spaces:  # the drawings that were given, not those of the photos
        given = test.inputs.images(test.inputs.positions(test.ids))
        targets = targets.with_space("condition", lambda _: edge_consistency.profiles(given))
    if "faces" in _wanted(kind) & set(spaces) and not are_faces(targets.vectors("faces")):
        del spaces["faces"]
    return targets, {
        name: sample(images, paired=kind.paired and name != FLOOR).without(_hidden(name, condition))
        for name, images in rows.items()
    }


def _wanted(kind: Kind) -> set[Space]:
    return {score.space for score in kind.scores.values() if score.space}


def _hidden(name: str, condition: ConditionRedraw | None) -> set[Space]:
    """The spaces in which a row of images is not looked at."""
    if name == FLOOR:
        return {"nearest"}  # it is the training images themselves
    costly = condition is not None and condition.costly
    return {"condition"} if costly and name != MODEL else set()


def _nearest(training: Pairs, test: Pairs, made: Pixels) -> list[tuple[str, str, float]]:
    """Beside some outputs of noise, the nearest training image: two ids and their distance."""
    if test.input_is_image:
        return []
    return NearestTraining(training).list_nearest(test.ids, made, _spread(sorted(test.ids)))


def _seen(outputs: ImageSet, targets: ImageSet, kind: Kind) -> tuple[Values, Values] | None:
    used = any(score.space == "inception" for score in kind.scores.values())
    if not used or "inception" not in outputs.spaces:
        return None
    return outputs.vectors("inception"), targets.vectors("inception")


def _declaration(score: Score, networks: Networks) -> dict[str, Any]:
    said = {field.name: getattr(score, field.name) for field in fields(Declaration)}
    seen = networks.get(score.space) if score.space else None
    return {
        **said,
        "network": seen.network if seen else None,
        "resize": seen.resize if seen else None,
    }


def write(evaluation: Evaluation, folder: Path, metrics: Path) -> None:
    """Write what :mod:`s2f_core.report.site` reads into ``folder``, and the plain values to a JSON.

    That is evaluation.json, scores.parquet and, where there are any, features.npz.
    """
    folder.mkdir(parents=True, exist_ok=True)
    metrics.parent.mkdir(parents=True, exist_ok=True)
    evaluation.images.to_parquet(folder / "scores.parquet", index=False)
    if evaluation.features:
        paired_bootstrap.save_features(folder, *evaluation.features)
    (folder / "evaluation.json").write_text(json.dumps(evaluation.report, indent=2) + "\n")
    metrics.write_text(json.dumps(evaluation.figures, indent=2) + "\n")
