"""The validation score and the pictures that follow a training, from fixed images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from s2f_core.images import Pixels, from_model, grid, rgb
from s2f_core.pairs import Pairs
from s2f_core.scores.pixels import PIXEL_DIFFERENCE
from s2f_core.scores.similarity import SSIM

FACES = 6  # rows of the progress mosaic
SAMPLES = 16
BATCH = 16

SCORES = {"ssim": SSIM, "pixel_difference": PIXEL_DIFFERENCE}


class Validation:
    """Scores a generator on the validation split and keeps the best weights so far.

    ``rows`` has the scores of every validation, ``frames`` what the generator made of the first
    six images each time.
    """

    def __init__(self, pairs: Pairs, best: str) -> None:
        self.pairs, self.criterion = pairs, best
        self.rows: list[dict[str, float]] = []
        self.frames: list[Pixels] = []
        self.best: dict[str, Tensor] = {}
        self.best_step = 0

    def __call__(self, step: int, fabric: Fabric, generator: nn.Module) -> dict[str, float]:
        """Score the generator after so many steps; its mode is left as it was."""
        outputs, targets = translate(self.pairs, fabric, generator)
        scores = {name: float(score(outputs, targets).mean()) for name, score in SCORES.items()}
        self.frames.append(outputs[:FACES])
        self.rows.append({"step": step, **scores})
        if self._improved():
            self.best_step = step
            self.best = {
                name: value.detach().cpu().clone() for name, value in generator.state_dict().items()
            }
        return scores

    def _improved(self) -> bool:
        if self.criterion == "last":
            return True
        history = [row[self.criterion] for row in self.rows]
        if SCORES[self.criterion].higher_is_better:
            return history[-1] >= max(history)
        return history[-1] <= min(history)

    def mosaic(self) -> Pixels:
        """A row a face: the input, the generator's outputs over the training, the photo."""
        first = self.pairs.load(range(min(FACES, len(self.pairs))))
        columns = [rgb(from_model(first.a)), *self.frames, rgb(from_model(first.b))]
        return grid(
            [column[face] for face in range(len(first.a)) for column in columns],
            columns=len(columns),
        )

    def samples(self, fabric: Fabric, generator: nn.Module) -> Pixels:
        """Input, output and photo of the first sixteen images, four triples a row."""
        first = self.pairs.subset(range(min(SAMPLES, len(self.pairs))))
        outputs, photos = translate(first, fabric, generator)
        inputs = rgb(from_model(first.load(range(len(first))).a))
        shown = [image for triple in zip(inputs, outputs, photos, strict=True) for image in triple]
        return grid(shown, columns=12)

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


def translate(pairs: Pairs, fabric: Fabric, generator: nn.Module) -> tuple[Pixels, Pixels]:
    """Outputs for all pairs and their targets, uint8 [n, H, W, C], in eval mode."""
    outputs, targets = [], []
    trains = generator.training
    generator.eval()
    with torch.inference_mode():
        for start in range(0, len(pairs), BATCH):
            batch = pairs.load(range(start, min(start + BATCH, len(pairs))))
            outputs.append(from_model(generator(batch.a.to(fabric.device))))
            targets.append(from_model(batch.b))
    generator.train(trains)
    return np.concatenate(outputs), np.concatenate(targets)
