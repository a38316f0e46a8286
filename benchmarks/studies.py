"""The papers' sweeps, each once at a small scale.

``python -m benchmarks.studies [WORD…] [--csv FILE]`` queues an experiment for every choice of
:data:`SWEEPS` (or those whose command has one of the words), runs them two at a time in DVC's own
copies of the project, and prints their scores. A variant of ``studies/variants.yaml`` that
``params.yaml`` lacks is added for its experiments only. Needs what ``dvc repro`` leaves behind, and
``dvc.lock`` committed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.table import Table, arguments
from s2f_core.common import study_variants
from s2f_core.common.config import PARAMS_FILE
from s2f_core.common.yaml_file import file_version, read_yaml
from s2f_core.common.yaml_text import one_line

ROOT = Path(__file__).parents[1]
SMALL = ("max_steps=600",)  # leave it out for the papers' full scale
TITLES = {
    "kid": "KID",
    "ssim": "SSIM",
    "pixel_difference": "pixel difference",
    "energy_distance": "energy distance",
    "surface_error": "surface error",
    "diversity": "diversity",
}
COLUMNS = {
    **dict.fromkeys(("study", "question", "command"), ""),
    **dict.fromkeys(TITLES.values(), ".3f"),
    "KID, × the sweep's first": ".2f",
}


@dataclass(frozen=True)
class Sweep:
    """A question of a paper: a variant, a translation of it, and the overrides to compare.

    An empty choice is the default pipeline's own value. ``always`` goes with every choice.
    """

    study: str
    question: str
    variant: str
    choices: tuple[tuple[str, ...], ...]
    always: tuple[str, ...] = ()
    translation: str | None = None  # None: of the variant's name


def _each(key: str, *values: object) -> tuple[tuple[str, ...], ...]:
    return tuple((f"{key}={value}",) for value in values)


def _replaced(key: str, value: str) -> tuple[str, str]:
    """Overrides that replace a whole section; -S alone would merge it with the old one."""
    return f"~{key}", f"+{key}={value}"


PENCIL, RESNET, CYCLE = "variants.pix2pix-pencil", "variants.resnet", "variants.cyclegan"
EDGES, POINTS, GRIDS = "variants.edges-nobg", "variants.surfaces-fc", "variants.surfaces-dc"
DOODLES, P5_UNET, P5_RESNET = (
    "variants.dcgan-doodles",
    "variants.cyclegan-unet",
    "variants.cyclegan-resnet",
)

SWEEPS = (
    Sweep("P1", "learning rate", "pix2pix-pencil", _each("lr", "1e-4", "3e-4", "1e-3")),
    Sweep("P1", "U-Net depth", "pix2pix-pencil", _each(f"+{PENCIL}.generator.depth", 3, 5, 7)),
    Sweep(
        "P1",
        "edges in place of pencil",
        "pix2pix-edges",
        (("variants.pix2pix-edges.scale=1", "variants.pix2pix-edges.share=0.6"),),
    ),
    Sweep(
        "P1",
        "residual blocks",
        "resnet",
        _each(f"{RESNET}.generator.blocks", 3, 6, 9),
        translation="resnet-bicubic",
    ),
    Sweep("P1", "rate of D over G's", "cyclegan", _each(f"++{CYCLE}.recipe.lr_d_ratio", 1, 0.5)),
    Sweep("P2", "batch size", "edges-nobg", _each(f"++{EDGES}.recipe.batch", 1, 4, 32)),
    Sweep(
        "P2",
        "E4: L1 or L2",
        "edges-nobg",
        _each(f"++{EDGES}.objective.reconstruction", "l2"),
    ),
    Sweep(
        "P2",
        "E5: where the noise goes in",
        "edges-nobg-noise",
        _each("variants.edges-nobg-noise.generator.noise", "input", "bottleneck", "both"),
    ),
    Sweep(
        "P3",
        "tricks, one left out at a time",
        "surfaces-fc",
        (
            (),
            (f"{POINTS}.recipe.gd_ratio=1",),
            (f"{POINTS}.recipe.noise=0",),
            (f"{POINTS}.recipe.smoothing=0",),
            (f"{POINTS}.recipe.lr_d_ratio=1",),
            tuple(
                f"{POINTS}.recipe.{choice}"
                for choice in ("gd_ratio=1", "noise=0", "smoothing=0", "lr_d_ratio=1")
            ),
        ),
        (f"{POINTS}.share=0.5",),
    ),
    Sweep(
        "P3",
        "a cloud as an example, by a DCGAN and fully connected",
        "surfaces-dc",
        (
            ("data.grids.format=clouds",),
            (
                "data.grids.format=clouds",
                *_replaced(f"{GRIDS}.generator", "{type: fc, hidden: [128, 128]}"),
                *_replaced(f"{GRIDS}.discriminator", "{type: fc, hidden: [256, 256]}"),
            ),
        ),
        (f"{GRIDS}.share=0.3",),
    ),
    Sweep(
        "P4",
        "its options, one at a time",
        "dcgan-doodles",
        (
            (),
            (f"+{DOODLES}.recipe.gd_ratio=2",),
            (f"+{DOODLES}.recipe.head_start=10",),
            (f"++{DOODLES}.recipe.lr_d_ratio=0.5",),
            (f"++{DOODLES}.recipe.schedule={{type: gate, tolerance: 0.1}}",),
            (f"{DOODLES}.generator.norm=instance",),
            (f"+{DOODLES}.generator.activation={{type: jrelu}}",),
            _replaced(f"{DOODLES}.discriminator", "{type: resnet18}"),
        ),
    ),
    Sweep(
        "P5",
        "U-Net depth",
        "cyclegan-unet",
        _each(f"{P5_UNET}.generator.depth", 3, 4, 5),
        (f"{P5_UNET}.share=0.2",),
    ),
    Sweep(
        "P5",
        "residual blocks",
        "cyclegan-resnet",
        _each(f"{P5_RESNET}.generator.blocks", 3, 9),
        (f"{P5_RESNET}.share=0.2",),
    ),
    Sweep(
        "P5",
        "results train on train + val",
        "cyclegan-unet",
        _each(f"+{P5_UNET}.recipe.train_on", "train+val"),
        (f"{P5_UNET}.share=0.2",),
    ),
)


def experiments() -> list[tuple[Sweep, tuple[str, ...]]]:
    """Every sweep with every one of its choices."""
    return [(sweep, choice) for sweep in SWEEPS for choice in sweep.choices]


def command(sweep: Sweep, choice: tuple[str, ...]) -> str:
    """The experiment at full scale, as a user would type it."""
    overrides = [f"-S '{override}'" if " " in override else f"-S {override}" for override in choice]
    text = " ".join(["dvc exp run --temp", *overrides, f"evaluate@{sweep.variant}"])
    return study_variants.with_add(text, study_variants.read_absent(ROOT))


def additions(variant: str) -> list[str]:
    """The overrides that add a variant of the studies to the parameters, if they lack it."""
    if variant not in (absent := study_variants.read_absent(ROOT)):
        return []
    content = read_yaml(file := ROOT / PARAMS_FILE, file_version(file))
    entries, assets = absent[variant].missing(content)
    overrides = [
        f"+{section}.{name}={one_line(value)}"
        for section, values in entries.items()
        for name, value in values.items()
    ]
    if assets:
        overrides.append(f"assets={one_line([*content['assets'], *assets])}")
    return overrides


def _dvc(*arguments: str) -> None:
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}  # two run at once
    process = subprocess.run(
        ["dvc", *arguments], capture_output=True, text=True, check=False, env=alone
    )
    if process.returncode:
        sys.exit(f"dvc {' '.join(arguments)}\n{(process.stdout + process.stderr)[-3000:]}")


def _figures(name: str, sweep: Sweep) -> dict[str, float]:
    """The scores of an experiment."""
    from dvc.api import metrics_show

    figures: dict[str, dict[str, float]] = metrics_show(f"metrics/{sweep.variant}.json", rev=name)
    return figures[sweep.translation or sweep.variant]


def main() -> None:
    """Run them, then print a row for each."""
    parser = arguments(__doc__)
    parser.add_argument("words", nargs="*", metavar="WORD")
    options = parser.parse_args()
    runs = {
        f"study-{number}": experiment
        for number, experiment in enumerate(experiments())
        if not options.words or any(word in command(*experiment) for word in options.words)
    }
    for name, (sweep, choice) in runs.items():
        overrides = [*additions(sweep.variant), *sweep.always, *choice, *SMALL]
        parts = [part for override in overrides for part in ("-S", override)]
        _dvc("exp", "run", "--queue", "--name", name, *parts, f"evaluate@{sweep.variant}")
    _dvc("exp", "run", "--run-all", "--jobs", "2")
    first: dict[Sweep, float | None] = {}
    with Table(COLUMNS, options.csv) as table:
        for name, (sweep, choice) in runs.items():
            figures = _figures(name, sweep)
            kid = figures.get("kid")
            before = first.setdefault(sweep, kid)
            ratio = kid / before if kid and before else None
            row = [figures.get(key) for key in TITLES]
            table.add(sweep.study, sweep.question, f"`{command(sweep, choice)}`", *row, ratio)


if __name__ == "__main__":
    main()
