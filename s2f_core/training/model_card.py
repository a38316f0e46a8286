"""The description that a training writes into its model files."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from s2f_core.common.errors import UserError
from s2f_core.common.images import from_model
from s2f_core.common.seeding import stream
from s2f_core.data.batches import SKETCH
from s2f_core.data.landmarks.eyes import Eyes, eye_layout
from s2f_core.data.landmarks.faces import FaceDetector
from s2f_core.data.licences import licence, origins
from s2f_core.data.pairs import Pairs, spread_rows
from s2f_core.data.selection import Direction
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.sketch.strokes import LineStatistics
from s2f_core.data.tables import read_section
from s2f_core.networks.checkpoint import Description, library_versions
from s2f_core.training.result import TrainingResult
from s2f_core.training.variant import Settings

log = logging.getLogger(__name__)

MEASURED = 64  # training inputs whose lines, and photos whose eyes are measured
LINE_CONDITIONS = {"drawing", "edges", "face-mesh", "pencil", "hed", "xdog"}  # are always lines
TONE_CONDITIONS = {"gray", "noise"}  # types that never are


def describe(
    settings: Settings, result: TrainingResult, direction: Direction, assets: Path
) -> Description:
    """Return the description of the generator of one direction, with its best weights.

    ``assets`` is the folder of fetched weights, for the face detector.
    """
    blueprint, pairs = result.blueprint, result.train
    data = settings.variant.data
    drawing, photos = read_section(pairs.inputs.folder), pairs.targets.folder
    source = read_section(photos.parent / "kept")
    in_channels, out_channels = blueprint.ends(direction)
    scores = result.best_scores
    return Description(
        variant=settings.name,
        role=data.role,
        condition=data.condition,
        background=data.background,
        classes=data.classes,
        generator=blueprint.generator,
        size=blueprint.size,
        width=blueprint.width,
        in_channels=in_channels,
        out_channels=out_channels,
        direction=direction,
        drawn_at=pairs.targets.shape[0],
        drawing=drawing,
        matting=read_section(photos) if data.background == "removed" else None,
        source=_without_paths(source) if source else None,
        licence=licence(source) if source and origins(source) else None,
        lines=lines(pairs, drawing, settings.variant.recipe.sketch, direction),
        eyes=eyes(pairs, direction, assets),
        palettes=blueprint.palettes,
        loss_networks=settings.variant.loss_networks,
        parameters=sum(weight.numel() for weight in result.generators[direction].parameters()),
        steps=result.steps,
        images=len(pairs.ids if direction == "a-to-b" else pairs.ids_b),
        flip=settings.variant.recipe.flip,
        scores={name: float(f"{scores[name]:.4g}") for name in scores if name != "step"},
        versions=library_versions(),
    )


def lines(
    pairs: Pairs, drawing: dict[str, Any] | None, sketch: SketchAugment | None, direction: Direction
) -> LineStatistics | None:
    """Return line statistics of the first training inputs, after sketch augmentation.

    They are measured at the tables' size, which may be larger than the network's. None where the
    inputs are photos, noise, tones or no drawings.
    """
    condition = (drawing or {}).get("type")
    if direction == "b-to-a" or not pairs.input_is_image or condition in TONE_CONDITIONS:
        return None
    first = range(min(MEASURED, len(pairs.ids)))
    if sketch is None:
        pages = pairs.inputs.images(pairs.inputs.positions([pairs.ids[row] for row in first]))
    else:
        whole = pairs.resized_to(pairs.targets.shape[0])
        rows_b = np.asarray([row % len(whole.ids_b) for row in first])
        pages = from_model(sketch(whole.a(first), whole.b(rows_b), stream(0, SKETCH)))
    return LineStatistics.measure(pages, are_drawings=condition in LINE_CONDITIONS)


def eyes(pairs: Pairs, direction: Direction, assets: Path) -> Eyes | None:
    """Return the mean positions of the eyes in training photos, evenly spread over the rows.

    None where these are no aligned faces, where they are the inputs, and, with a line in the log,
    where the face detector's weights are missing.
    """
    if direction == "b-to-a" or not pairs.input_is_image:
        return None
    rows = spread_rows(len(pairs.ids_b), MEASURED)
    photos = pairs.targets.images(pairs.targets.positions([pairs.ids_b[row] for row in rows]))
    try:
        return eye_layout(photos, FaceDetector(assets))
    except UserError as error:
        log.warning("drawings will not be aligned for this model: %s", error)
        return None


def _without_paths(section: dict[str, Any]) -> dict[str, Any]:
    """Return a section without its paths, at any depth: they are of one machine."""
    return {
        key: _without_paths(value) if isinstance(value, dict) else value
        for key, value in section.items()
        if key != "path"
    }
