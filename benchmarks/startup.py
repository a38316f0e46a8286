"""The start-up time of a stage: each import in a process of its own, and MLflow both ways.

``OMP_NUM_THREADS=1 python -m benchmarks.startup [--csv FILE]``. Then the command's help, and a
training up to its first step, for which the variant's data has to be there. Nothing is written but
to a temporary folder.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.table import Table, arguments, rounds, spread

HOME = Path(__file__).parents[1]
ROUNDS = 5
Spent = tuple[float, float]  # seconds, and CPU seconds of the process alone
REPORT = "import os; t = os.times(); print(t.user + t.system)"

IMPORTS = {
    "nothing": "pass",
    "pydantic": "import pydantic",
    "opencv": "import cv2",
    "pandas with parquet": "import pandas, pyarrow.parquet",
    "torch": "import torch",
    "torch and an optimiser": "import torch; torch.optim.Adam([torch.zeros(1)])",
    "Lightning Fabric": "import lightning_fabric",
    "MLflow and its store": (
        "from s2f_core.tracking.client import store_uri; "
        "from s2f_core.tracking.mlflow_store import connect; connect(store_uri())"
    ),
}
TRAINS = "import torch, lightning_fabric, pandas, pyarrow.parquet"
WAYS = {
    "all in one process": (
        f"{TRAINS}; from s2f_core.tracking.client import store_uri; "
        "from s2f_core.tracking.mlflow_store import connect; "
        "client, experiment = connect(store_uri()); "
        "client.create_run(experiment, run_name='one')"
    ),
    "MLflow in its own, asked for at the start (used)": (
        f"from s2f_core.tracking import client as tracking; tracking.preload_mlflow(); {TRAINS}; "
        "tracking._mlflow.call(tracking.store_uri(), 'begin_training', None, 'one', {}, {}, 0.0)"
    ),
}


VARIANT = "pix2pix-pencil"
HELP, FIRST_STEP = "s2f --help", f"s2f train {VARIANT}, up to its first step"
COLUMNS = {
    "what": "",
    "seconds": ".2f",
    "spread": ".0%",
    "of the limit": ".0%",
    "CPU seconds of this process": ".2f",
}
LIMITS = {HELP: 1.0, FIRST_STEP: 6.0}  # seconds


def main() -> None:
    """Print medians."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _time_import(IMPORTS["MLflow and its store"], root)  # makes the store
        runs: dict[str, Callable[[], Spent]] = {
            name: partial(_time_import, code, root) for name, code in {**IMPORTS, **WAYS}.items()
        }
        runs[HELP] = partial(_time_help, root)
        if Path("data/faces/split.parquet").exists():
            runs[FIRST_STEP] = partial(_time_first_step, root)
        else:
            print(f"{FIRST_STEP} is left out: there is no data; dvc repro split@faces")
        busy: dict[str, list[float]] = {name: [] for name in runs}

        def noted(name: str) -> float:
            wall, own = runs[name]()
            busy[name].append(own)
            return wall

        ways = {name: partial(noted, name) for name in runs}
        measured = rounds(ways, options.rounds)
    with Table(COLUMNS, options.csv) as table:
        for name, walls in measured.items():
            wall = statistics.median(walls)
            share = wall / LIMITS[name] if name in LIMITS else None
            table.add(name, wall, spread(walls), share, statistics.median(busy[name]))
    one, other = (statistics.median(measured[name]) for name in WAYS)
    print(f"\n{one / other:.2f} × as fast to the first run in MLflow")


def _environment(folder: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "DVC_ROOT": str(folder), "PYTHONPATH": paths}


def _time_import(code: str, folder: Path) -> Spent:
    """Seconds, and CPU seconds of the process alone, from its start to the end of this code."""
    began = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"],
        env=_environment(folder),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - began, float(process.stdout.split()[-1])


def _time_help(folder: Path) -> Spent:
    """Seconds, and CPU seconds, until the help is there."""
    began, before = time.perf_counter(), _children()
    command = [sys.executable, "-m", "stages.main", "--help"]
    subprocess.run(command, env=_environment(folder), stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began, _children() - before


def _time_first_step(folder: Path) -> Spent:
    """Seconds, and CPU seconds, until a training shows its bar; the training is then killed."""
    began, before = time.perf_counter(), _children()
    command = [sys.executable, "-u", "-m", "stages.train", VARIANT]
    with subprocess.Popen(
        command, env=_environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        output = b""
        while b"image/s" not in output:
            part = os.read(process.stderr.fileno(), 4096) if process.stderr else b""
            if not part:
                sys.exit(output.decode(errors="replace"))
            output += part
        seconds = time.perf_counter() - began
        process.kill()
    return seconds, _children() - before


def _children() -> float:
    """CPU seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
