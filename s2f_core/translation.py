"""The generator over the test split, at full size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from s2f_core.checkpoint import load_model
from s2f_core.errors import UserError
from s2f_core.images import from_model
from s2f_core.pairs import Pairs
from s2f_core.params import Section
from s2f_core.split import ids
from s2f_core.tables import Table, build
from s2f_core.upscalers import UPSCALERS, Upscaler
from s2f_core.variants import Data

BATCH = 16


class Translation(Section):
    """One entry under ``translations:``: a trained variant, and how it reaches full size.

    ``data`` repeats the variant's own; :func:`translate` holds the two against each other.
    """

    variant: str
    data: Data
    upscaler: Upscaler = "none"


def translate(model: Path, translation: Translation, data: Path, assets: Path, out: Path) -> Table:
    """Write what a model makes of the test split as an image table of the inputs' size.

    The generator runs in eval mode, in float32. Raises UserError where the model was trained on
    other data than ``translation`` names, does not fit the inputs, or does not reach their size.
    """
    description, generator = load_model(model)
    chosen = translation.data
    if (description.background, description.condition) != (chosen.background, chosen.condition):
        raise UserError(
            f"{model} was trained on {description.background}-{description.condition}, but "
            f"translations names {chosen.background}-{chosen.condition} for it: its 'data' must "
            f"be that of variants.{translation.variant}"
        )
    inputs = chosen.inputs(data)
    full = inputs.shape[0]
    test = ids(data / chosen.role / "split.parquet", "test")
    pairs = Pairs(inputs, inputs, test, description.size / full)
    if inputs.shape[2] != description.in_channels:
        raise UserError(
            f"{model} takes {description.in_channels} channels, {inputs.folder} has "
            f"{inputs.shape[2]}"
        )
    batches = []
    with torch.inference_mode():
        for start in tqdm(range(0, len(pairs), BATCH), "translate", unit="batch"):
            batch = pairs.load(range(start, min(start + BATCH, len(pairs))))
            batches.append(from_model(generator(batch.a)))
    outputs = UPSCALERS[translation.upscaler](np.concatenate(batches), full, assets)
    if outputs.shape[1] != full:
        raise UserError(
            f"{model} makes images of {outputs.shape[1]} px, {inputs.folder} has {full} px: "
            f"choose an upscaler other than '{translation.upscaler}'"
        )
    rows = inputs.accepted.set_index("id").loc[pairs.ids].reset_index()
    return build(out, rows, lambda row: outputs[row], describe="write")
