# ruff: noqa: T201 - it prints its table
"""A load drill of the demo: fifty honest clients beside floods, slow clients and bad requests.

``python tests/helpers/demo_load_drill.py --seconds 120`` starts the demo of three tiny models in a
process of its own (with ``--folder CLONE``: of that clone's trained models), lets all clients run,
and reports the responses and times by kind of client, and the server's memory, files and threads.
It exits with 1 if a promise is broken; ``--memory-growth`` and ``--fair-share`` change two limits.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from demo_load_report import Limits, broken_promises, summarise, summarise_server, table
from drill_clients import Address, Clients, Connection, Drawing, Expected, Results, post
from hostile_clients import hostile_clients
from tiny_demo import make_data_folder

ROOT = Path(__file__).parents[2]
MIB = 2**20
DRAWINGS = 6
EXPORT_TIMEOUT = 150.0  # seconds to export a model
WARM_UP = 10.0  # seconds with all clients before memory is measured
QUIET_TIMEOUT = 25.0  # seconds for the server to close the connections that are left


@dataclass
class Monitor:
    """Measures the server's process; ``memory``: in MiB, every half second."""

    process: psutil.Process
    memory: list[float] = field(default_factory=list)

    def snapshot(self) -> dict[str, float]:
        """Resident memory in MiB, open files, threads, and seconds of processor time."""
        with self.process.oneshot():
            times = self.process.cpu_times()
            return {
                "memory": self.process.memory_info().rss / MIB,
                "files": self.process.num_fds(),
                "threads": self.process.num_threads(),
                "cpu": times.user + times.system,
            }

    async def run(self) -> None:
        """Record the memory until the task is cancelled."""
        while True:
            self.memory.append(self.snapshot()["memory"])
            await asyncio.sleep(0.5)


@contextlib.contextmanager
def demo_process(
    folder: Path, names: Sequence[str], cache: Path
) -> Iterator[tuple[Address, int, Path]]:
    """Start the demo of the models in ``folder``/data; yield its address, process id and log."""
    log = cache / "stderr"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "stages.demo", "--port", "0", *names],
            cwd=folder,
            env={**environment, "S2F_CACHE": str(cache)},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        match = re.search(r"http://([\d.]+):(\d+)/", line)
        if match is None:
            raise SystemExit(f"the demo did not start: {line}{log.read_text()}")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield (match[1], int(match[2])), process.pid, log
    finally:
        process.terminate()
        process.wait(30)


async def drill(
    address: Address, pid: int, honest_clients: int, seconds: float, seed: int
) -> dict[str, Any]:
    """Run all clients for so many seconds and return the report."""
    monitor = Monitor(psutil.Process(pid))
    clients = await _prepare(address, seed)
    await _run_for(_all_clients(clients, honest_clients), min(WARM_UP, seconds))
    await _wait_until_quiet(monitor)
    start, clients.results = monitor.snapshot(), Results(wrong=clients.results.wrong)
    began = time.monotonic()
    await _run_for([*_all_clients(clients, honest_clients), monitor.run()], seconds)
    elapsed = time.monotonic() - began
    pictures = await _expected_pictures(address, clients.models, clients.drawings)
    await _wait_until_quiet(monitor)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(elapsed, 1),
        "models": clients.models,
        **summarise(clients.results),
        "same_pictures": pictures == clients.expected,
        "server": summarise_server(start, monitor.snapshot(), monitor.memory),
    }


def _all_clients(clients: Clients, honest: int) -> list[Coroutine[None, None, None]]:
    """Honest clients, every fifth with three models on its page, and the hostile ones."""
    pages = [clients.honest(number, 1 if number % 5 else 3) for number in range(honest)]
    return [*pages, *hostile_clients(clients)]


async def _prepare(address: Address, seed: int) -> Clients:
    """Export the models and record the picture that each makes of each drawing."""
    connection = Connection(address)
    _, _, content = await connection.send(b"GET /api/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
    rows = {model["name"]: model for model in json.loads(content)["models"]}
    models = [name for name, model in rows.items() if model["canvas"] != "noise"]
    for name in models:
        request = post("prepare", model=name, client="first")
        status, _, content = await connection.send(request, EXPORT_TIMEOUT)
        assert status == 200, content
    connection.close()
    random = np.random.default_rng(seed)
    side = max(rows[name]["size"] for name in models)
    images = (random.random((DRAWINGS, side, side, 1)) < 0.9) * np.uint8(255)
    drawings = [np.repeat(image, 3, axis=2).tobytes() for image in images]
    expected = await _expected_pictures(address, models, drawings)
    return Clients(address, drawings, expected, models, seed)


async def _expected_pictures(
    address: Address, models: Sequence[str], drawings: Sequence[Drawing]
) -> Expected:
    connection = Connection(address)
    pictures = {}
    for model, (number, drawing) in itertools.product(models, enumerate(drawings)):
        request = post("picture", drawing, model=model, client="first")
        status, _, pictures[model, number] = await connection.send(request)
        assert status == 200, pictures[model, number]
    connection.close()
    return pictures


async def _run_for(clients: Sequence[Coroutine[None, None, None]], seconds: float) -> None:
    """Run clients for so many seconds; raises if one of them failed."""
    tasks = [asyncio.create_task(client) for client in clients]
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _wait_until_quiet(monitor: Monitor) -> None:
    """Wait until the server has closed all connections."""
    for _ in range(int(QUIET_TIMEOUT / 0.2)):
        connections = monitor.process.net_connections("tcp")
        if all(connection.status == psutil.CONN_LISTEN for connection in connections):
            return
        await asyncio.sleep(0.2)


def main() -> None:
    """Run the command line; exits with 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=50, help="number of honest clients")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="a clone with models; tiny ones by default")
    parser.add_argument("--models", nargs="*", default=[], help="of the clone; all by default")
    parser.add_argument("--memory-growth", type=float, default=128, help="allowed growth in MiB")
    parser.add_argument(
        "--fair-share", type=float, default=0.5, help="least pictures of a client to the median"
    )
    parser.add_argument("--out", type=Path, help="a JSON file for the report")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="s2f-load-") as name:
        folder = options.folder
        if folder is None:
            folder = Path(name)
            make_data_folder(folder / "data")
        with demo_process(folder, options.models, Path(name)) as (address, pid, log):
            report = asyncio.run(
                drill(address, pid, options.clients, options.seconds, options.seed)
            )
        report["log"] = log.read_text()[-2000:]
    limits = Limits(options.memory_growth, options.fair_share)
    report["broken"] = broken_promises(report, limits)
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n")
    print(table(report))
    for promise in report["broken"]:
        print(f"broken promise: {promise}", file=sys.stderr)
    sys.exit(bool(report["broken"]))


if __name__ == "__main__":
    main()
