"""Scores of a training on the validation split, and the best weights so far."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.kid import KID, kid
from s2f_core.metrics.pixel_difference import PIXEL_DIFFERENCE
from s2f_core.metrics.ssim import SSIM
from s2f_core.metrics.types import Score
from s2f_core.networks.generate import batches, generate

FRAME = 6  # images whose outputs are kept at every validation

SCORES = {"ssim": SSIM, "pixel_difference": PIXEL_DIFFERENCE}
CRITERIA: dict[str, Score] = {**SCORES, "kid": KID}
COLUMNS = ["step", *CRITERIA, "variety"]  # of the CSV file; a score that was not measured is empty

Generators = Mapping[Direction, nn.Module]


class Validation:
    """Scores the generator A → B on the validation split and keeps the best weights.

    ``rows`` has the scores of every validation: ``variety``, the spread of the outputs over that of
    the targets if these differ (near 0 the generator has collapsed), for pairs SSIM and pixel
    difference, and with ``inception`` the KID, which needs no pairs. ``frames`` has the outputs for
    the first six images each time. ``best`` has the weights of all generators at the best
    validation. Raises UserError where there are too few images for a KID.
    """

    def __init__(
        self, pairs: Pairs, criterion: str, inception: FeatureExtractor | None = None
    ) -> None:
        fewest = min(len(pairs.ids), len(pairs.ids_b)) if inception else KID.min_images
        if fewest < KID.min_images:
            raise UserError(
                f"the validation split has {fewest} image: its KID needs at least "
                f"{KID.min_images}; set recipe.best to another score and validation_kid to false"
            )
        self.pairs, self.criterion, self.inception = pairs, criterion, inception
        self.scores = SCORES if pairs.has_target else {}
        self.rows: list[dict[str, float]] = []
        self.frames: list[Pixels] = []
        self.best: dict[Direction, dict[str, Tensor]] = {}
        self.best_step = 0

    def __call__(self, step: int, generators: Generators) -> dict[str, float]:
        """Score the generators after so many steps and return the scores."""
        outputs, targets = outputs_and_targets(self.pairs, generators["a-to-b"])
        scores = {
            name: float(score(outputs, targets).mean()) for name, score in self.scores.items()
        }
        if self.inception:
            ours, theirs = self.inception.compute(outputs), self.inception(targets)
            scores["kid"] = kid(ours, theirs)
        if (spread := _spread(targets)) > 0:  # one image, or equal ones, do not vary
            scores["variety"] = _spread(outputs) / spread
        self.frames.append(outputs[:FRAME])
        self.rows.append({"step": step, **scores})
        if self._improved():
            self.best_step = step
            self.best = {
                direction: {
                    name: value.detach().cpu().clone()
                    for name, value in generator.state_dict().items()
                }
                for direction, generator in generators.items()
            }
        return scores

    def set_scores(self, step: int, scores: Mapping[str, float]) -> None:
        """Record rank 0's scores, on the other processes."""
        self.rows.append({"step": step, **scores})

    def _improved(self) -> bool:
        if self.criterion == "last":
            return True
        values = [row[self.criterion] for row in self.rows]
        if CRITERIA[self.criterion].higher_is_better:
            return values[-1] >= max(values)
        return values[-1] <= min(values)

    @property
    def best_scores(self) -> dict[str, float]:
        """The row of ``best_step``; empty on the other ranks, which keep no weights."""
        return next((row for row in self.rows if row["step"] == self.best_step), {})

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed training needs."""
        return {
            "rows": self.rows,
            "frames": torch.from_numpy(np.stack(self.frames)) if self.frames else None,
            "best": self.best,
            "best_step": self.best_step,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        self.rows, self.best, self.best_step = state["rows"], state["best"], state["best_step"]
        self.frames = [] if state["frames"] is None else list(state["frames"].numpy())


def outputs_and_targets(pairs: Pairs, generator: nn.Module) -> tuple[Pixels, Pixels]:
    """Return the outputs for all inputs, and all targets, each uint8 [n, H, W, C].

    Noise that a generator draws is the same at every validation.
    """
    outputs = generate(generator, map(pairs.a, batches(len(pairs.ids))))
    targets = [from_model(pairs.b(rows)) for rows in batches(len(pairs.ids_b))]
    return outputs, np.concatenate(targets)


def _spread(images: Pixels) -> float:
    """Return the standard deviation over the images, averaged over pixels and channels."""
    return float(images.astype(np.float32).std(axis=0).mean())
