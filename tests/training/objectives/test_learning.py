"""Every objective learns a small task in a given number of steps."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures import MakeTable, SilentRun, modify, split_pairs

from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.training.loop import Training, train
from s2f_core.training.run import prepare
from s2f_core.training.validation import outputs_and_targets
from s2f_core.training.variant import Settings

PLAIN = {"epochs": 1000, "jitter": 1.0, "flip": False, "schedule": {"type": "constant"}}


def _learn(training: Training) -> tuple[dict[str, float], dict[str, float]]:
    """The scores before and after."""
    before = training.validation(0, training.objective.generators)
    train(training, SilentRun())  # type: ignore[arg-type]
    return before, training.validation.rows[-1]


@pytest.mark.parametrize("reconstruction", ["l1", "l2", "charbonnier"])
@pytest.mark.parametrize("adversarial", ["vanilla", "least-squares", "hinge", "wgan-gp"])
def test_pix2pix_learns_negatives(
    settings: Settings,
    make_table: MakeTable,
    faces: Pixels,
    tmp_path: Path,
    adversarial: str,
    reconstruction: str,
) -> None:
    """Smooth pictures to their negatives: the difference falls to 40 % in 100 steps."""
    objective = {"type": "pix2pix", "adversarial": adversarial, "reconstruction": reconstruction}
    generator = {"type": "unet", "norm": "instance", "dropout": 0, "up": "nearest"}
    variant = {"objective": objective, "generator": generator, "recipe": PLAIN}
    splits = split_pairs(make_table("pictures", faces), make_table("negatives", 255 - faces))
    learner = prepare(modify(settings, variant, max_steps=100, width=8), splits, tmp_path)
    before, after = _learn(learner)
    assert after["pixel_difference"] < 0.4 * before["pixel_difference"]
    assert after["ssim"] > before["ssim"]


@pytest.mark.parametrize("adversarial", ["vanilla", "least-squares", "hinge", "wgan-gp"])
def test_cyclegan_learns_a_change_of_light_without_pairs(
    settings: Settings, make_table: MakeTable, faces: Pixels, tmp_path: Path, adversarial: str
) -> None:
    """Bright pictures to dark ones, which differ by 0.5: nearer than half of that in 60 steps.

    Skewed values and unequal channels rule out the negatives, which would fit as well.
    """
    skewed = (faces / 255.0) ** 3 * [127, 80, 40]
    bright, dark = (skewed + 128).astype(np.uint8), skewed.astype(np.uint8)
    schedule = {"type": "linear", "decay": 1}
    variant: dict[str, Any] = {
        "generator": {"type": "resnet", "blocks": 1, "up": "nearest", "norm": "none"},
        "objective": {"type": "cyclegan", "adversarial": adversarial, "lambda_identity": 0.5},
        "recipe": {**PLAIN, "ema": 0.9, "schedule": schedule},
    }
    splits = split_pairs(make_table("bright", bright), make_table("dark", dark))
    learner = prepare(modify(settings, variant, max_steps=60, width=8), splits, tmp_path)
    _, after = _learn(learner)
    assert after["pixel_difference"] < 0.25


@pytest.mark.parametrize("adversarial", ["vanilla", "least-squares", "hinge", "wgan-gp"])
def test_an_unconditional_gan_learns_a_distribution(
    settings: Settings, make_table: MakeTable, tmp_path: Path, adversarial: str
) -> None:
    """Points near (-0.6, 0.4, 0): in 600 steps means within 0.2, spreads within a factor of 2.5."""
    random = np.random.default_rng(0)
    values = random.normal([-0.6, 0.4, 0.0], [0.1, 0.1, 0.3], (200, 1, 1, 3))
    points = make_table("points", ((values.clip(-1, 1) + 1) * 127.5).astype(np.uint8))
    noise = make_table("noise", random.integers(0, 256, (200, 1, 1, 8)).astype(np.uint8))
    variant: dict[str, Any] = {
        "generator": {"type": "fc", "hidden": [32, 32]},
        "discriminator": {"type": "fc", "hidden": [64, 64]},
        "objective": {"type": "unconditional", "adversarial": adversarial},
        "recipe": {**PLAIN, "best": "last", "batch": 64, "init": "default", "beta1": 0.0},
    }
    if adversarial == "wgan-gp":  # the discriminator has to stay ahead
        variant["recipe"] |= {"gd_ratio": 0.5, "lr_d_ratio": 3}
        rate = 1e-3
    else:
        variant["recipe"] |= {"lr_d_ratio": 2}
        rate = 2e-3
    everything = Pairs(noise, points, list(points.accepted["id"]))
    splits = {"train": everything, "val": everything.subset(range(20))}
    learner = prepare(modify(settings, variant, max_steps=600, lr=rate), splits, tmp_path)
    _learn(learner)
    images, _ = outputs_and_targets(everything, learner.objective.generators["a-to-b"])
    samples = images.reshape(-1, 3) / 127.5 - 1
    assert np.abs(samples.mean(axis=0) - [-0.6, 0.4, 0.0]).max() < 0.2
    ratios = samples.std(axis=0) / [0.1, 0.1, 0.3]
    assert ratios.min() > 1 / 2.5
    assert ratios.max() < 2.5
