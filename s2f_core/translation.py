"""The generator over the test split, at full size."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from tqdm import tqdm

from s2f_core.checkpoint import Description, load_model
from s2f_core.errors import UserError
from s2f_core.images import Pixels, from_model
from s2f_core.pairs import Pairs
from s2f_core.params import Section
from s2f_core.tables import Table, build
from s2f_core.upscalers import UPSCALERS, Upscaler
from s2f_core.variants import Data, Direction

BATCH = 16

Scores = Literal["pairs", "samples", "surfaces"]


class Translation(Section):
    """One entry under ``translations:``: a trained variant, and how it reaches full size.

    ``data`` repeats the variant's own; :func:`translate` holds the two against each other.
    ``direction``: which of the variant's generators; a table of sketches can be the target too.
    ``scores``: what is measured. ``pairs``: each output against its own target, and the whole set
    against the whole. ``samples``: the sets alone, where the input is noise. ``surfaces``: points
    in space, whose density is known.
    """

    variant: str
    data: Data
    upscaler: Upscaler = "none"
    direction: Direction = "a-to-b"
    scores: Scores = "pairs"


def translate(model: Path, translation: Translation, data: Path, out: Path) -> Table:
    """Write what a model makes of the test split as an image table of the targets' size.

    The generator runs in eval mode, in float32, with torch's seed at 0, since some draw noise.
    Raises UserError where the model was trained on other data than ``translation`` names, does not
    fit the inputs, or does not reach the targets' size.
    """
    description, generator = load_model(model)
    pairs = _pairs(model, description, translation, data)
    torch.manual_seed(0)
    batches = []
    with torch.inference_mode():
        for start in tqdm(range(0, len(pairs), BATCH), "translate", unit="batch"):
            batch = pairs.load(range(start, min(start + BATCH, len(pairs))))
            batches.append(from_model(generator(batch.a)))
    full = pairs.targets.shape[0]
    outputs: Pixels = UPSCALERS[translation.upscaler](np.concatenate(batches), full, data)
    if outputs.shape[1] != full:
        raise UserError(
            f"{model} makes images of {outputs.shape[1]} px, {pairs.targets.folder} has {full} px: "
            f"choose an upscaler other than '{translation.upscaler}'"
        )
    rows = pairs.targets.accepted.set_index("id").loc[pairs.ids].reset_index()
    return build(out, rows, lambda row: outputs[row], describe="write")


def _pairs(model: Path, description: Description, translation: Translation, data: Path) -> Pairs:
    """The test split at the model's size, with as many channels as it takes."""
    chosen = translation.data
    if (description.background, description.condition) != (chosen.background, chosen.condition):
        raise UserError(
            f"{model} was trained on {description.background}-{description.condition}, but "
            f"translations names {chosen.background}-{chosen.condition} for it: its 'data' must "
            f"be that of variants.{translation.variant}"
        )
    pairs = chosen.pairs(data, "test", direction=translation.direction)
    inputs, targets = pairs.inputs, pairs.targets
    if inputs.shape[2] not in (1, description.in_channels):
        raise UserError(
            f"{model} takes {description.in_channels} channels, {inputs.folder} has "
            f"{inputs.shape[2]}"
        )
    channels = description.in_channels, targets.shape[2]
    return Pairs(inputs, targets, pairs.ids, description.size / targets.shape[0], channels)
