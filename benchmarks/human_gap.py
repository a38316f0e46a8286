"""The effect of sketch augmentation on people's sketches: ``python -m benchmarks.human_gap``.

For every set under ``gap.augmented`` a pix2pix is trained twice for a few hundred steps: on the
condition as it is, and with the set's ``sketch`` settings. Both translate people's sketches and
computed sketches of test photos. Needs the tables that the stage ``gap`` reads, the role's split,
and the asset ``inception``. Prints a row for each training: each KID, the width of its 95 %
interval as its spread, and its ratio to that of the condition as it is. ``--steps`` and ``--size``
set the scale, ``--pictures`` a folder for contact sheets.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.table import Table, arguments
from s2f_core.common.config import load
from s2f_core.common.images import Pixels, grid, resize, save_png, to_model, to_rgb
from s2f_core.data.selection import VariantData
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.evaluation.human_gap import Gap
from s2f_core.metrics.inception_v3 import inception
from s2f_core.metrics.kid import KID
from s2f_core.metrics.types import ImageSet
from s2f_core.networks.generate import generate
from s2f_core.training.loop import train
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings

DATA = Path("data")
MAX_SKETCHES = 200  # of each kind
PER_ROW = 12  # pictures of a contact sheet
BATCH = 16
COLUMNS = {
    "set": "",
    "trained on it": "",
    "KID, drawn": ".4f",
    "its spread": ".4f",
    "× as it is": ".2f",
    "KID, computed": ".4f",
    "spread of that": ".4f",
    "of it, × as it is": ".2f",
    "difference": ".3f",
}
RECIPE = {"epochs": 1000, "batch": 4, "lr_d_ratio": 0.5, "jitter": 1.117, "flip": True}


class Silent:
    """A run that logs nothing."""

    id = "none"

    def log(self, step: int, values: dict[str, float]) -> None:
        """Ignore values."""

    def tag(self, name: str, value: str) -> None:
        """Ignore a tag."""

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Ignore a file."""


@dataclass(frozen=True)
class TestImages:
    """People's sketches, computed sketches and their photos, uint8 [n, H, W, C] of one size."""

    people: Pixels
    computed: Pixels
    photos: Pixels


def settings(data: VariantData, sketch: SketchAugment | None, steps: int, scale: float) -> Settings:
    """Return the settings of a pix2pix, at the default width."""
    recipe: dict[str, Any] = {**RECIPE, "validations": 1, "best": "last", "sketch": sketch}
    variant = {
        "data": data,
        "scale": scale,
        "generator": {"type": "unet", "norm": "instance", "dropout": 0, "up": "nearest"},
        "discriminator": {"type": "patchgan", "layers": 3, "norm": "instance"},
        "objective": {"type": "pix2pix", "reconstruction": "l1", "lambda_reconstruction": 100},
        "recipe": recipe,
    }
    return Settings.model_validate(
        {
            "name": "changed" if sketch else "as it is",
            "seed": load(int, "seed"),
            "lr": load(float, "lr"),
            "width": load(int, "width"),
            "max_steps": steps,
            "precision": load(str, "precision"),
            "variant": variant,
        }
    )


def test_images(gap: Gap, data: VariantData, size: int) -> TestImages:
    """Read up to 200 images of each kind; the photos are not in the training split."""
    test = data.pairs(DATA, ["val", "test"])
    ids = test.ids[:MAX_SKETCHES]
    people = gap.people_sketches(DATA)
    sets = (
        people.images(np.unique(np.linspace(0, len(people) - 1, MAX_SKETCHES).astype(int))),
        test.inputs.images(test.inputs.positions(ids)),
        test.targets.images(test.targets.positions(ids)),
    )
    return TestImages(*(np.stack([resize(image, size) for image in images]) for images in sets))


def outputs(generator: nn.Module, sketches: Pixels) -> Pixels:
    """Return a generator's outputs for sketches uint8 [n, H, W, C]."""
    parts = to_model(torch.from_numpy(sketches)).chunk(math.ceil(len(sketches) / BATCH))
    return generate(generator, parts)


def compare(table: Table, gap: Gap, name: str, options: argparse.Namespace) -> None:
    """Train on the condition of an augmented set, without and with ``sketch``; add two rows."""
    augmented = gap.augmented[name]
    data = VariantData(role=gap.role, background=gap.background, condition=augmented.condition)
    test = test_images(gap, data, options.size)
    features = inception(DATA / "assets")
    real = ImageSet(test.photos, {"inception": features})
    first: list[float] = []
    for sketch in (None, augmented.sketch):
        scale = options.size / data.targets(DATA).shape[0]
        run_settings = settings(data, sketch, options.steps, scale)
        splits = {part: data.pairs(DATA, part, scale) for part in ("train", "val")}
        with TemporaryDirectory() as states:
            training = prepare(run_settings, splits, Path(states))
            run: Any = Silent()
            train(training, run)
        generator = training.objective.generators["a-to-b"]
        from_people, from_computed = (
            outputs(generator, each) for each in (test.people, test.computed)
        )
        kids = [
            KID.measure(ImageSet(each, {"inception": features}), real)
            for each in (from_people, from_computed)
        ]
        difference = np.abs(from_computed / 255.0 - test.photos / 255.0).mean()
        values = [_number(kid["value"]) for kid in kids]
        wide = [_number(kid["high"]) - _number(kid["low"]) for kid in kids]
        first = first or values
        figures = [
            figure
            for value, width, before in zip(values, wide, first, strict=True)
            for figure in (value, width, value / before)
        ]
        table.add(name, run_settings.name, *figures, float(difference))
        if pictures := options.pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            rows = (test.people, from_people, test.computed, from_computed, test.photos)
            cells = [to_rgb(cell) for row in rows for cell in row[:PER_ROW]]
            save_png(
                pictures / f"{name}-{run_settings.name.replace(' ', '-')}.png", grid(cells, PER_ROW)
            )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def main() -> None:
    """Print the KID of outputs from people's and computed sketches, augmented and not."""
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    gap = load(Gap, "gap")
    with Table(COLUMNS, options.csv) as table:
        for name in gap.augmented:
            compare(table, gap, name, options)


if __name__ == "__main__":
    main()
