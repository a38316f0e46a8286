"""Where the minutes of ``dvc repro`` go: seconds of each kind of stage, and of steps of training.

``python -m benchmarks.pipeline [--csv FILE] [OPTIONS OF dvc repro]``, such as ``--force``. It runs
``dvc repro`` here. A stage's seconds last from its start to the start of the next one, so they
contain DVC's own; the row of DVC has the CPU seconds of its process.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from benchmarks.table import Table, arguments

COLUMNS = {"what": "", "stages": ",.0f", "seconds": ".0f", "a stage": ".1f", "of all": ".0%"}
STARTED = re.compile(r"Running stage '([^']+)'")
STEPS, DVC, ALL = "steps of training", "DVC itself, CPU seconds", "all"


def main() -> None:
    """Run the pipeline and print the table."""
    options, further = arguments(__doc__).parse_known_args()
    began = time.time()
    starts, dvc = _run([sys.executable, "-m", "dvc", "repro", *further])
    ended = time.time()
    seconds = stage_seconds(starts, ended)
    whole = ended - began
    with Table(COLUMNS, options.csv) as table:
        for kind, each in by_kind(seconds).items():
            table.add(kind, len(each), sum(each), sum(each) / len(each), sum(each) / whole)
        steps = steps_of_training(Path("data/models"), seconds)
        table.add(STEPS, None, steps, None, steps / whole)
        table.add(DVC, None, dvc, dvc / max(len(seconds), 1), dvc / whole)
        table.add(ALL, len(seconds), whole, None, 1.0)


def _run(command: list[str]) -> tuple[list[tuple[str, float]], float]:
    """Run DVC; return the start of each stage, and the CPU seconds of DVC without its stages."""
    starts: list[tuple[str, float]] = []
    cpu = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        own = psutil.Process(process.pid)
        for line in process.stdout or ():
            print(line, end="", file=sys.stderr)
            if stage := STARTED.match(line):
                starts.append((stage[1], time.time()))
            if process.poll() is None:
                cpu = sum(own.cpu_times()[:2])
    if process.returncode:
        sys.exit(process.returncode)
    return starts, cpu


def stage_seconds(starts: Sequence[tuple[str, float]], ended: float) -> dict[str, float]:
    """Return the seconds of each stage: until the next one starts, or until ``ended``."""
    ends = [*(time for _, time in starts[1:]), ended]
    return {name: end - start for (name, start), end in zip(starts, ends, strict=bool(starts))}


def by_kind(seconds: Mapping[str, float]) -> dict[str, list[float]]:
    """Return the seconds of the stages of each kind, such as train, the longest kind first."""
    kinds: dict[str, list[float]] = {}
    for stage, each in seconds.items():
        kinds.setdefault(stage.partition("@")[0], []).append(each)
    return dict(sorted(kinds.items(), key=lambda item: -sum(item[1])))


def steps_of_training(models: Path, stages: Iterable[str]) -> float:
    """Return the seconds that the trainings among ``stages`` spent in their loops."""
    trained = (stage.partition("@")[2] for stage in stages if stage.startswith("train@"))
    files = (models / name / "training.json" for name in trained)
    return sum(float(json.loads(file.read_text())["seconds"]) for file in files)


if __name__ == "__main__":
    main()
