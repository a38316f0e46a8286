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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.celeba_protocol import EARLIER, SIZE, Faces, Judge, faces
from benchmarks.table import Table
from benchmarks.table import arguments as table_arguments
from s2f_core.common.config import load
from s2f_core.common.images import Pixels, grid, save_png
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import TranslationOptions
from s2f_core.networks import checkpoint
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
    """A run that logs nothing, and writes the output generator's weights at shares of a training.

    A copy takes milliseconds, which count; translating and scoring come after the training. Copies
    of an interrupted training are beside its state in ``folder``.
    """

    training: Training
    shares: Sequence[float]
    folder: Path
    id = "none"

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Copy the weights if the training has reached the next share."""
        del values
        for share in self.shares:
            if share <= self.training.progress and not self.file(share).exists():
                weights = self.training.objective.generators["a-to-b"].state_dict()
                checkpoint.save(
                    self.file(share),
                    {"step": step, "seconds": self.training.seconds, "weights": weights},
                )

    def tag(self, name: str, value: str) -> None:
        """Ignore a tag."""

    def file(self, share: float) -> Path:
        """The copy at a share."""
        return self.folder / f"{self.training.state_file.stem}-{share:.4f}.pt"


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
    data: Faces, run_settings: Settings, moments: Sequence[float], states: Path
) -> Iterator[tuple[float, float, int, Pixels]]:
    """Train; yield each requested minute, the actual minute, steps, and output images.

    ``states`` is the folder of a training's state and copies: an interrupted one goes on.
    """
    splits = {
        part: Pairs(data.inputs, data.targets, ids, run_settings.variant.scale)
        for part, ids in {"train": data.training, "val": data.validation}.items()
    }
    training = prepare(run_settings, splits, states)
    training.resume()
    run: Any = Snapshots(training, [minute / moments[-1] for minute in moments], states)
    with training.interruption.record_signals():
        train(training, run)
    generator = training.objective.generators["a-to-b"]
    pairs = Pairs(data.inputs, data.targets, data.scored, run_settings.variant.scale)
    pairs = pairs.with_channels(training.blueprint.channels)
    mirror = translation(run_settings.name).mirror
    for moment, share in zip(moments, run.shares, strict=True):
        copy = checkpoint.load(run.file(share))
        generator.load_state_dict(copy["weights"])
        inputs = map(pairs.a, batches(len(pairs.ids)))
        images = generate(generator, inputs, mirror=mirror)
        size = data.targets.shape[0]
        full = images if images.shape[1] == size else bicubic(images, size, Path())
        yield moment, copy["seconds"] / 60, copy["step"], full


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
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    table = Table(COLUMNS, options.csv)
    with TemporaryDirectory() as folder, table:
        data = faces(Path(folder), options.assets, validation=options.validation, size=options.size)
        if not options.validation and options.size == SIZE:
            for name, earlier in EARLIER.items():
                table.add(name, None, None, 15.0, None, *earlier, None, None, None)
        states = options.states or Path(folder) / "states"
        for row in _rows(data, Judge(data.photos, options.assets), options, states):
            table.add(*asdict(row).values())
            rows.append(row)
    return rows


def _rows(data: Faces, judge: Judge, options: argparse.Namespace, states: Path) -> Iterator[Row]:
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
            for moment, minutes, steps, images in outputs(
                data, run_settings, options.moments, states
            ):
                shown.append(images)
                yield Row(name, seed, moment, minutes, steps, **judge(images))
            if options.pictures:
                below = [*shown, data.photos]
                save_png(options.pictures / f"{name}-{seed}.png", sheet(data, below))
                save_png(options.pictures / f"{name}-{seed}-to-publish.png", sheet(data, shown))


def sheet(data: Faces, below: Sequence[Pixels]) -> Pixels:
    """Some sketches, and below each its images of other sets in turn: uint8 [H, W, 3]."""
    columns = np.linspace(0, len(data.scored) - 1, COLUMNS_OF_SHEET).astype(int)
    sketches = data.inputs.images(data.inputs.positions(data.scored))
    rows = [images[column] for images in (sketches, *below) for column in columns]
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
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="write sheets of outputs, and those without photos, which CelebA's terms keep private",
    )
    parser.add_argument(
        "--states",
        type=Path,
        metavar="FOLDER",
        help="keep states here: the same command continues an interrupted training",
    )
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
