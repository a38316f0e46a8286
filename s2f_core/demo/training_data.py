"""What a model learned from: its inputs as it saw them, examples, and what a photo becomes."""

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
from s2f_core.demo.hints import Range, habits
from s2f_core.demo.models import Model
from s2f_core.evaluation import human_gap
from s2f_core.inference.from_photo import Conditioning

SEEN = 200  # training inputs that are measured
EXAMPLES = 12


@dataclass(frozen=True)
class Learned:
    """Reads the tables under ``root``, the data folder, when it is asked, and remembers."""

    root: Path

    def __hash__(self) -> int:
        return hash(self.root)

    @cache  # noqa: B019 -- lives as long as the server
    def examples(self, model: Model) -> list[Pixels]:
        """Test inputs over all of the split, uint8 [H, W, 3] each; none where they are not here."""
        if (pairs := self._pairs(model, "test")) is None:
            return []
        return [to_rgb(page) for page in _pages(pairs, EXAMPLES)]

    @cache  # noqa: B019
    def inputs(self, model: Model) -> Pixels | None:
        """Training inputs as the model saw them, with lines changed as its recipe does."""
        if (pairs := self._pairs(model, "train")) is None:
            return None
        told = model.description
        channels = told.in_channels, pairs.channels[1]
        scaled = pairs.with_channels(channels).resized_to(told.size)
        pages = _pages(scaled, SEEN)
        if (sketch := _sketch(model)) is None:
            return pages
        return human_gap.augmented(pages, _targets(scaled, SEEN), sketch)

    @cache  # noqa: B019
    def habits(self, model: Model) -> dict[str, Range]:
        """How the inputs measure, by :mod:`.hints`; empty where they are not here, or no lines."""
        pages = self.inputs(model)
        return {} if pages is None else habits(pages, model.sheet)

    @cache  # noqa: B019
    def guide(self, model: Model) -> Pixels | None:
        """Where ink usually is: the inputs' mean, with the full range of greys; [H, W, 1 or 3]."""
        if (pages := self.inputs(model)) is None:
            return None
        mean = pages.astype(np.float32).mean(axis=0)
        low, high = float(mean.min()), float(mean.max())
        scaled = (mean - low) / max(high - low, 1.0) * 255
        return np.asarray(np.rint(scaled), dtype=np.uint8)

    def of_photo(self, model: Model, photo: Pixels) -> Pixels:
        """A photo uint8 [side, side, 3] as the model's condition shows it, uint8 [H, H, 1 or 3].

        Raises UserError where no photo becomes such an input, or weights are not there, and
        ImageError where the photo shows nothing of the kind.
        """
        return Conditioning(model.description, self.root / "assets")(photo)

    def _pairs(self, model: Model, part: str) -> Pairs | None:
        if model.data is None or model.sheet == "noise":
            return None
        try:
            return model.data.pairs(self.root, "train" if part == "train" else "test")
        except UserError:
            return None


def _pages(pairs: Pairs, count: int) -> Pixels:
    return from_model(pairs.a(_rows(len(pairs.ids), count)))


def _targets(pairs: Pairs, count: int) -> Pixels:
    return from_model(pairs.b(_rows(len(pairs.ids), count)))


def _rows(there: int, wanted: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.unique(np.linspace(0, there - 1, wanted).astype(np.int64))


def _sketch(model: Model) -> SketchAugment | None:
    """What the variant's recipe did to its lines, where the variant is in ``params.yaml``."""
    try:
        recipe = config.load(dict[str, object], "variants", model.description.variant, "recipe")
    except UserError:
        return None
    return SketchAugment.model_validate(found) if (found := recipe.get("sketch")) else None
