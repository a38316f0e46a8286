"""The pictures of a training: its progress, and samples of the best weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import nn

from s2f_core.common.images import Pixels, from_model, grid, repeat_pixels, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.training.validation import outputs_and_targets

SAMPLES = 16
MIN_SIDE = 64  # pixels; smaller images are enlarged by repeating pixels


def progress_mosaic(pairs: Pairs, frames: Sequence[Pixels]) -> Pixels:
    """Draw a row for each image of ``frames``: input, outputs over the training, target.

    Inputs are left out where they are noise, targets where the domains are not paired.
    """
    rows = range(len(frames[0]))
    columns = [to_rgb(frame) for frame in frames]
    if pairs.input_is_image:
        columns = [to_rgb(from_model(pairs.a(rows))), *columns]
    if pairs.has_target:
        columns = [*columns, to_rgb(from_model(pairs.b(rows)))]
    return _sheet([column[row] for row in rows for column in columns], len(columns))


def sample_sheet(pairs: Pairs, generators: Mapping[Direction, nn.Module]) -> Pixels:
    """Draw input, output and target of the first sixteen images, four triples a row.

    Unpaired domains: inputs and outputs, eight pairs a row, and below them those of B → A, if there
    is such a generator. Noise: four rows of sixteen outputs.
    """
    first = pairs.subset(range(SAMPLES * (1 if pairs.input_is_image else 4)))
    outputs, targets = outputs_and_targets(first, generators["a-to-b"])
    if not pairs.input_is_image:
        return _sheet(list(to_rgb(outputs)), SAMPLES)
    columns = [_inputs(first), to_rgb(outputs)]
    if first.has_target:
        return _sheet(_interleave(*columns, to_rgb(targets)), 12)
    images = _interleave(*columns)
    if "b-to-a" in generators:
        images += [np.full_like(images[0], 255)] * (-len(images) % SAMPLES)
        back = first.swap_domains()
        outputs, _ = outputs_and_targets(back, generators["b-to-a"])
        images += _interleave(_inputs(back), to_rgb(outputs))
    return _sheet(images, SAMPLES)


def _inputs(pairs: Pairs) -> Pixels:
    return to_rgb(from_model(pairs.a(range(len(pairs.ids)))))


def _interleave(*columns: Pixels) -> list[Pixels]:
    """Return the first image of each column, then the second of each, and so on."""
    return [image for row in zip(*columns, strict=True) for image in row]


def _sheet(images: list[Pixels], columns: int) -> Pixels:
    return grid([repeat_pixels(image, MIN_SIDE) for image in images], columns=columns)
