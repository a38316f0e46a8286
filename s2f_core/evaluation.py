"""What the outputs, and the trivial answers beside them, score against the photos."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import bootstrap

from s2f_core.errors import UserError
from s2f_core.images import Pixels, rgb
from s2f_core.pairs import Pairs
from s2f_core.params import Section
from s2f_core.scores.inception import NETWORK, RESIZE, Features
from s2f_core.scores.kinds import Declaration, Values
from s2f_core.scores.table import PAIRED_SCORES, SET_SCORES
from s2f_core.seeding import stream
from s2f_core.tables import Table

RESAMPLES = 1000
CHUNK = 1024

Figure = dict[str, float | int | None]


class Subject(Section):
    """What is evaluated; goes into the JSON as it stands."""

    name: str
    variant: str
    upscaler: str
    role: str
    background: str
    condition: str


@dataclass(frozen=True)
class Evaluation:
    """``report``: the whole account; ``figures``: the plain values; ``images``: a row an image."""

    report: dict[str, Any]
    figures: dict[str, float]
    images: pd.DataFrame


def evaluate(
    subject: Subject, outputs: Table, training: Pairs, test: Pairs, features: Features
) -> Evaluation:
    """Score a translation of the test split, and the trivial baselines on the same images.

    Baselines: the sketch itself, the mean training photo, the photo of the nearest training sketch
    (by squared distance), and the floor: as many other real photos, of the training split.
    Raises UserError where the outputs are not of the photos' size or not of the test split.
    """
    photos = test.targets.images(test.targets.positions(test.ids))
    made = outputs.images(outputs.positions(test.ids))
    if made.shape != photos.shape:
        raise UserError(f"{outputs.folder} has images {made.shape}, the photos are {photos.shape}")
    rows = {"model": made, **baselines(training, test)}
    figures = {
        name: _figures(images, photos, features, paired=name != "real")
        for name, images in rows.items()
    }
    report = {
        **subject.model_dump(),
        "image_size": photos.shape[1],
        "images": len(photos),
        "mode": "generator in eval mode: no dropout, running statistics in batch norm",
        "figures": figures,
        "scores": _declarations(features),
    }
    per_image = {name: score(made, photos) for name, score in PAIRED_SCORES.items()}
    values = {name: figure["value"] for name, figure in figures["model"].items()}
    return Evaluation(
        report,
        {name: float(value) for name, value in values.items() if value is not None},
        pd.DataFrame({"id": test.ids, **per_image}),
    )


def baselines(training: Pairs, test: Pairs) -> dict[str, Pixels]:
    """What the trivial answers give for the test inputs, uint8 [n, H, W, 3] by name."""
    sketches = test.inputs.images(test.inputs.positions(test.ids))
    places = training.targets.positions(training.ids)
    mean = np.zeros(training.targets.shape, dtype=np.float64)
    for place in places:
        mean += training.targets.images([place])[0]
    mean = np.rint(mean / len(places)).astype(np.uint8)
    other = stream(0).permutation(len(places))[: len(sketches)]
    return {
        "sketch": rgb(sketches),
        "mean-face": np.repeat(mean[None], len(sketches), axis=0),
        "nearest-face": training.targets.images(places[nearest(sketches, training)]),
        "real": training.targets.images(places[np.sort(other)]),
    }


def nearest(sketches: Pixels, training: Pairs) -> npt.NDArray[np.int64]:
    """Row of the training pair whose sketch has the least squared distance to each sketch."""
    queries = sketches.reshape(len(sketches), -1).astype(np.float32)
    positions = training.inputs.positions(training.ids)
    best = np.full(len(queries), np.inf)
    rows = np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(positions), CHUNK):  # so that memory does not grow with the data
        known = training.inputs.images(positions[start : start + CHUNK])
        known = known.reshape(len(known), -1).astype(np.float32)
        distances = (known**2).sum(axis=1)[None] - 2 * (queries @ known.T)
        found = distances.argmin(axis=1)
        least = distances[np.arange(len(queries)), found]
        rows = np.where(least < best, start + found, rows)
        best = np.minimum(best, least)
    return rows


def _figures(
    images: Pixels, photos: Pixels, features: Features, *, paired: bool
) -> dict[str, Figure]:
    ours, theirs = features(images), features(photos)
    found: dict[str, Figure] = {}
    for name, distance in SET_SCORES.items():
        low, high = distance.interval(ours, theirs, stream(0))
        found[name] = _figure(distance.value(ours, theirs), low, high, len(images))
    for name, score in PAIRED_SCORES.items():
        found[name] = _mean(score(images, photos)) if paired else _figure(None, None, None, 0)
    return found


def _mean(values: Values) -> Figure:
    """Mean over images with its 95 % bootstrap interval (percentile, 1,000 resamples)."""
    result = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=stream(0)
    ).confidence_interval
    return _figure(float(values.mean()), float(result.low), float(result.high), len(values))


def _figure(value: float | None, low: float | None, high: float | None, n: int) -> Figure:
    def short(number: float | None) -> float | None:
        return None if number is None else float(f"{number:.6g}")

    return {"value": short(value), "low": short(low), "high": short(high), "n": n}


def _declarations(features: Features) -> dict[str, dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = {}
    scores: dict[str, Declaration] = {**SET_SCORES, **PAIRED_SCORES}
    for name, score in scores.items():
        said = {field.name: getattr(score, field.name) for field in fields(Declaration)}
        declared[name] = {**said, "network": None, "resize": None}
        if name in SET_SCORES:
            declared[name]["network"] = f"{NETWORK}, sha256 {features.checksum}"
            declared[name]["resize"] = RESIZE
    return declared


def write(evaluation: Evaluation, folder: Path, metrics: Path) -> None:
    """Write evaluation.json and scores.parquet into ``folder`` and the plain values to a JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    metrics.parent.mkdir(parents=True, exist_ok=True)
    evaluation.images.to_parquet(folder / "scores.parquet", index=False)
    (folder / "evaluation.json").write_text(json.dumps(evaluation.report, indent=2) + "\n")
    metrics.write_text(json.dumps(evaluation.figures, indent=2) + "\n")
