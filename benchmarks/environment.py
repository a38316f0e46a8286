"""What a process is started with: threads, where they run, and how memory is had from the system.

``python -m benchmarks.environment [--csv FILE]``. Each row is a process of its own that takes the
steps of one case as trained; the rounds go through all rows. Another allocator's row is left out
where its library is not found.
"""

from __future__ import annotations

import ctypes.util
import os
import statistics
import subprocess
import sys
from functools import partial

from benchmarks.table import Table, arguments, rounds, spread

CASE = "U-Net-256"
STEPS = 10
USUAL = "as it comes"
WAYS = {
    USUAL: {},
    "one thread": {"OMP_NUM_THREADS": "1"},
    "threads bound to cores": {"OMP_PROC_BIND": "true", "OMP_PLACES": "cores"},
    "threads that wait sleep": {"OMP_WAIT_POLICY": "passive"},
    "freed memory kept": {
        "MALLOC_MMAP_THRESHOLD_": str(2**32),
        "MALLOC_TRIM_THRESHOLD_": str(2**34),
        "MALLOC_TOP_PAD_": str(2**26),
    },
    "huge pages for tensors": {"THP_MEM_ALLOC_ENABLE": "1"},
    "freed memory kept, in huge pages": {
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        "MALLOC_MMAP_THRESHOLD_": str(2**32),
        "MALLOC_TRIM_THRESHOLD_": str(2**34),
    },
}
ALLOCATORS = ("jemalloc", "tcmalloc_minimal", "mimalloc")
COLUMNS = {"way": "", "ms a step": ".1f", "spread": ".0%", "× as it comes": ".2f"}


def main() -> None:
    """Print a table, and write it as CSV where a file is named."""
    parser = arguments(__doc__)
    parser.add_argument("--case", default=CASE, metavar="WORD", help="the network of this word")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--busy", action="store_true", help="count CPU seconds")
    given = parser.parse_args()
    ways: dict[str, dict[str, str]] = dict(WAYS)
    for name in ALLOCATORS:
        if library := ctypes.util.find_library(name):
            ways[name] = {"LD_PRELOAD": library}
        else:
            print(f"{name} is left out: not installed")
    measure = {
        name: partial(_measured, given.case, environment, busy=given.busy)
        for name, environment in ways.items()
    }
    with Table(COLUMNS, given.csv) as table:
        measured = rounds(measure, given.rounds)
        usual = statistics.median(measured[USUAL])
        for name, times in measured.items():
            middle = statistics.median(times)
            table.add(name, 1e3 * middle, spread(times), usual / middle)


def _measured(case: str, environment: dict[str, str], *, busy: bool) -> float:
    """Seconds a step, the median of a process."""
    code = f"from benchmarks.environment import own; own({case!r}, busy={busy})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout.split()[-1])


def own(word: str, *, busy: bool) -> None:
    """Take steps of the case in this process and print their median."""
    import time

    from benchmarks import steps
    from s2f_core.training.recipe import Turn

    _, case = next(iter(steps.chosen(word)))
    made, images = steps.game(case, steps.Build())
    clock = time.process_time if busy else time.perf_counter
    step = partial(steps.seconds, partial(made.step, images, Turn()), clock)
    print(statistics.median(rounds({"": step}, STEPS, warm_up=2)[""]))


if __name__ == "__main__":
    main()
