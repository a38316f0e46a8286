"""The training data of a model as the demo shows it: inputs, examples, usual ranges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from s2f_core.common import config
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, to_rgb
from s2f_core.data.batches import Batches
from s2f_core.data.pairs import Pairs
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.views import Framing
from s2f_core.demo.hints import UsualRange, usual_ranges
from s2f_core.demo.models import DemoModel
from s2f_core.evaluation.human_gap import Gap
from s2f_core.inference.from_photo import PhotoToInput

SAMPLE_SIZE = 200  # training inputs to measure
EXAMPLES = 12


class InputChanges(BaseModel):
    """The keys of a recipe that change a training's inputs by more than a shift."""

    frame: Framing | None = None
    sketch: SketchAugment | None = None


@dataclass(frozen=True)
class TrainingData:
    """The tables under ``root``, the project's data folder; read on demand and cached."""

    root: Path

    def __hash__(self) -> int:
        return hash(self.root)

    @cache  # noqa: B019 -- lives as long as the server
    def examples(self, model: DemoModel) -> list[Pixels]:
        """Return drawings for the model, uint8 [H, W, 3] each; none if not on disk.

        They are spread over people's drawings if :meth:`has_peoples_examples`, else over the
        model's test inputs.
        """
        if self.has_peoples_examples(model):
            return self._peoples_drawings
        if (pairs := self._pairs(model, "test")) is None:
            return []
        rows = _spread(len(pairs.ids), EXAMPLES)
        return [to_rgb(image) for image in from_model(pairs.a(rows))]

    def has_peoples_examples(self, model: DemoModel) -> bool:
        """Whether the examples are people's drawings: for a model of such, if they are on disk."""
        return model.for_drawings and bool(self._peoples_drawings)

    @cached_property
    def _peoples_drawings(self) -> list[Pixels]:
        """Some of the drawings of ``gap.people`` in params.yaml, uint8 [H, W, 3] each."""
        try:
            table = config.load(Gap, "gap", file=self._params).people_sketches(self.root)
        except UserError:
            return []
        return [to_rgb(image) for image in table.images(_spread(len(table), EXAMPLES))]

    @cache  # noqa: B019
    def inputs(self, model: DemoModel) -> Pixels | None:
        """Return training inputs uint8 [n, H, W, C] as a training step sees them.

        They have all copies of a photo's input, the frames and the sketch augmentation of the
        variant's recipe in params.yaml. None if they are not on disk.
        """
        if (pairs := self._pairs(model, "train")) is None:
            return None
        description = model.description
        channels = description.in_channels, pairs.channels[1]
        scaled = pairs.with_channels(channels).resized_to(description.size)
        changes = self._input_changes(description.variant)
        batches = Batches(
            scaled,
            min(SAMPLE_SIZE, len(scaled.ids)),
            seed=0,
            jitter=1.0,
            flip=False,
            paired=scaled.paired,
            frame=changes.frame,
            sketch=changes.sketch,
        )
        return from_model(batches[0].a)

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

    def _input_changes(self, variant: str) -> InputChanges:
        """Return those of a variant's recipe; none if params.yaml does not have the variant."""
        try:
            return config.load(InputChanges, "variants", variant, "recipe", file=self._params)
        except UserError:
            return InputChanges()

    @property
    def _params(self) -> Path:
        return self.root.parent / config.PARAMS_FILE


def _spread(length: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return at most ``count`` rows, spread evenly over ``length``."""
    return np.unique(np.linspace(0, length - 1, count).astype(np.int64))
