"""What training on changed sketches does for people's: ``python -m benchmarks.human_gap``.

For every set under ``gap.augmented`` a pix2pix is trained on the condition as it is and with the
set's ``sketch`` settings, for a few hundred steps, and both draw photos from people's sketches and
from computed ones that they have not seen. Needs the tables that the stage ``gap`` reads, the
role's split, and the asset ``inception``. Prints a row for each training, each KID with the width
of its 95 % interval as its spread and its ratio to that of the condition as it is; ``--steps`` and
``--size`` are the scale of it, ``--pictures`` a folder for contact sheets.
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
from s2f_core.metrics.backbones import inception
from s2f_core.metrics.kid import KID
from s2f_core.metrics.types import ImageSet
from s2f_core.networks.generate import generate
from s2f_core.training.loop import train
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings

DATA = Path("data")
MAX_SKETCHES = 200  # of each kind
SHOWN = 12
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
    """A run that nothing is logged to."""

    id = "none"

    def log(self, step: int, values: dict[str, float]) -> None:
        """Take values."""

    def tag(self, name: str, value: str) -> None:
        """Take a tag."""

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Take a file."""


@dataclass(frozen=True)
class Trial:
    """Sketches of people and of the test photos, and these photos, [n, H, W, C] of one size."""

    people: Pixels
    computed: Pixels
    photos: Pixels


def settings(data: VariantData, sketch: SketchAugment | None, steps: int, scale: float) -> Settings:
    """The pix2pix that is trained, of the default scale."""
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


def trial(gap: Gap, data: VariantData, size: int) -> Trial:
    """What both models are tried on: up to 200 of each; the photos are not trained on."""
    test = data.pairs(DATA, ["val", "test"])
    ids = test.ids[:MAX_SKETCHES]
    drawn = gap.people_sketches(DATA)
    found = (
        drawn.images(np.unique(np.linspace(0, len(drawn) - 1, MAX_SKETCHES).astype(int))),
        test.inputs.images(test.inputs.positions(ids)),
        test.targets.images(test.targets.positions(ids)),
    )
    return Trial(*(np.stack([resize(image, size) for image in images]) for images in found))


def outputs(generator: nn.Module, sketches: Pixels) -> Pixels:
    """Return a generator's outputs for sketches uint8 [n, H, W, C]."""
    parts = to_model(torch.from_numpy(sketches)).chunk(math.ceil(len(sketches) / BATCH))
    return generate(generator, parts)


def compare(table: Table, gap: Gap, name: str, options: argparse.Namespace) -> None:
    """Train both on the condition of one augmented set and add a row of what became of it."""
    chosen = gap.augmented[name]
    data = VariantData(role=gap.role, background=gap.background, condition=chosen.condition)
    tried = trial(gap, data, options.size)
    features = inception(DATA / "assets")
    real = ImageSet(tried.photos, {"inception": features})
    first: list[float] = []
    for sketch in (None, chosen.sketch):
        scale = options.size / data.targets(DATA).shape[0]
        wanted = settings(data, sketch, options.steps, scale)
        splits = {part: data.pairs(DATA, part, scale) for part in ("train", "val")}
        with TemporaryDirectory() as states:
            training = prepare(wanted, splits, Path(states))
            run: Any = Silent()
            train(training, run)
        generator = training.objective.generators["a-to-b"]
        drawn, back = (outputs(generator, each) for each in (tried.people, tried.computed))
        kids = [
            KID.measure(ImageSet(each, {"inception": features}), real) for each in (drawn, back)
        ]
        difference = np.abs(back / 255.0 - tried.photos / 255.0).mean()
        values = [_number(kid["value"]) for kid in kids]
        wide = [_number(kid["high"]) - _number(kid["low"]) for kid in kids]
        first = first or values
        cells = [
            cell
            for value, width, before in zip(values, wide, first, strict=True)
            for cell in (value, width, value / before)
        ]
        table.add(name, wanted.name, *cells, float(difference))
        if pictures := options.pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            rows = (tried.people, drawn, tried.computed, back, tried.photos)
            shown = [to_rgb(image) for row in rows for image in row[:SHOWN]]
            save_png(pictures / f"{name}-{wanted.name.replace(' ', '-')}.png", grid(shown, SHOWN))


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def main() -> None:
    """Print the KID of what is made of people's and of computed sketches, before and after."""
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
