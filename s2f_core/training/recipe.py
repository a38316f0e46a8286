"""How a variant is trained, in the papers' own units."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from s2f_core.common.config import Section
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.split import PARTS, Part
from s2f_core.networks.layers import Init
from s2f_core.training.diffaugment import Augmentation
from s2f_core.training.health import Health
from s2f_core.training.schedules import Linear, Schedule


@dataclass(frozen=True)
class Turn:
    """Who trains on a batch, and the standard deviation of the noise on D's inputs."""

    generator: bool = True
    discriminator: bool = True
    noise: float = 0.0


class Recipe(Section):
    """``recipe:`` of a variant.

    Length: ``epochs`` over the images or, in its place, a number of ``batches``. ``batch`` images
    make a step; they are seen in ``accumulate`` equal parts, one after the other, to save memory.

    Optimiser: ``adam``, ``adamw`` or ``sgd`` for both networks. ``lr_ratio``: the generator's rate
    over the top-level ``lr``; ``lr_d_ratio``: the discriminator's over the generator's.
    ``schedule``: see :mod:`s2f_core.training.schedules`. ``clip``: largest L2 norm of a
    network's gradient.

    Turns: ``gd_ratio`` is G's steps over D's: at k D trains on every k-th batch, at 1/k G does
    (P4, P3). ``head_start``: batches that D trains alone first (P4).

    What D sees: ``smoothing`` lowers the target of real images (P3), ``noise`` is the standard
    deviation added to its inputs, falling linearly to zero over ``noise_until`` of the training
    (P3); ``augment`` is DiffAugment's policy (Zhao et al. 2020).

    ``ema``: keep the exponential moving average of G's weights at this decay, and validate and
    save that; 0 is off. ``jitter``: enlarge by this and cut back (286/256 = 1.117; 1 is off);
    ``shift``: move by up to this share of the side, which resamples nothing; ``flip``: mirror half
    of the images; ``sketch``: change the lines of drawn inputs before that,
    see :mod:`s2f_core.data.sketch.augment`. ``init`` and ``init_gain``: see ``layers.initialise``.

    ``train_on``: ``train+val`` for final results (P5); nothing is then held out to choose by, so
    ``best`` has to be ``last``. ``validations``: how often the validation score is taken; the
    checkpoint kept is the best of them by ``best`` (``last`` keeps the last; ``ssim`` tends to
    keep early, blurred ones).
    """

    epochs: float | None = Field(None, gt=0)
    batches: int | None = Field(None, ge=1)
    batch: int = Field(1, ge=1)
    accumulate: int = Field(1, ge=1)
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    lr_ratio: float = Field(1.0, gt=0)
    lr_d_ratio: float = Field(1.0, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    beta2: float = Field(0.999, ge=0, lt=1)
    epsilon: float = Field(1e-8, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    schedule: Schedule = Linear(type="linear")
    clip: float | None = Field(None, gt=0)
    gd_ratio: float = Field(1.0, gt=0)
    head_start: int = Field(0, ge=0)
    smoothing: float = Field(0.0, ge=0, lt=0.5)
    noise: float = Field(0.0, ge=0)
    noise_until: float = Field(1.0, gt=0, le=1)
    augment: tuple[Augmentation, ...] = ()
    ema: float = Field(0.0, ge=0, lt=1)
    init: Init = "normal"
    init_gain: float = Field(0.02, gt=0)
    jitter: float = Field(1.0, ge=1, le=2)
    shift: float = Field(0.0, ge=0, lt=0.5)
    flip: bool = False
    sketch: SketchAugment | None = None
    train_on: Literal["train", "train+val"] = "train"
    validations: int = Field(6, ge=1)
    best: Literal["ssim", "pixel_difference", "last"] = "pixel_difference"
    health: Health = Health()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.epochs is None) == (self.batches is None):
            raise ValueError("give either epochs or batches")
        if self.batch % self.accumulate:
            raise ValueError(f"batch {self.batch} has no {self.accumulate} equal parts")
        if not (self.gd_ratio.is_integer() or _near_integer(1 / self.gd_ratio)):
            raise ValueError(f"gd_ratio must be k or 1/k for a whole k, got {self.gd_ratio:g}")
        if self.train_on == "train+val" and self.best != "last":
            raise ValueError("train_on: train+val holds nothing out to choose by; set best: last")
        return self

    @property
    def parts(self) -> list[Part]:
        """The splits that are trained on."""
        return [part for part in PARTS if part in self.train_on.split("+")]

    def steps(self, images: int, max_steps: int | None) -> int:
        """Number of batches for so many images, capped by ``max_steps``."""
        wanted = self.batches or math.ceil((self.epochs or 0) * images / self.batch)
        return min(wanted, max_steps or wanted)

    def turn(self, step: int, progress: float) -> Turn:
        """Who trains at a step (from 0), which comes at this share of the training."""
        noise = self.noise * max(0.0, 1 - progress / self.noise_until)
        after = step - self.head_start
        if after < 0:
            return Turn(generator=False, noise=noise)
        every_d, every_g = max(1, round(self.gd_ratio)), max(1, round(1 / self.gd_ratio))
        return Turn(after % every_g == every_g - 1, after % every_d == 0, noise)

    def optimizer(self, weights: Iterable[nn.Parameter], lr: float) -> Optimizer:
        """The optimiser of one network, at a rate of its own."""
        if self.optimiser == "sgd":
            return SGD(weights, lr, self.momentum, weight_decay=self.weight_decay)
        kind: type[Adam] = {"adam": Adam, "adamw": AdamW}[self.optimiser]
        return kind(
            weights,
            lr,
            (self.beta1, self.beta2),
            eps=self.epsilon,
            weight_decay=self.weight_decay,
            fused=True,
        )


def _near_integer(value: float) -> bool:
    return math.isclose(value, round(value), rel_tol=1e-3)
