"""A translation as an MLflow pyfunc model: pixels in, pixels out.

The model's folder holds the generator's file, the upscaler's weights at their paths under a data
root, and ``translation.json``. MLflow loads it with :func:`_load_pyfunc`. Nothing in it is pickled.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from s2f_core.common.config import Section
from s2f_core.common.images import Floats, Pixels, to_model, to_network_input
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Translation, Upscaler
from s2f_core.networks.checkpoint import load_model
from s2f_core.networks.generate import batches, generate
from s2f_core.networks.upscalers import UPSCALERS
from s2f_core.networks.upscalers.edsr import EDSR_FILE

GENERATOR_FILE, SECTION_FILE, EXAMPLE_FILE = "generator.pt", "translation.json", "example.npy"
WEIGHTS: dict[Upscaler, Path] = {"edsr": EDSR_FILE, "dat-x2": Path("assets/dat-x2/dat-x2.pth")}

ModelInput = Pixels | Floats


class TranslatorSection(Section):
    """The content of ``translation.json``.

    ``mirror`` says whether the output is the :func:`.mirror_mean`; ``upscaler`` enlarges it to
    ``size`` pixels a side. ``takes`` and ``gives`` are the shapes of one input and one output. A
    vector is float32 in [-1, 1], an image uint8.
    """

    upscaler: Upscaler
    mirror: bool = False
    size: int
    takes: tuple[int, ...]
    gives: tuple[int, int, int]


def pack(folder: Path, translation: Translation, pairs: Pairs, data: Path) -> None:
    """Write a model folder for :class:`Translator`, with the first input as an example.

    ``pairs`` are images in the translation's direction; ``data`` is the root of models and weights.
    Raises UserError where the model's file is missing or damaged.
    """
    model = data / "models" / translation.variant / f"{translation.direction}.pt"
    description, _ = load_model(model)
    pixels = pairs.inputs.images(pairs.inputs.positions(pairs.ids[:1]))
    example = (
        pixels if pairs.input_is_image else to_model(torch.from_numpy(pixels)).numpy()[..., 0, 0]
    )
    size = pairs.targets.shape[0]
    section = TranslatorSection(
        upscaler=translation.upscaler,
        mirror=translation.mirror,
        size=size,
        takes=example.shape[1:],
        gives=(size, size, description.out_channels),
    )
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, folder / GENERATOR_FILE)
    if (weights := WEIGHTS.get(translation.upscaler)) is not None:
        (folder / weights).parent.mkdir(parents=True)
        shutil.copy(data / weights, folder / weights)
    np.save(folder / EXAMPLE_FILE, example)
    (folder / SECTION_FILE).write_text(
        section.model_dump_json(indent=2, exclude_defaults=True) + "\n"
    )


class Translator:
    """A generator with its upscaler, read from a folder that :func:`pack` wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.section = TranslatorSection.model_validate(
            json.loads((folder / SECTION_FILE).read_text())
        )
        self._description, self._generator = load_model(folder / GENERATOR_FILE)

    def predict(self, model_input: ModelInput, params: dict[str, Any] | None = None) -> Pixels:
        """Translate images [n, H, W, C] uint8, or vectors [n, k] float32 in [-1, 1].

        Returns uint8 [n, size, size, C'], equal to the outputs of the stage ``evaluate`` unless the
        images of a batch influence each other. ``params`` is unused; MLflow passes it.
        """
        del params
        parts = (model_input[rows.start : rows.stop] for rows in batches(len(model_input)))
        outputs = generate(self._generator, map(self._to_tensor, parts), mirror=self.section.mirror)
        return UPSCALERS[self.section.upscaler](outputs, self.section.size, self.folder)

    def _to_tensor(self, inputs: ModelInput) -> Tensor:
        if inputs.ndim == 2:
            return torch.from_numpy(inputs)[..., None, None]
        return to_network_input(inputs, self._description.size, self._description.in_channels)


def _load_pyfunc(folder: str) -> Translator:
    """Load the model; MLflow requires this name."""
    return Translator(Path(folder))
