"""The training data of a model as the demo shows it: inputs, examples, usual ranges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from s2f_core.common import config
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.demo.hints import UsualRange, usual_ranges
from s2f_core.demo.models import DemoModel
from s2f_core.evaluation import human_gap
from s2f_core.inference.from_photo import PhotoToInput

SAMPLE_SIZE = 200  # training inputs to measure
EXAMPLES = 12


@dataclass(frozen=True)
class TrainingData:
    """The tables under ``root``, the data folder; read on demand and cached."""

    root: Path

    def __hash__(self) -> int:
        return hash(self.root)

    @cache  # noqa: B019 -- lives as long as the server
    def examples(self, model: DemoModel) -> list[Pixels]:
        """Return test inputs spread over the split, uint8 [H, W, 3] each; none if not on disk."""
        if (pairs := self._pairs(model, "test")) is None:
            return []
        return [to_rgb(image) for image in _inputs(pairs, EXAMPLES)]

    @cache  # noqa: B019
    def inputs(self, model: DemoModel) -> Pixels | None:
        """Return training inputs uint8 [n, H, W, C], with the recipe's sketch augmentation.

        None if they are not on disk.
        """
        if (pairs := self._pairs(model, "train")) is None:
            return None
        description = model.description
        channels = description.in_channels, pairs.channels[1]
        scaled = pairs.with_channels(channels).resized_to(description.size)
        images = _inputs(scaled, SAMPLE_SIZE)
        if (sketch := _sketch_augment(model)) is None:
            return images
        return human_gap.augment_sketches(images, _targets(scaled, SAMPLE_SIZE), sketch)

    @cache  # noqa: B019
    def ranges(self, model: DemoModel) -> dict[str, UsualRange]:
        """Return the usual ranges of the inputs; empty if they are not on disk or not lines."""
        images = self.inputs(model)
        return {} if images is None else usual_ranges(images, model.canvas)

    @cache  # noqa: B019
    def mean_input(self, model: DemoModel) -> Pixels | None:
        """Return the inputs' mean, stretched to 0…255: uint8 [H, W, C]; None without inputs."""
        if (images := self.inputs(model)) is None:
            return None
        mean = images.astype(np.float32).mean(axis=0)
        low, high = float(mean.min()), float(mean.max())
        scaled = (mean - low) / max(high - low, 1.0) * 255
        return np.asarray(np.rint(scaled), dtype=np.uint8)

    def condition(self, model: DemoModel, photo: Pixels) -> Pixels:
        """Turn a photo uint8 [s, s, 3] into an input of the model, uint8 [s, s, 1 or 3].

        Raises UserError if the model's inputs are not made from photos or weights are missing, and
        ImageError if the photo lacks what the condition looks for, such as a face.
        """
        return PhotoToInput(model.description, self.root / "assets")(photo)

    def _pairs(self, model: DemoModel, part: str) -> Pairs | None:
        if model.data is None or model.canvas == "noise":
            return None
        try:
            return model.data.pairs(self.root, "train" if part == "train" else "test")
        except UserError:
            return None


def _inputs(pairs: Pairs, count: int) -> Pixels:
    return from_model(pairs.a(_spread(len(pairs.ids), count)))


def _targets(pairs: Pairs, count: int) -> Pixels:
    return from_model(pairs.b(_spread(len(pairs.ids), count)))


def _spread(length: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return at most ``count`` rows, spread evenly over ``length``."""
    return np.unique(np.linspace(0, length - 1, count).astype(np.int64))


def _sketch_augment(model: DemoModel) -> SketchAugment | None:
    """Return the ``sketch`` section of the variant's recipe, if ``params.yaml`` has one."""
    try:
        recipe = config.load(dict[str, object], "variants", model.description.variant, "recipe")
    except UserError:
        return None
    return SketchAugment.model_validate(sketch) if (sketch := recipe.get("sketch")) else None
