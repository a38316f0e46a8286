"""The validation score and the pictures that follow a training, from fixed images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from s2f_core.common.images import Pixels, from_model, grid, repeat_pixels, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.metrics.pixel_difference import PIXEL_DIFFERENCE
from s2f_core.metrics.ssim import SSIM
from s2f_core.networks.generate import batches, generate

FACES = 6  # rows of the progress mosaic
SAMPLES = 16
SHOWN = 64  # pixels a side that a smaller image is enlarged to before it is shown

SCORES = {"ssim": SSIM, "pixel_difference": PIXEL_DIFFERENCE}

Generators = Mapping[Direction, nn.Module]


class Validation:
    """Scores the generator A → B on the validation split and keeps the best weights so far.

    ``rows`` has the scores of every validation: ``variety`` (how much the outputs differ from each
    other, over how much their targets do; near 0 the generator has collapsed) and, where B answers
    A, the paired scores. ``frames`` has what the generator made of the first six images each time;
    ``best`` the weights of all generators at the best validation.
    """

    def __init__(self, pairs: Pairs, best: str) -> None:
        self.pairs, self.criterion = pairs, best
        self.scores = SCORES if pairs.has_target else {}
        self.rows: list[dict[str, float]] = []
        self.frames: list[Pixels] = []
        self.best: dict[str, dict[str, Tensor]] = {}
        self.best_step = 0

    def __call__(self, step: int, generators: Generators) -> dict[str, float]:
        """Score the generators after so many steps; their mode is left as it was."""
        outputs, targets = outputs_and_targets(self.pairs, generators["a-to-b"])
        scores = {
            name: float(score(outputs, targets).mean()) for name, score in self.scores.items()
        }
        scores["variety"] = _spread(outputs) / max(_spread(targets), 1e-9)
        self.frames.append(outputs[:FACES])
        self.rows.append({"step": step, **scores})
        if self._improved():
            self.best_step = step
            self.best = {
                way: {name: value.detach().cpu().clone() for name, value in weights.items()}
                for way, weights in ((way, net.state_dict()) for way, net in generators.items())
            }
        return scores

    def hear(self, step: int, scores: Mapping[str, float]) -> None:
        """Take over the scores that another process found, whose business the weights are."""
        self.rows.append({"step": step, **scores})

    def _improved(self) -> bool:
        if self.criterion == "last":
            return True
        history = [row[self.criterion] for row in self.rows]
        if SCORES[self.criterion].higher_is_better:
            return history[-1] >= max(history)
        return history[-1] <= min(history)

    def mosaic(self) -> Pixels:
        """A row a face: the input, the generator's outputs over the training, the photo.

        Where A and B are no pairs, no photo; where A is noise, the outputs alone.
        """
        first = range(min(FACES, len(self.pairs.ids)))
        columns = [to_rgb(frame) for frame in self.frames]
        if self.pairs.input_is_image:
            columns = [to_rgb(from_model(self.pairs.a(first))), *columns]
        if self.pairs.has_target:
            columns = [*columns, to_rgb(from_model(self.pairs.b(first)))]
        return _sheet([column[face] for face in first for column in columns], len(columns))

    def samples(self, generators: Generators) -> Pixels:
        """Input, output and photo of the first sixteen images, four triples a row.

        Where A and B are no pairs, inputs and outputs, eight pairs a row, and under them those of
        the way back, if there is one. Where A is noise, four rows of sixteen outputs.
        """
        drawn = self.pairs.input_is_image
        first = self.pairs.subset(range(SAMPLES * (1 if drawn else 4)))
        outputs, photos = outputs_and_targets(first, generators["a-to-b"])
        if not drawn:
            return _sheet(list(to_rgb(outputs)), SAMPLES)
        columns = [_inputs(first), to_rgb(outputs)]
        if first.has_target:
            return _sheet(_woven(*columns, to_rgb(photos)), 12)
        shown = _woven(*columns)
        if "b-to-a" in generators:
            shown += [np.full_like(shown[0], 255)] * (-len(shown) % SAMPLES)
            back = first.swap_domains()
            outputs, _ = outputs_and_targets(back, generators["b-to-a"])
            shown += _woven(_inputs(back), to_rgb(outputs))
        return _sheet(shown, SAMPLES)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs."""
        return {
            "rows": self.rows,
            "frames": torch.from_numpy(np.stack(self.frames)) if self.frames else None,
            "best": self.best,
            "best_step": self.best_step,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        self.rows, self.best, self.best_step = state["rows"], state["best"], state["best_step"]
        self.frames = [] if state["frames"] is None else list(state["frames"].numpy())


def outputs_and_targets(pairs: Pairs, generator: nn.Module) -> tuple[Pixels, Pixels]:
    """Return the outputs for all inputs, and all targets, each uint8 [n, H, W, C].

    Noise that a generator draws is the same at every validation.
    """
    outputs = generate(generator, map(pairs.a, batches(len(pairs.ids))))
    targets = [from_model(pairs.b(rows)) for rows in batches(len(pairs.ids_b))]
    return outputs, np.concatenate(targets)


def _inputs(pairs: Pairs) -> Pixels:
    return to_rgb(from_model(pairs.a(range(len(pairs.ids)))))


def _woven(*columns: Pixels) -> list[Pixels]:
    """The first image of each, then the second of each, and so on."""
    return [image for row in zip(*columns, strict=True) for image in row]


def _spread(images: Pixels) -> float:
    """Standard deviation over the images, the mean of all places."""
    return float(images.astype(np.float32).std(axis=0).mean())


def _sheet(images: list[Pixels], columns: int) -> Pixels:
    return grid([repeat_pixels(image, SHOWN) for image in images], columns=columns)
