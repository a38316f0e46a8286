"""The generator over a split, at full size."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Data, Translation
from s2f_core.data.tables import Domain, Table, build
from s2f_core.networks.checkpoint import Description, load_model
from s2f_core.networks.generate import batches, generate
from s2f_core.networks.upscalers import UPSCALERS


def translate(model: Path, translation: Translation, data: Path, out: Path) -> Table:
    """Write what a model makes of the test inputs as an image table of the targets' size.

    Its rows are those of the inputs. The generator runs in eval mode, in float32, with torch's seed
    at 0, since some draw noise. Raises UserError where the model was trained on other data than
    ``translation`` names, does not fit the inputs, or does not reach the targets' size, and where
    pairs are to be scored that are none.
    """
    description, generator = load_model(model)
    pairs = _pairs(model, description, translation, data)
    parts = tqdm(batches(len(pairs.ids)), "translate", unit="batch")
    made = generate(generator, map(pairs.a, parts))
    full = pairs.targets.shape[0]
    outputs: Pixels = UPSCALERS[translation.upscaler](made, full, data)
    if outputs.shape[1] != full:
        raise UserError(
            f"{model} makes images of {outputs.shape[1]} px, {pairs.targets.folder} has {full} px: "
            f"choose an upscaler other than '{translation.upscaler}'"
        )
    rows = pairs.inputs.accepted.set_index("id").loc[pairs.ids].reset_index()
    return build(out, Domain(rows, outputs.__getitem__), label="write")


def _pairs(model: Path, description: Description, translation: Translation, data: Path) -> Pairs:
    """The split at the model's size, with as many channels as it takes."""
    chosen = translation.data
    trained = _trained(description, chosen)
    if trained != chosen and not translation.transfer:
        raise UserError(
            f"{model} was trained on {trained}, but translations names {chosen} for it: its 'data' "
            f"must be that of variants.{translation.variant}, or say transfer: true to try it on "
            "other data"
        )
    pairs = chosen.pairs(data, translation.split, direction=translation.direction)
    inputs, targets = pairs.inputs, pairs.targets
    if translation.scores == "pairs" and not pairs.has_target:
        raise UserError(
            f"translations of {translation.variant}: nothing in {targets.folder} answers an image "
            f"of {inputs.folder}, so there are no pairs to score: set scores to samples"
        )
    takes = description.generator.takes
    if takes != ("image" if pairs.input_is_image else "vector"):
        raise UserError(f"{model} takes {takes}s, which {inputs.folder} has none of")
    if inputs.shape[2] not in (1, description.in_channels):
        raise UserError(
            f"{model} takes {description.in_channels} channels, {inputs.folder} has "
            f"{inputs.shape[2]}"
        )
    channels = description.in_channels, targets.shape[2]
    return pairs.with_channels(channels).resized_to(description.size)


def _trained(description: Description, chosen: Data) -> Data:
    """The data of a model; as ``chosen`` where its file does not know the role."""
    known = description.model_dump(include={"background", "condition"})
    if description.role is not None:
        known |= description.model_dump(include={"role", "classes"})
    return chosen.model_copy(update=known)
