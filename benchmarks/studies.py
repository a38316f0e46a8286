"""The papers' sweeps, each once at a small scale: ``python -m benchmarks.studies [WORD…]``.

Runs ``dvc exp run --temp`` for every line of :data:`SWEEPS` (or those whose command has one of the
words), so the project's own files stay as they are, and prints what docs/studies.md shows. Needs
what ``dvc repro`` leaves behind.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass

SMALL = ("max_steps=150",)  # what makes the scale small; leave it out to ask the question properly
SHOWN = ("kid", "fid", "ssim", "pixel_difference", "energy_distance", "surface_error", "diversity")


@dataclass(frozen=True)
class Sweep:
    """A question of a paper: a translation, and the overrides that are compared.

    An empty choice is the default pipeline's own value.
    """

    study: str
    question: str
    target: str
    choices: tuple[tuple[str, ...], ...]


def _each(key: str, *values: object) -> tuple[tuple[str, ...], ...]:
    return tuple((f"{key}={value}",) for value in values)


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
    Sweep("P1", "residual blocks", "resnet-bicubic", _each(f"{RESNET}.generator.blocks", 3, 6, 9)),
    Sweep("P1", "rate of D over G's", "cyclegan", _each(f"{CYCLE}.recipe.lr_d_ratio", 1, 0.5)),
    Sweep("P2", "batch size", "edges-nobg", _each(f"{EDGES}.recipe.batch", 1, 4, 32)),
    Sweep(
        "P2",
        "optimiser",
        "edges-nobg",
        ((f"+{EDGES}.recipe.optimiser=adam",), (f"+{EDGES}.recipe.optimiser=sgd",)),
    ),
    Sweep(
        "P2",
        "E4: L1 or L2",
        "edges-nobg",
        _each(f"{EDGES}.objective.reconstruction", "l1", "l2"),
    ),
    Sweep(
        "P2",
        "noise at the bottleneck",
        "edges-nobg-noise",
        _each("variants.edges-nobg-noise.generator.noise", "none", "input", "bottleneck", "both"),
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
    ),
    Sweep(
        "P3",
        "a cloud as an example, by a DCGAN and fully connected",
        "surfaces-dc",
        (
            ("data.grids.format=clouds",),
            (
                "data.grids.format=clouds",
                f"{GRIDS}.generator={{type: fc, hidden: [128, 128]}}",
                f"{GRIDS}.discriminator={{type: fc, hidden: [256, 256]}}",
            ),
        ),
    ),
    Sweep(
        "P4",
        "its options, one at a time",
        "dcgan-doodles",
        (
            (),
            (f"+{DOODLES}.recipe.gd_ratio=2",),
            (f"+{DOODLES}.recipe.head_start=10",),
            (f"+{DOODLES}.recipe.lr_d_ratio=0.5",),
            (f"{DOODLES}.recipe.schedule={{type: gate, tolerance: 0.1}}",),
            (f"{DOODLES}.generator.norm=instance",),
            (f"+{DOODLES}.generator.activation={{type: jrelu}}",),
            (f"{DOODLES}.discriminator={{type: resnet18}}",),
        ),
    ),
    Sweep("P5", "U-Net depth", "cyclegan-unet", _each(f"{P5_UNET}.generator.depth", 3, 4, 5)),
    Sweep("P5", "residual blocks", "cyclegan-resnet", _each(f"{P5_RESNET}.generator.blocks", 3, 9)),
    Sweep(
        "P5",
        "results train on train + val",
        "cyclegan-unet",
        ((f"+{P5_UNET}.recipe.train_on=train+val", f"+{P5_UNET}.recipe.best=last"),),
    ),
)


def command(sweep: Sweep, choice: tuple[str, ...]) -> list[str]:
    """The experiment at full scale, as a user would give it."""
    overrides = [part for override in choice for part in ("-S", override)]
    return ["dvc", "exp", "run", "--temp", *overrides, f"evaluate@{sweep.target}"]


def run(sweep: Sweep, choice: tuple[str, ...]) -> tuple[dict[str, float], float]:
    """What one small experiment scored, and the seconds it took."""
    given = command(sweep, (*choice, *SMALL))
    began = time.monotonic()
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(given)}\n{(done.stdout + done.stderr)[-3000:]}")
    found = re.search(r"Ran experiment\(s\): (\S+)", done.stdout)
    if found is None:
        sys.exit(f"{' '.join(given)} made no experiment:\n{done.stdout[-2000:]}")
    file = f"metrics/{sweep.target}.json"
    asked = ["dvc", "metrics", "show", file, "--json", "--rev", found[1]]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(shown.stdout)[found[1]]["data"][file]["data"]
    return figures, time.monotonic() - began


def main() -> None:
    """Print a row for every experiment."""
    words = sys.argv[1:]
    print("| study | question | choice | " + " | ".join(SHOWN) + " | s |")
    for sweep in SWEEPS:
        for choice in sweep.choices:
            said = " ".join(command(sweep, choice))
            if words and not any(word in said for word in words):
                continue
            figures, seconds = run(sweep, choice)
            row = [f"{figures[name]:.3f}" if name in figures else "–" for name in SHOWN]
            chosen = ", ".join(choice) or "as it stands"
            cells = [sweep.study, sweep.question, chosen, *row, f"{seconds:.0f}"]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
