"""Scores over minutes of training: ``python -m benchmarks.quality_for_time [VARIANT …]``.

Each variant trains on the faces of :mod:`benchmarks.celeba_protocol` for ``--minutes`` by the
product's own loop, with rates that fall in that time and its own recipe otherwise; the weights that
would be shown are copied on the way, before the rates have fallen, and scored when the training is
over. ``--validation`` scores every tenth of the 800 faces, untrained on, in place of the 199, to
choose by.

FID, KID (the mean of 100 subsets of 100 faces, as torch-fidelity's), SSIM, L1 in [0, 1], LPIPS,
identity similarity and face KID. Needs the assets ``celeba-1k``, ``inception``, ``lpips``,
``mediapipe``, ``face-recognition`` and, for ``best``, ``efficientnet-lite0``; nothing else should
run. ``--steps`` is a quick look.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from torch import Tensor

from benchmarks.celeba_protocol import EARLIER, SIZE, Faces, Judge, faces
from benchmarks.table import Table
from benchmarks.table import arguments as table_arguments
from s2f_core.common.config import load
from s2f_core.common.images import Pixels, grid, save_png
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import TranslationOptions
from s2f_core.networks.generate import batches, generate
from s2f_core.networks.upscalers.bicubic import bicubic
from s2f_core.training.loop import Training, train
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings, Variant

ASSETS = Path("data/assets")
COLUMNS = {
    "name": "",
    "seed": "",
    "limit": ".1f",
    "minutes": ".1f",
    "steps": ",",
    "fid": ".1f",
    "kid": ".3f",
    "ssim": ".3f",
    "l1": ".3f",
    "lpips": ".3f",
    "identity": ".3f",
    "face_kid": ".4f",
}
COLUMNS_OF_SHEET = 8
ENDLESS = 10**9  # batches: the clock ends a training


@dataclass(frozen=True)
class Row:
    """The scores of a variant at a moment; ``limit`` is the requested minute."""

    name: str
    seed: int | None
    limit: float | None
    minutes: float | None
    steps: int | None
    fid: float
    kid: float
    ssim: float | None = None
    l1: float | None = None
    lpips: float | None = None
    identity: float | None = None
    face_kid: float | None = None


@dataclass
class Snapshots:
    """A run that logs nothing, and copies the output generator's weights at shares of a training.

    A copy takes milliseconds, which count; translating and scoring come after the training.
    """

    training: Training
    shares: list[float]
    copies: list[tuple[float, float, int, dict[str, Tensor]]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    id = "none"

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Copy the weights if the training has reached the next share."""
        del values
        reached = [share for share in self.shares if share <= self.training.progress]
        if reached:
            self.shares = self.shares[len(reached) :]
            weights = self.training.objective.generators["a-to-b"].state_dict()
            copy = {name: value.detach().clone() for name, value in weights.items()}
            self.copies.append((reached[-1], time.monotonic() - self.began, step, copy))

    def tag(self, name: str, value: str) -> None:
        """Ignore a tag."""


def settings(
    name: str,
    seed: int,
    *,
    minutes: float,
    steps: int | None,
    width: int | None = None,
    precision: str | None = None,
) -> Settings:
    """Return a variant of ``params.yaml`` with another length; the last weights are the result."""
    variant = load(Variant, "variants", name)
    recipe = {"epochs": None, "batches": ENDLESS, "train_on": "train", "best": "last"}
    return Settings.model_validate(
        {
            "name": name,
            "seed": seed,
            "lr": load(float, "lr"),
            "width": width or load(int, "width"),
            "max_steps": steps,
            "max_minutes": None if steps else minutes,
            "precision": precision or load(str, "precision"),
            "variant": {
                **variant.model_dump(),
                "share": 1.0,
                "recipe": {**variant.recipe.model_dump(), **recipe},
            },
        }
    )


def translation(name: str) -> TranslationOptions:
    """Return the translation that has the variant's own name; the defaults if there is none."""
    options = load(dict[str, TranslationOptions], "translations", name)
    return options.get(name, TranslationOptions())


def outputs(
    data: Faces, run_settings: Settings, moments: Sequence[float]
) -> Iterator[tuple[float, float, int, Pixels]]:
    """Train; yield each requested minute, the actual minute, steps, and output images."""
    splits = {
        part: Pairs(data.inputs, data.targets, ids, run_settings.variant.scale)
        for part, ids in {"train": data.training, "val": data.validation}.items()
    }
    with TemporaryDirectory() as states:
        training = prepare(run_settings, splits, Path(states))
        run: Any = Snapshots(training, [minute / moments[-1] for minute in moments])
        train(training, run)
    generator = training.objective.generators["a-to-b"]
    pairs = Pairs(data.inputs, data.targets, data.scored, run_settings.variant.scale)
    pairs = pairs.with_channels(training.blueprint.channels)
    mirror = translation(run_settings.name).mirror
    for share, seconds, step, weights in run.copies:
        generator.load_state_dict(weights)
        inputs = map(pairs.a, batches(len(pairs.ids)))
        images = generate(generator, inputs, mirror=mirror)
        size = data.targets.shape[0]
        full = images if images.shape[1] == size else bicubic(images, size, Path())
        yield share * moments[-1], seconds / 60, step, full


def baselines(data: Faces, judge: Judge) -> Iterator[Row]:
    """The sketches as they are, and as many photos that were trained on."""
    count = len(data.scored)
    others = [
        data.training[row] for row in np.linspace(0, len(data.training) - 1, count).astype(int)
    ]
    sketches = data.inputs.images(data.inputs.positions(data.scored))
    photos = data.targets.images(data.targets.positions(others))
    for name, images, paired in (
        ("the sketch itself", sketches, True),
        ("other real faces", photos, False),
    ):
        figures = judge(images, paired=paired)
        yield Row(name, None, None, None, None, **figures)


def measure(options: argparse.Namespace) -> list[Row]:
    """Print the table row by row; all rows."""
    rows = []
    table = Table(COLUMNS, options.csv)
    with TemporaryDirectory() as folder, table:
        data = faces(Path(folder), options.assets, validation=options.validation, size=options.size)
        if not options.validation and options.size == SIZE:
            for name, earlier in EARLIER.items():
                table.add(name, None, None, 15.0, None, *earlier, None, None, None)
        for row in _rows(data, Judge(data.photos, options.assets), options):
            table.add(*asdict(row).values())
            rows.append(row)
    return rows


def _rows(data: Faces, judge: Judge, options: argparse.Namespace) -> Iterator[Row]:
    yield from baselines(data, judge)
    for name in options.variants:
        for seed in options.seeds:
            run_settings = settings(
                name,
                seed,
                minutes=options.moments[-1],
                steps=options.steps,
                width=options.width,
                precision=options.precision,
            )
            shown = []
            for moment, minutes, steps, images in outputs(data, run_settings, options.moments):
                shown.append(images)
                yield Row(name, seed, moment, minutes, steps, **judge(images))
            if options.pictures:
                save_png(options.pictures / f"{name}-{seed}.png", sheet(data, shown))


def sheet(data: Faces, shown: Sequence[Pixels]) -> Pixels:
    """Some sketches, below each the outputs for it in turn, and its photo: uint8 [H, W, 3]."""
    columns = np.linspace(0, len(data.scored) - 1, COLUMNS_OF_SHEET).astype(int)
    sketches = data.inputs.images(data.inputs.positions(data.scored))
    rows = [images[column] for images in (sketches, *shown, data.photos) for column in columns]
    return grid(rows, COLUMNS_OF_SHEET)


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line; an impossible choice exits with an error."""
    fitting = [
        name
        for name, variant in load(dict[str, Variant], "variants").items()
        if variant.objective.paired
        and (variant.data.role, variant.data.background) == ("faces", "kept")
        and variant.data.condition == "pencil"
    ]
    parser = table_arguments(__doc__)
    parser.add_argument("variants", nargs="*", metavar="VARIANT", help=f"of {', '.join(fitting)}")
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument(
        "--at",
        dest="moments",
        type=float,
        nargs="+",
        metavar="MINUTE",
        help="minutes to score at; by default 1, 2, 4, 8 …",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, help="so many in place of minutes; --at are shares")
    parser.add_argument("--size", type=int, default=SIZE, help="pixels a side")
    parser.add_argument("--width", type=int, help="the top-level one's place")
    parser.add_argument("--precision", help="likewise")
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write sheets of outputs")
    parser.add_argument("--assets", type=Path, default=ASSETS)
    options = parser.parse_args(argv)
    options.variants = options.variants or fitting
    if unknown := [name for name in options.variants if name not in fitting]:
        parser.error(f"{unknown[0]} is none of {', '.join(fitting)}")
    if options.minutes <= 0 or (options.steps is not None and options.steps < 1):
        parser.error("--minutes and --steps have to be more than 0")
    doubled = [2.0**power for power in range(32) if 2.0**power < options.minutes]
    options.moments = sorted({*(options.moments or doubled), options.minutes})
    if not 0 < options.moments[0] <= options.moments[-1] <= options.minutes:
        parser.error(f"--at has to be in (0, {options.minutes:g}]")
    return options


def main(argv: Sequence[str] | None = None) -> None:
    """Measure, print, and write the files of the options."""
    options = arguments(argv)
    measure(options)


if __name__ == "__main__":
    main()
