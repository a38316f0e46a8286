"""Scores of a translation's outputs, and of trivial baselines, against the real images."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from s2f_core.common.atomic import write_json
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction, Scores, Translation
from s2f_core.data.tables import Table
from s2f_core.evaluation.image_sets import MODEL, Networks, build_image_sets, build_spaces
from s2f_core.metrics import paired_bootstrap, registry
from s2f_core.metrics.baselines import (
    FLOOR,
    input_baseline,
    no_baselines,
    other_real_images,
    pair_baselines,
)
from s2f_core.metrics.edge_consistency import ConditionRedraw
from s2f_core.metrics.memorisation import NearestTraining
from s2f_core.metrics.types import (
    MISSING,
    Declaration,
    Estimate,
    ImageSet,
    Score,
    Space,
    Values,
)

OPTIONAL = "classifier_score"  # computed where a translation sets the key of this name
SAMPLES = 36  # ids of real images for the report, where nothing is paired


class Subject(Section):
    """The translation that is scored, as ``evaluation.json`` describes it."""

    name: str
    variant: str
    upscaler: str
    mirror: bool = False
    role: str
    background: str
    condition: str
    classes: tuple[str, ...] | None = None
    transfer: bool = False
    direction: Direction
    split: Literal["val", "test"] = "test"
    kind: Scores

    @classmethod
    def of(cls, name: str, translation: Translation) -> Self:
        """Describe a translation."""
        return cls(
            name=name,
            **translation.data.model_dump(),
            **translation.model_dump(exclude={"data", "scores", OPTIONAL}),
            kind=translation.scores,
        )


@dataclass(frozen=True)
class EvaluationResult:
    """The scores of a translation.

    ``report`` is the content of evaluation.json, ``scores`` the model's values by name, ``images``
    a table with a row for each output. ``features`` are the Inception features of the outputs and
    of the targets, [n, d] each, where a score uses them.
    """

    report: dict[str, Any]
    scores: dict[str, float]
    images: pd.DataFrame
    features: tuple[Values, Values] | None = None


@dataclass(frozen=True)
class ScoreSet:
    """The scores and baselines of a value of ``scores``; ``paired``: outputs have targets."""

    scores: Mapping[str, Score]
    baselines: Callable[[Pairs, Pairs, Direction], dict[str, Pixels]]
    paired: bool

    def without(self, name: str) -> ScoreSet:
        """Leave out the score ``name``."""
        scores = {key: score for key, score in self.scores.items() if key != name}
        return ScoreSet(scores, self.baselines, self.paired)

    @property
    def spaces(self) -> set[Space]:
        """The feature spaces that the scores use."""
        return {score.space for score in self.scores.values() if score.space}


SCORE_SETS: dict[Scores, ScoreSet] = {
    "pairs": ScoreSet(registry.PAIR_SCORES, pair_baselines, paired=True),
    "samples": ScoreSet(registry.SAMPLE_SCORES, input_baseline, paired=False),
    "surfaces": ScoreSet(registry.SURFACE_SCORES, no_baselines, paired=False),
}


def evaluate_outputs(
    subject: Subject,
    outputs: Table,
    training: Pairs,
    test: Pairs,
    networks: Networks,
    redraw: ConditionRedraw | None = None,
    *,
    classifier_score: bool = False,
    loss_networks: Collection[str] = (),
) -> EvaluationResult:
    """Score the outputs of a split, and the trivial baselines on the same images.

    ``training`` and ``test`` are images in the translation's direction. :data:`SCORE_SETS` has the
    scores of ``subject.kind``; the floor is as many real images of the training split as there are
    outputs. ``networks`` run only for scores that use them. ``redraw`` computes the condition from
    the outputs, where that is possible. ``loss_networks`` are those that the model's losses looked
    through: its scores by one of them are left out, with the reason.

    Raises UserError if the outputs do not have the size of the real images or are not of that
    split, and if ``subject.kind`` is pairs where the images are not paired.
    """
    score_set = SCORE_SETS[subject.kind]
    if not classifier_score:
        score_set = score_set.without(OPTIONAL)
    if score_set.paired and not test.has_target:
        raise UserError(
            f"translations.{subject.variant}.{subject.name}: the images are not paired; "
            "set scores to samples"
        )
    real = test.targets.images(test.targets.positions(test.ids_b))
    images = _output_images(outputs, test.ids, real)
    rows = {MODEL: images, **score_set.baselines(training, test, subject.direction)}
    rows |= {FLOOR: other_real_images(training, len(images))}
    spaces = build_spaces(training, test, networks, redraw)
    targets, sets = build_image_sets(
        real, rows, test, spaces, redraw, used=score_set.spaces, paired=score_set.paired
    )
    left_out = _left_out(score_set, networks, loss_networks)
    with threadpool_limits(1, "blas"):  # one core multiplies matrices this small faster
        figures = {
            name: {
                key: left_out[key]
                if name == MODEL and key in left_out
                else score.measure(each, targets)
                for key, score in score_set.scores.items()
            }
            for name, each in sets.items()
        }
    report = {
        **subject.model_dump(),
        "image_size": real.shape[1],
        "images": len(images),
        "targets": len(real),
        "drawn": test.input_is_image,
        "shown": _spread(sorted(test.ids_b)),
        "mode": "generator in eval mode: no dropout, running statistics in batch norm",
        "nearest": _nearest(training, test, images) if "memorisation" in score_set.scores else [],
        "figures": figures,
        "scores": {key: _declaration(score, networks) for key, score in score_set.scores.items()},
    }
    values = {key: figure["value"] for key, figure in figures[MODEL].items()}
    columns = {
        key: score.per_image(sets[MODEL], targets)
        for key, score in score_set.scores.items()
        if key not in left_out
    }
    return EvaluationResult(
        report,
        {key: value for key, value in values.items() if value is not None},
        pd.DataFrame({"id": test.ids, **{k: v for k, v in columns.items() if v is not None}}),
        _inception_features(sets[MODEL], targets, score_set),
    )


def _left_out(
    score_set: ScoreSet, networks: Networks, loss_networks: Collection[str]
) -> dict[str, Estimate]:
    """Return the scores by networks that the losses have seen, without a value."""
    return {
        key: {**MISSING, "why": f"the model's losses have seen its network, {name}"}
        for key, score in score_set.scores.items()
        if score.space
        and score.space in networks
        and (name := networks[score.space].loss_network) in loss_networks
    }


def _spread(ids: list[str]) -> list[str]:
    """Return up to :data:`SAMPLES` of the ids, at equal distances."""
    return [ids[row] for row in np.unique(np.linspace(0, len(ids) - 1, SAMPLES).astype(int))]


def _output_images(outputs: Table, ids: list[str], real: Pixels) -> Pixels:
    """Return the outputs of these ids; a grey target may have an output in colour."""
    images = outputs.images(outputs.positions(ids))
    if images.shape[1:3] != real.shape[1:3] or real.shape[3] not in (1, images.shape[3]):
        raise UserError(
            f"{outputs.folder} has images {images.shape[1:]}, the real images are {real.shape[1:]}"
        )
    return images


def _nearest(training: Pairs, test: Pairs, outputs: Pixels) -> list[tuple[str, str, float]]:
    """Return some outputs of noise with the nearest training image: two ids and the distance."""
    if test.input_is_image:
        return []
    return NearestTraining(training).list_nearest(test.ids, outputs, _spread(sorted(test.ids)))


def _inception_features(
    outputs: ImageSet, targets: ImageSet, score_set: ScoreSet
) -> tuple[Values, Values] | None:
    if "inception" not in score_set.spaces or "inception" not in outputs.spaces:
        return None
    return outputs.vectors("inception"), targets.vectors("inception")


def _declaration(score: Score, networks: Networks) -> dict[str, Any]:
    network = networks.get(score.space) if score.space else None
    return {
        **{field.name: getattr(score, field.name) for field in fields(Declaration)},
        "network": network.network if network else None,
        "resize": network.resize if network else None,
    }


def write_evaluation(result: EvaluationResult, folder: Path) -> None:
    """Write evaluation.json, scores.parquet and, where there are any, features.npz to ``folder``.

    :mod:`s2f_core.report.site` reads them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    result.images.to_parquet(folder / "scores.parquet", index=False)
    if result.features:
        paired_bootstrap.save_features(folder, *result.features)
    write_json(folder / "evaluation.json", result.report)


def write_metrics(scores: Mapping[str, Mapping[str, float]], file: Path) -> None:
    """Write the scores of each translation of a variant to a JSON file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_json(file, scores)
