# ruff: noqa: T201 - it prints its table
"""A kill drill: kill stages at random moments, run them again, and compare their outputs.

``python tests/helpers/kill_drill.py FOLDER --times 200 --seed 1`` makes a small clone in FOLDER if
there is none and runs its pipeline. Then it sends SIGKILL to the process group of a stage, at a
moment chosen uniformly over the stage's measured time, runs the stage again as ``dvc repro`` would,
and compares the outputs with those of the uninterrupted run, byte for byte.

Most stages run in a fork of this process, which has imported their modules, so that the kill falls
on their work and not on Python's start. Their outputs are removed before each run, as DVC does.
Every n-th kill (``--dvc``) hits ``dvc repro`` itself together with its stage.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from clones import BIN, git, points_clone, small_clone
from stage_kills import Drill, Kill, Stage, environment, stages

VARIANTS = ("pix2pix-pencil", "cyclegan", "surfaces-fc")
STEPS = 200
SAVE_EVERY = 0.05  # seconds; the trainings here are shorter than the default minute


def preload(clone: Path, modules: set[str]) -> None:
    """Import from the clone the modules that these stages import at run time."""
    sys.path.insert(0, str(clone))
    for name in sorted(modules):
        tree = ast.parse((clone / f"{name.replace('.', '/')}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                importlib.import_module(node.module)
    vars(importlib.import_module("s2f_core.training.loop"))["SAVE_EVERY"] = SAVE_EVERY


def make_clone(folder: Path, *, points: bool) -> None:
    """Make a small clone and run its pipeline, with trainings of :data:`STEPS` steps."""
    if points:
        points_clone(folder)
    else:
        small_clone(folder, *VARIANTS)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    (folder / "params.yaml").write_text(
        yaml.safe_dump({**params, "max_steps": STEPS}, sort_keys=False)
    )
    git(folder, "commit", "--quiet", "--all", "--message", "steps")
    subprocess.run([BIN / "dvc", "repro"], cwd=folder, env=environment(folder), check=True)
    git(folder, "add", "metrics")
    git(folder, "commit", "--quiet", "--all", "--message", "results")


def drill(clone: Path, times: int, seed: int, names: Sequence[str], every: int) -> list[Kill]:
    """Kill stages ``times`` times, each kind of stage equally often."""
    variables = environment(clone)
    os.environ.clear()
    os.environ.update(variables)
    kinds: dict[str, list[Stage]] = {}
    for each in stages(clone):
        if _matches(each.name, names):
            kinds.setdefault(each.module, []).append(each)
    preload(clone, set(kinds))
    rng = random.Random(seed)
    clone_drill = Drill(clone)
    kills: list[Kill] = []
    waiting: list[Stage] = []
    while len(kills) < times:
        waiting = waiting or [rng.choice(kinds[kind]) for kind in rng.sample([*kinds], len(kinds))]
        by = "dvc" if every and len(kills) % every == every - 1 else "stage"
        if kill := clone_drill.kill(waiting[-1], by, rng.random()):
            waiting.pop()
            kills.append(kill)
            outcome = f"lost {kill.lost}" if kill.lost else "survived"
            where = f"{kill.stage} ({by}) at {kill.at:.2f} of {kill.of:.2f} s"
            print(f"{len(kills)}: {where}: {outcome}", flush=True)
    return kills


def _matches(name: str, names: Sequence[str]) -> bool:
    return not names or name in names or name.partition("@")[0] in names


def summarise(kills: Sequence[Kill], seed: int) -> dict[str, Any]:
    """Return a drill's report for JSON: counts by kind of stage, and every kill."""
    rows: dict[str, Counter[str]] = {}
    for kill in kills:
        row = rows.setdefault(kill.stage.partition("@")[0], Counter())
        row.update(injected=1, survived=not kill.lost, lost=bool(kill.lost))
        row.update(torn=bool(kill.torn), resumed=kill.state, dvc=kill.by == "dvc", lock=kill.lock)
    total = sum(rows.values(), Counter[str]())
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "date": stamp,
        "seed": seed,
        "stages": {name: _counts(row) for name, row in {**rows, "all": total}.items()},
        "kills": [asdict(kill) for kill in kills],
    }


def _counts(row: Counter[str]) -> dict[str, int]:
    names = ("injected", "survived", "lost", "torn", "resumed", "dvc", "lock")
    return {name: int(row[name]) for name in names}


def table(report: dict[str, Any]) -> str:
    """Return the counts as a Markdown table."""
    rows = [
        "| stage | injected | survived | lost | half-written | resumed | with DVC | its lock |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, counts in report["stages"].items():
        rows.append(f"| {name} | {' | '.join(map(str, counts.values()))} |")
    return "\n".join(rows)


def main() -> None:
    """Run the command line; exit with 1 if an output was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the clone; made if it does not exist")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stages", nargs="*", default=[], help="such as train or train@best")
    parser.add_argument("--dvc", type=int, default=8, help="every n-th kill hits DVC, too; 0: none")
    parser.add_argument("--points", action="store_true", help="make a clone with points only")
    parser.add_argument("--out", type=Path, help="a JSON file for the report")
    options = parser.parse_args()
    clone = options.folder.absolute()
    if not clone.exists():
        make_clone(clone, points=options.points)
    report = summarise(
        drill(clone, options.times, options.seed, options.stages, options.dvc), options.seed
    )
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n")
    print(table(report))
    sys.exit(report["stages"]["all"]["lost"] > 0)


if __name__ == "__main__":
    main()
