"""Outputs of a generator over a split, at full size."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Translation, VariantData
from s2f_core.data.tables import Domain, Table, build
from s2f_core.networks.checkpoint import Description, load_model
from s2f_core.networks.generate import batches, generate
from s2f_core.networks.mirror import mirror_problem
from s2f_core.networks.upscalers import UPSCALERS


def translate_split(model: Path, translation: Translation, data: Path, out: Path) -> Table:
    """Write a model's outputs for a split as an image table of the targets' size.

    The table has the rows of the inputs. The generator runs in eval mode, in float32, with torch's
    seed at 0, since some generators draw noise. Raises UserError if the model was trained on other
    data than ``translation.data`` without a transfer, if it does not fit the inputs or does not
    reach the targets' size, if pairs are to be scored where the images are not paired, and if
    a mirror mean is asked for that the model does not have.
    """
    description, generator = load_model(model)
    if translation.mirror and (problem := mirror_problem(description)):
        raise UserError(f"translations.{translation.variant}: mirror: {problem}")
    pairs = _pairs(model, description, translation, data)
    parts = tqdm(batches(len(pairs.ids)), "translate", unit="batch")
    images = generate(generator, map(pairs.a, parts), mirror=translation.mirror)
    full = pairs.targets.shape[0]
    outputs: Pixels = UPSCALERS[translation.upscaler](images, full, data)
    if outputs.shape[1] != full:
        raise UserError(
            f"{model} generates images of {outputs.shape[1]} px, {pairs.targets.folder} has "
            f"{full} px: choose an upscaler other than '{translation.upscaler}'"
        )
    rows = pairs.inputs.accepted.set_index("id").loc[pairs.ids].reset_index()
    return build(out, Domain(rows, outputs.__getitem__), label="write")


def _pairs(model: Path, description: Description, translation: Translation, data: Path) -> Pairs:
    """Return the split at the model's size, with as many channels as the model takes."""
    selection = translation.data
    trained_on = _training_data(description, selection)
    if trained_on != selection and not translation.transfer:
        raise UserError(
            f"{model} was trained on {trained_on}, but variants.{translation.variant}.data is "
            f"{selection}: train it again"
        )
    pairs = selection.pairs(data, translation.split, direction=translation.direction)
    inputs, targets = pairs.inputs, pairs.targets
    if translation.scores == "pairs" and not pairs.has_target:
        raise UserError(
            f"translations.{translation.variant}: {inputs.folder} and {targets.folder} "
            "are not paired; set scores to samples"
        )
    takes = description.generator.takes
    if takes != ("image" if pairs.input_is_image else "vector"):
        raise UserError(f"{model} takes {takes}s, {inputs.folder} has none")
    if inputs.shape[2] not in (1, description.in_channels):
        raise UserError(
            f"{model} takes {description.in_channels} channels, {inputs.folder} has "
            f"{inputs.shape[2]}"
        )
    channels = description.in_channels, targets.shape[2]
    return pairs.with_channels(channels).resized_to(description.size)


def _training_data(description: Description, selection: VariantData) -> VariantData:
    """Return the data of a model; its role is that of ``selection`` if its file has none."""
    known = description.model_dump(include={"background", "condition"})
    if description.role is not None:
        known |= description.model_dump(include={"role", "classes"})
    return selection.model_copy(update=known)
