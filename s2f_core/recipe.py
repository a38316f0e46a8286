"""How a variant is trained, in the papers' own units."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from s2f_core.params import Section


class Recipe(Section):
    """``recipe:`` of a variant. Adam with these betas for both networks.

    ``lr_d_ratio``: the discriminator's rate over the generator's. ``decay``: the last share of
    the training in which both rates fall linearly to zero. ``jitter``: enlarge by this and cut
    back (286/256 = 1.117; 1 is off). ``validations``: how often the validation score is taken;
    the checkpoint kept is the best of them by ``best`` (``last`` keeps the last; ``ssim`` tends to
    keep early, blurred ones).
    """

    epochs: float = Field(200, gt=0)
    batch: int = Field(1, ge=1)
    lr_d_ratio: float = Field(1.0, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)
    decay: float = Field(0.5, ge=0, le=1)
    jitter: float = Field(1.0, ge=1, le=2)
    flip: bool = False
    validations: int = Field(6, ge=1)
    best: Literal["ssim", "pixel_difference", "last"] = "pixel_difference"

    def steps(self, images: int, max_steps: int | None) -> int:
        """Number of training steps for so many images: ``epochs``, capped by ``max_steps``."""
        wanted = math.ceil(self.epochs * images / self.batch)
        return min(wanted, max_steps or wanted)

    def rate(self, step: int, steps: int) -> float:
        """What the learning rates are multiplied by at a step (from 0) of so many."""
        left = 1 - step / steps
        return min(1.0, left / self.decay) if self.decay else 1.0
