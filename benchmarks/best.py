"""The sweep behind ``best``: every choice of :data:`CHOICES` on validation faces.

``python -m benchmarks.best [WORD …]`` trains each of them (or those whose name has one of the
words) for ``--steps`` steps, by default at the top-level width, on 720 faces of
:mod:`benchmarks.celeba_protocol`, and scores 80 others of the 800. The 199 held-out faces are not
used. Each choice has one seed: differences below 0.01 of KID are not significant. A choice's
overrides work with ``dvc exp run -S`` too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.celeba_protocol import SCORES, Judge, faces
from benchmarks.quality_for_time import ASSETS, outputs, settings
from benchmarks.table import Table, arguments
from s2f_core.training.variant import Settings

STEPS = 1200
PATCHES = {"type": "patchgan", "layers": 3, "norm": "instance", "scales": 2}
CHOICES: dict[str, dict[str, Any]] = {
    "best": {},
    "best as it was: patches": {
        "discriminator": PATCHES,
        "objective.adversarial": "vanilla",
        "objective.lambda_reconstruction": 100,
        "objective.lambda_ssim": 30,
        "objective.lambda_features": 10,
        "objective.lambda_perceptual": 0,
    },
    "patches, with the perceptual loss": {
        "discriminator": PATCHES,
        "objective.adversarial": "vanilla",
        "objective.lambda_reconstruction": 100,
        "objective.lambda_ssim": 30,
        "objective.lambda_features": 10,
    },
    "patches beside the projected D": {
        "discriminator": {"type": "several", "of": [PATCHES, {"type": "projected"}]},
        "objective.lambda_features": 5,
    },
    "no perceptual loss": {"objective.lambda_perceptual": 0},
    "perceptual loss × ½": {"objective.lambda_perceptual": 10},
    "perceptual loss × 2": {"objective.lambda_perceptual": 40},
    "perceptual loss by LPIPS' VGG": {"objective.perceptual": {"name": "lpips-vgg"}},
    "the backbone sees images of twice the size": {
        "discriminator": {"type": "projected", "backbone": {"enlarge": 2}},
        "objective.perceptual": {"enlarge": 2},
    },
    "L1 and SSIM × 2": {"objective.lambda_reconstruction": 100, "objective.lambda_ssim": 30},
    "L1 and SSIM × ½": {"objective.lambda_reconstruction": 25, "objective.lambda_ssim": 7.5},
    "no SSIM": {"objective.lambda_ssim": 0},
    "vanilla": {"objective.adversarial": "vanilla"},
    "R1": {"objective.r1": 1},
    "alternating updates": {"objective.updates": "alternating"},
    "DiffAugment": {"recipe.augment": ["translation", "cutout"]},
    "pix2pix's jitter in place of shifts": {"recipe.jitter": 1.117, "recipe.shift": 0},
    "neither": {"recipe.shift": 0},
    "not affine": {"generator.affine": False},
    "learnt norms": {"generator.norm": "instance-affine"},
    "dropout": {"generator.dropout": 0.5},
    "noise beside the sketch": {"generator.noise": "input"},
    "no average of weights": {"recipe.ema": 0},
    "a longer average of weights": {"recipe.ema": 0.9995},
    "a shorter average of weights": {"recipe.ema": 0.995},
    "D half as fast as G": {"recipe.lr_d_ratio": 0.5},
    "D twice as fast as G": {"recipe.lr_d_ratio": 2},
    "Adam of Sauer et al.": {"recipe.beta1": 0, "recipe.beta2": 0.99},
    "batches of 2": {"recipe.batch": 2},
    "batches of 8": {"recipe.batch": 8},
    "rates × 2": {"recipe.lr_ratio": 2},
    "rates × ½": {"recipe.lr_ratio": 0.5},
    "cosine": {"recipe.schedule": {"type": "cosine"}},
}


def apply_overrides(base: Settings, changes: Mapping[str, Any], width_ratio: float) -> Settings:
    """Settings with some sections or keys, ``SECTION.KEY``, at other values, and a width."""
    values = base.model_dump()
    variant = values["variant"] | {"width_ratio": width_ratio}
    for place, value in changes.items():
        section, _, key = place.partition(".")
        variant[section] = {**variant[section], key: value} if key else value
    return Settings.model_validate({**values, "variant": variant})


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table row by row, and write it to ``--csv``."""
    parser = arguments(__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--width-ratio", type=float, default=1.0, help="best itself has 2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    options = parser.parse_args(argv)
    choices = {
        name: changes
        for name, changes in CHOICES.items()
        if not options.words or any(word in name for word in options.words)
    }
    columns = {"choice": "", "overrides of variants.best": "", "steps": ",", "ms a step": ".0f"}
    kinds = dict(zip(SCORES, (".1f", ".3f", ".3f", ".3f", ".3f", ".3f", ".4f"), strict=True))
    table = Table({**columns, **kinds}, options.csv)
    with TemporaryDirectory() as folder, table:
        validation = faces(Path(folder), options.assets, validation=True)
        judge = Judge(validation.photos, options.assets)
        for name, changes in choices.items():
            base = settings("best", options.seed, minutes=1, steps=options.steps)
            trial = apply_overrides(base, changes, options.width_ratio)
            overrides = " ".join(f"{key}={value}" for key, value in changes.items())
            for _, minutes, steps, images in outputs(validation, trial, [1.0], Path(folder) / name):
                figures = judge(images)
                pace = minutes * 60_000 / steps
                table.add(name, overrides, steps, pace, *(figures[score] for score in SCORES))


if __name__ == "__main__":
    main()
