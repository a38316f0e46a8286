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
from s2f_core.data.views import Framing
from s2f_core.networks.layers import Init
from s2f_core.training.diffaugment import Augmentation
from s2f_core.training.health import Health
from s2f_core.training.schedules import Linear, Schedule


@dataclass(frozen=True)
class Turn:
    """The players that train on a batch, and the standard deviation of the noise on D's inputs."""

    generator: bool = True
    discriminator: bool = True
    noise: float = 0.0


class Recipe(Section):
    """How a variant is trained: ``recipe:``.

    Give either ``epochs`` or ``batches``. The top-level ``max_steps`` and ``max_minutes`` cap both.
    """

    epochs: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="Length of the training in passes over the images; or give batches.",
    )
    batches: int | None = Field(
        None, ge=1, le=10**9, description="Length of the training in batches; or give epochs (P5)."
    )
    batch: int = Field(
        1,
        ge=1,
        le=65536,
        description="Images per step, over all processes (Isola et al. 2017: 1; P5: 16).",
    )
    accumulate: int = Field(
        1,
        ge=1,
        le=65536,
        description="Parts that a batch is split into, one after the other, to save memory.",
    )
    optimiser: Literal["adam", "adamw", "sgd"] = Field(
        "adam", description="Optimiser of all networks (P2 compares Adam and SGD)."
    )
    lr_ratio: float = Field(
        1.0, ge=1e-6, le=1000, description="The generator's learning rate over the top-level lr."
    )
    lr_d_ratio: float = Field(
        1.0,
        ge=1e-6,
        le=1000,
        description="The discriminator's learning rate over the generator's (P1: 0.5).",
    )
    beta1: float = Field(0.5, ge=0, lt=1, description="Adam's beta1 (Radford et al. 2016).")
    beta2: float = Field(0.999, ge=0, lt=1, description="Adam's beta2 (Kingma & Ba 2015).")
    epsilon: float = Field(
        1e-8, gt=0, le=1, description="Adam's epsilon (P5, like TensorFlow: 1e-7)."
    )
    momentum: float = Field(0.0, ge=0, lt=1, description="Momentum of SGD.")
    weight_decay: float = Field(
        0.0, ge=0, le=100, description="Weight decay of every optimiser; decoupled in AdamW."
    )
    schedule: Schedule = Field(
        Linear(type="linear"), description="Learning-rate schedule: a factor on the initial rates."
    )
    clip: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="Largest L2 norm of a network's gradient; null does not clip.",
    )
    gd_ratio: float = Field(
        1.0,
        ge=0.001,
        le=1000,
        description=(
            "Generator steps per discriminator step: k trains D on every k-th "
            "batch (P4), 1/k trains G on every k-th (P3)."
        ),
    )
    head_start: int = Field(
        0,
        ge=0,
        le=10**9,
        description="Batches at the start that train the discriminator alone (P4).",
    )
    smoothing: float = Field(
        0.0,
        ge=0,
        lt=0.5,
        description="Lowers D's target for real images; for vanilla and least-squares (P3).",
    )
    noise: float = Field(
        0.0,
        ge=0,
        le=100,
        description="Standard deviation of the noise on D's inputs; falls linearly to 0 (P3).",
    )
    noise_until: float = Field(
        1.0, gt=0, le=1, description="Share of the training after which that noise is 0."
    )
    augment: tuple[Augmentation, ...] = Field(
        (), description="DiffAugment policies applied to all that D sees (Zhao et al. 2020)."
    )
    ema: float = Field(
        0.0,
        ge=0,
        lt=1,
        description=(
            "Decay of the moving average of G's weights, which is then "
            "validated and saved (Karras et al. 2018); 0 is off."
        ),
    )
    init: Init = Field("normal", description="Initial weights; default keeps PyTorch's.")
    init_gain: float = Field(
        0.02, gt=0, le=100, description="Spread of the initial weights (Radford et al. 2016)."
    )
    jitter: float = Field(
        1.0,
        ge=1,
        le=2,
        description=(
            "Enlarge by this factor and crop back at random (Isola et al. 2017: "
            "286/256 = 1.117); 1 is off."
        ),
    )
    shift: float = Field(
        0.0,
        ge=0,
        lt=0.5,
        description=(
            "Move by up to this share of the side, mirroring at the border; does not resample."
        ),
    )
    flip: bool = Field(False, description="Mirror half of the images (Isola et al. 2017).")
    frame: Framing | None = Field(
        None, description="Random zoom and turn of the pairs; null is off."
    )
    sketch: SketchAugment | None = Field(
        None, description="Random changes to the lines of the input sketch; null is off."
    )
    train_on: Literal["train", "train+val"] = Field(
        "train",
        description=(
            "Splits to train on. train+val is for final results (P5) and needs best: last."
        ),
    )
    validations: int = Field(
        6, ge=1, le=10**6, description="Number of validations over the training."
    )
    validation_kid: bool = Field(
        False,
        description=(
            "Measure KID at every validation; best: kid does so, too. It takes 0.05 s of a "
            "core for each image, and the asset inception."
        ),
    )
    best: Literal["ssim", "pixel_difference", "kid", "last"] = Field(
        "pixel_difference",
        description=(
            "Which weights to keep: the best validation by a score, or the "
            "last. ssim tends to keep early, blurred ones; kid needs no pairs."
        ),
    )
    health: Health = Field(Health(), description="What to do when a training goes wrong.")

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
    def measures_kid(self) -> bool:
        """Whether a validation measures KID."""
        return self.validation_kid or self.best == "kid"

    @property
    def parts(self) -> list[Part]:
        """The splits that are trained on."""
        return [part for part in PARTS if part in self.train_on.split("+")]

    def steps(self, images: int, max_steps: int | None) -> int:
        """Return the number of batches for ``images`` images, capped by ``max_steps``."""
        steps = self.batches or math.ceil((self.epochs or 0) * images / self.batch)
        return min(steps, max_steps or steps)

    def turn(self, step: int, progress: float) -> Turn:
        """Return the turn of a step (from 0), at this share of the training."""
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
