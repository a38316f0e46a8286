"""A translation as a model that MLflow keeps and serves: pixels in, pixels out.

Its folder holds the generator's own file, the upscaler's weights at their places under a data root,
and ``translation.json``. MLflow loads it by :func:`_load_pyfunc`; nothing in it is pickled.
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

GENERATOR, SERVED, EXAMPLE = "generator.pt", "translation.json", "example.npy"
WEIGHTS: dict[Upscaler, Path] = {"edsr": EDSR_FILE, "dat-x2": Path("assets/dat-x2/dat-x2.pth")}

Input = Pixels | Floats


class Served(Section):
    """What is served: how the output reaches ``size`` pixels a side, and what goes in and out.

    ``takes`` and ``gives`` are shapes without the number of images. A vector is given as floats in
    [-1, 1], an image as bytes.
    """

    upscaler: Upscaler
    size: int
    takes: tuple[int, ...]
    gives: tuple[int, int, int]


def pack(folder: Path, translation: Translation, pairs: Pairs, data: Path) -> None:
    """Write what :class:`Translator` needs to ``folder``, and the first input as an example.

    ``pairs`` are images in the translation's direction, ``data`` the root of models and weights.
    Raises UserError where the model's file is missing or damaged.
    """
    model = data / "models" / translation.variant / f"{translation.direction}.pt"
    description, _ = load_model(model)
    example = pairs.inputs.images(pairs.inputs.positions(pairs.ids[:1]))
    given = (
        example if pairs.input_is_image else to_model(torch.from_numpy(example)).numpy()[..., 0, 0]
    )
    size = pairs.targets.shape[0]
    served = Served(
        upscaler=translation.upscaler,
        size=size,
        takes=given.shape[1:],
        gives=(size, size, description.out_channels),
    )
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(model, folder / GENERATOR)
    if (weights := WEIGHTS.get(translation.upscaler)) is not None:
        (folder / weights).parent.mkdir(parents=True)
        shutil.copy(data / weights, folder / weights)
    np.save(folder / EXAMPLE, given)
    (folder / SERVED).write_text(served.model_dump_json(indent=2) + "\n")


class Translator:
    """The generator and its upscaler, read from a folder that :func:`pack` wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.served = Served.model_validate(json.loads((folder / SERVED).read_text()))
        self._description, self._generator = load_model(folder / GENERATOR)

    def predict(self, model_input: Input, params: dict[str, Any] | None = None) -> Pixels:
        """The translations of inputs [n, H, W, C] uint8, or of vectors [n, k] float32 in [-1, 1].

        Gives uint8 [n, size, size, C'], to the byte what the stage ``evaluate`` makes of the same
        inputs where those of a batch do not depend on each other. There are no ``params``.
        """
        del params
        parts = (model_input[rows.start : rows.stop] for rows in batches(len(model_input)))
        outputs = generate(self._generator, map(self._inputs, parts))
        return UPSCALERS[self.served.upscaler](outputs, self.served.size, self.folder)

    def _inputs(self, given: Input) -> Tensor:
        if given.ndim == 2:
            return torch.from_numpy(given)[..., None, None]
        return to_network_input(given, self._description.size, self._description.in_channels)


def _load_pyfunc(folder: str) -> Translator:
    """What MLflow calls, under the name that it asks for."""
    return Translator(Path(folder))
