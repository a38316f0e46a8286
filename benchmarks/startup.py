"""What a stage does before its work: each import in a process of its own, and MLflow both ways.

``OMP_NUM_THREADS=1 python -m benchmarks.startup``. Nothing is written but to a temporary folder.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
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
        "from s2f_core.tracking import journal, store; journal.connect(store())"
    ),
}
TRAINS = "import torch, lightning_fabric, pandas, pyarrow.parquet"
WAYS = {
    "all in one process": (
        f"{TRAINS}; from s2f_core import tracking; from s2f_core.tracking.journal import connect; "
        "client, experiment = connect(tracking.store()); "
        "client.create_run(experiment, run_name='one')"
    ),
    "MLflow in its own, asked for at the start (used)": (
        f"from s2f_core import tracking; tracking.begin(); {TRAINS}; "
        "tracking._mlflow.ask(tracking.store(), 'begin_training', None, 'one', {}, {})"
    ),
}


def main() -> None:
    """Print medians; the rounds go through all rows, so that a busy machine slows all of them."""
    rows = {**IMPORTS, **WAYS}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
    with tempfile.TemporaryDirectory() as folder:
        _measured(IMPORTS["MLflow and its store"], Path(folder))  # makes the store
        for _ in range(ROUNDS):
            for name, code in rows.items():
                seconds[name].append(_measured(code, Path(folder)))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    print("| | seconds | spread | CPU seconds of this process |\n|---|---:|---:|---:|")
    for name, measured in seconds.items():
        walls = [wall for wall, _ in measured]
        wall = statistics.median(walls)
        busy = statistics.median(own for _, own in measured)
        print(f"| {name} | {wall:.2f} | {(max(walls) - min(walls)) / wall:.0%} | {busy:.2f} |")
    one, other = (statistics.median(wall for wall, _ in seconds[name]) for name in WAYS)
    print(f"\n{one / other:.2f} × as fast to the first run in MLflow")


def _measured(code: str, folder: Path) -> tuple[float, float]:
    """Seconds, and CPU seconds of the process alone, from its start to the end of this code."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{REPORT}"],
        env={**os.environ, "DVC_ROOT": str(folder), "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - began, float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
