"""Every objective learns a small task in a given number of steps."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from drawn_faces import BlobDetector, drawn_face
from fixtures import MakeTable, SilentRun, modify, split_pairs

from s2f_core.common.images import Pixels, from_model, resize
from s2f_core.data.landmarks.eyes import Eyes
from s2f_core.data.pairs import Pairs
from s2f_core.data.palette import to_input
from s2f_core.networks.generate import generate_floats
from s2f_core.training.loop import Training, train
from s2f_core.training.run import prepare
from s2f_core.training.validation import outputs_and_targets
from s2f_core.training.variant import Settings

BLUE_BLOND = "#90a0f0,#f0e090,#f0c8b0,#90d090"
GREY_DARK = "#e0e0e0,#a09080,#907860,#d09090"
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


def _photo(eyes: Eyes, palette: str) -> Pixels:
    """A face in flat colours with black eyes, uint8 [32, 32, 3]."""
    background, hair, skin, clothes = (
        tuple(bytes.fromhex(colour[1:])) for colour in palette.split(",")
    )
    page: Any = np.full((128, 128, 3), background, np.uint8)
    (right_x, y), (left_x, _) = eyes
    middle = round(64 * (right_x + left_x)), round(128 * y)
    cv2.circle(page, (middle[0], middle[1] - 10), 50, hair, -1)
    cv2.circle(page, (middle[0], middle[1] + 10), 34, skin, -1)
    cv2.rectangle(page, (0, 112), (127, 127), clothes, -1)
    for x, _ in eyes:
        cv2.circle(page, (round(128 * x), middle[1]), 8, (0, 0, 0), -1)
    return resize(page, 32)


def test_drawings_become_faces_of_the_colours_that_are_told(
    settings: Settings, make_table: MakeTable, tmp_path: Path
) -> None:
    """In 300 steps: a face is found in most outputs, its eyes as drawn, its skin as told."""
    random = np.random.default_rng(0)
    drawings, photos, drawn = [], [], []
    for colours in random.integers(110, 256, (200, 4, 3)):
        x, y = random.uniform(-0.06, 0.06, 2)
        eyes = ((0.38 + x, 0.45 + y), (0.62 + x, 0.45 + y))
        drawn.append(eyes)
        drawings.append(resize(drawn_face(eyes), 32)[..., :1])
        photos.append(_photo(eyes, ",".join("#" + bytes(c.tolist()).hex() for c in colours)))
    variant: dict[str, Any] = {
        "generator": {
            "type": "unet",
            "norm": "instance",
            "dropout": 0,
            "up": "nearest",
            "palette": True,
        },
        "recipe": {**PLAIN, "best": "last", "batch": 8},
    }
    tables = make_table("drawings", np.stack(drawings)), make_table("photos", np.stack(photos))
    names = [f"{row:03d}" for row in range(len(drawn))]
    splits = {"train": Pairs(*tables, names[:180]), "val": Pairs(*tables, names[180:])}
    learner = prepare(modify(settings, variant, max_steps=300, width=8, lr=2e-3), splits, tmp_path)
    _learn(learner)
    val, generator = splits["val"], learner.objective.generators["a-to-b"]
    places = [drawn[int(name)] for name in val.ids]
    for told in (BLUE_BLOND, GREY_DARK):
        floats = generate_floats(generator, [val.a(range(len(val.ids)))], palette=to_input([told]))
        outputs = from_model(torch.from_numpy(floats))
        faces = [BlobDetector().detect(resize(image, 128)) for image in outputs]
        assert sum(map(bool, faces)) >= 0.9 * len(faces)
        errors = [
            np.abs(found[0].points[:2] / 128 - eyes).max()
            for found, eyes in zip(faces, places, strict=True)
            if found
        ]
        assert np.median(errors) < 0.03
        skin = outputs[:, 20:24, 14:18].reshape(-1, 3).mean(axis=0)
        assert (
            np.abs(skin - list(bytes.fromhex(told.split(",")[2][1:]))).max() < 50
        )  # the two skins differ by 96
