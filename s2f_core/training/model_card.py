"""What a training tells its model file: data, lines, figures, versions."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from torch import nn

from s2f_core.common.images import from_model
from s2f_core.common.seeding import stream
from s2f_core.data.batches import SKETCH
from s2f_core.data.licences import licence, origins
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.sketch.strokes import LineStatistics
from s2f_core.data.tables import read_section
from s2f_core.networks.checkpoint import Description
from s2f_core.training.loop import Training

LOOKED_AT = 64  # drawings whose lines are measured
DRAWN = {
    "edges",
    "face-mesh",
    "pencil",
    "hed",
    "xdog",
}  # types of conditions that are lines for sure
TONES = {"gray", "noise"}  # conditions that are none


def describe(training: Training, direction: Direction, generator: nn.Module) -> Description:
    """What the model file of one direction says, its weights those of the best validation."""
    settings, pairs = training.settings, training.batches.pairs
    validations = training.validation.rows
    best = next(row for row in validations if row["step"] == training.validation.best_step)
    drawing, photos = read_section(pairs.inputs.folder), pairs.targets.folder
    source = read_section(photos.parent / "kept")
    return settings.describe(training.blueprint, direction).model_copy(
        update={
            "direction": direction,
            "drawn_at": pairs.targets.shape[0],
            "drawing": drawing,
            "matting": read_section(photos)
            if settings.variant.data.background == "removed"
            else None,
            "source": _without_paths(source) if source else None,
            "licence": licence(source) if source and origins(source) else None,
            "lines": lines(pairs, drawing, settings.variant.recipe.sketch, direction),
            "parameters": sum(weight.numel() for weight in generator.parameters()),
            "steps": training.done,
            "images": len(pairs.ids if direction == "a-to-b" else pairs.ids_b),
            "scores": {name: float(f"{best[name]:.4g}") for name in best if name != "step"},
            "versions": {name: version(name) for name in ("s2f", "torch")},
        }
    )


def lines(
    pairs: Pairs, drawing: dict[str, Any] | None, sketch: SketchAugment | None, direction: Direction
) -> LineStatistics | None:
    """What the lines of a training's first drawings are like, roughened where they are for it.

    At the tables' size, of which the networks' may be a part. None where the generator is given
    photos, vectors or what no one drew.
    """
    kind = (drawing or {}).get("type")
    if direction == "b-to-a" or not pairs.input_is_image or kind in TONES:
        return None
    first = range(min(LOOKED_AT, len(pairs.ids)))
    if sketch is None:
        pages = pairs.inputs.images(pairs.inputs.positions([pairs.ids[row] for row in first]))
    else:
        whole = pairs.resized_to(pairs.targets.shape[0])
        at = np.asarray([row % len(whole.ids_b) for row in first])
        pages = from_model(sketch(whole.a(first), whole.b(at), stream(0, SKETCH)))
    return LineStatistics.measure(pages, are_drawings=kind in DRAWN)


def _without_paths(section: dict[str, Any]) -> dict[str, Any]:
    """A section less its paths, those of sections within it too: they are a machine's own."""
    return {
        key: _without_paths(value) if isinstance(value, dict) else value
        for key, value in section.items()
        if key != "path"
    }
