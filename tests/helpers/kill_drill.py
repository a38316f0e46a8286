# ruff: noqa: T201 - it prints its table
"""A kill drill: kill stages at random moments, run them again, and compare their outputs.

``python tests/helpers/kill_drill.py FOLDER --times 200 --seed 1`` makes a small clone in FOLDER if
there is none and runs its pipeline. Then it sends SIGKILL to the process group of a stage, at a
moment drawn uniformly over the stage's measured time, runs the stage again as ``dvc repro`` would,
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
SAVE_EVERY = 0.05  # seconds; of a minute no training here would see the end


def warm(clone: Path, modules: set[str]) -> None:
    """Import, from the clone, what these stages import when they run."""
    sys.path.insert(0, str(clone))
    for name in sorted(modules):
        tree = ast.parse((clone / f"{name.replace('.', '/')}.py").read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                importlib.import_module(node.module)
    vars(importlib.import_module("s2f_core.training.loop"))["SAVE_EVERY"] = SAVE_EVERY


def make(folder: Path, *, points: bool) -> None:
    """A small clone with its pipeline run, whose trainings take some steps."""
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


def drill(clone: Path, times: int, seed: int, chosen: Sequence[str], every: int) -> list[Kill]:
    """Kill so many times, each kind of stage as often as any other."""
    here = environment(clone)
    os.environ.clear()
    os.environ.update(here)
    kinds: dict[str, list[Stage]] = {}
    for each in stages(clone):
        if _wanted(each.name, chosen):
            kinds.setdefault(each.module, []).append(each)
    warm(clone, set(kinds))
    draw = random.Random(seed)
    under = Drill(clone)
    kills: list[Kill] = []
    waiting: list[Stage] = []
    while len(kills) < times:
        waiting = waiting or [
            draw.choice(kinds[kind]) for kind in draw.sample([*kinds], len(kinds))
        ]
        by = "dvc" if every and len(kills) % every == every - 1 else "stage"
        if kill := under.kill(waiting[-1], by, draw.random()):
            waiting.pop()
            kills.append(kill)
            ended = f"lost {kill.lost}" if kill.lost else "survived"
            where = f"{kill.stage} ({by}) at {kill.at:.2f} of {kill.of:.2f} s"
            print(f"{len(kills)}: {where}: {ended}", flush=True)
    return kills


def _wanted(name: str, chosen: Sequence[str]) -> bool:
    return not chosen or name in chosen or name.partition("@")[0] in chosen


def account(kills: Sequence[Kill], seed: int) -> dict[str, Any]:
    """What came of a drill, as JSON holds it: the counts by kind of stage, then every kill."""
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


def table(told: dict[str, Any]) -> str:
    """The counts as Markdown."""
    rows = [
        "| stage | injected | survived | lost | half-written | resumed | with DVC | its lock |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, counts in told["stages"].items():
        rows.append(f"| {name} | {' | '.join(map(str, counts.values()))} |")
    return "\n".join(rows)


def main() -> None:
    """The command line; exits with 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the clone; made where there is none")
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stages", nargs="*", default=[], help="such as train, or train@best")
    parser.add_argument("--dvc", type=int, default=8, help="every n-th kills DVC as well; 0: none")
    parser.add_argument("--points", action="store_true", help="make a clone of points alone")
    parser.add_argument("--out", type=Path, help="a JSON file for every single one")
    given = parser.parse_args()
    clone = given.folder.absolute()
    if not clone.exists():
        make(clone, points=given.points)
    told = account(drill(clone, given.times, given.seed, given.stages, given.dvc), given.seed)
    if given.out:
        given.out.write_text(json.dumps(told, indent=2) + "\n")
    print(table(told))
    sys.exit(told["stages"]["all"]["lost"] > 0)


if __name__ == "__main__":
    main()
