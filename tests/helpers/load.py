# ruff: noqa: T201 - it prints its table
"""A drill: fifty people draw in the demo at once, while others flood, dawdle and send garbage.

``python tests/helpers/load.py --seconds 120`` starts the demo of three tiny models in a process of
its own (``--folder`` of a clone: of its trained ones), lets the crowd draw, and measures what each
kind of client is answered and how soon, and the server's memory, files and threads. It exits with 1
where a promise is broken; ``--memory`` and ``--fair`` move two of them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from crowd import Address, Caller, Crowd, Drawing, Expected, Seen, post
from others import others
from tiny_demo import trained

ROOT = Path(__file__).parents[2]
MIB = 2**20
DRAWINGS = 6
EXPORT = 150.0  # seconds for a model to be exported
WARM = 10.0  # seconds of the whole crowd, before memory is measured
QUIET = 25.0  # seconds for the server to close what it was left with
KEPT = 25.0  # seconds that nobody can keep a connection: PATIENCE, and a busy machine
THREADS = 64  # of all pools together
REFUSED = {"400", "404", "405", "409", "413", "415", "421", "422", "503"}
ANSWERED = 15.0  # seconds: the desk's ten, and a busy machine


@dataclass
class Watched:
    """The server's process, looked at twice a second."""

    process: psutil.Process
    memory: list[float] = field(default_factory=list)  # MiB

    def look(self) -> dict[str, float]:
        """Resident memory in MiB, open files and threads, and seconds of processor."""
        with self.process.oneshot():
            used = self.process.cpu_times()
            return {
                "memory": self.process.memory_info().rss / MIB,
                "files": self.process.num_fds(),
                "threads": self.process.num_threads(),
                "cpu": used.user + used.system,
            }

    async def watch(self) -> None:
        """Until it is cancelled."""
        while True:
            self.memory.append(self.look()["memory"])
            await asyncio.sleep(0.5)


@contextlib.contextmanager
def demo(folder: Path, names: Sequence[str], cache: Path) -> Iterator[tuple[Address, int, Path]]:
    """Its address, its process and what it logs, for the models in ``folder``/data."""
    said = cache / "stderr"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    with said.open("w") as stderr:
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
        found = re.search(r"http://([\d.]+):(\d+)/", line)
        if found is None:
            raise SystemExit(f"the demo did not start: {line}{said.read_text()}")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield (found[1], int(found[2])), process.pid, said
    finally:
        process.terminate()
        process.wait(30)


async def drill(
    address: Address, pid: int, clients: int, seconds: float, seed: int
) -> dict[str, Any]:
    """Have the crowd at it for so long; what was seen, as numbers."""
    watched = Watched(psutil.Process(pid))
    crowd = await _met(address, seed)
    await _during(_all(crowd, clients), min(WARM, seconds))
    await _quiet(watched)
    start, crowd.seen = watched.look(), Seen(wrong=crowd.seen.wrong)
    began = time.monotonic()
    await _during([*_all(crowd, clients), watched.watch()], seconds)
    took = time.monotonic() - began
    same = await _expected(address, crowd.models, crowd.drawings) == crowd.expected
    await _quiet(watched)
    return _told(crowd, watched, start, took, same)


def _all(crowd: Crowd, clients: int) -> list[Coroutine[None, None, None]]:
    """The honest, of whom every fifth has three models on the page, and the others."""
    honest = [crowd.honest(number, 1 if number % 5 else 3) for number in range(clients)]
    return [*honest, *others(crowd)]


async def _met(address: Address, seed: int) -> Crowd:
    """A crowd that knows the models, and the picture that each makes of each drawing."""
    caller = Caller(address)
    _, _, content = await caller.ask(b"GET /api/models HTTP/1.1\r\nHost: localhost\r\n\r\n")
    told = {model["name"]: model for model in json.loads(content)["models"]}
    models = [name for name, model in told.items() if model["sheet"] != "noise"]
    for name in models:
        status, _, said = await caller.ask(post("ready", model=name, client="first"), EXPORT)
        assert status == 200, said
    caller.close()
    random = np.random.default_rng(seed)
    side = max(told[name]["size"] for name in models)
    sheets = (random.random((DRAWINGS, side, side, 1)) < 0.9) * np.uint8(255)
    drawings = [np.repeat(sheet, 3, axis=2).tobytes() for sheet in sheets]
    return Crowd(address, drawings, await _expected(address, models, drawings), models, seed)


async def _expected(
    address: Address, models: Sequence[str], drawings: Sequence[Drawing]
) -> Expected:
    caller = Caller(address)
    found = {}
    for model, (number, drawing) in itertools.product(models, enumerate(drawings)):
        request = post("picture", drawing, model=model, client="first")
        status, _, found[model, number] = await caller.ask(request)
        assert status == 200, found[model, number]
    caller.close()
    return found


async def _during(clients: Sequence[Coroutine[None, None, None]], seconds: float) -> None:
    """Let clients do what they do for so long."""
    tasks = [asyncio.create_task(client) for client in clients]
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()  # a client of the drill's failed


async def _quiet(watched: Watched) -> None:
    """Wait until the server has closed the connections that it was left with."""
    for _ in range(int(QUIET / 0.2)):
        there = watched.process.net_connections("tcp")
        if all(connection.status == psutil.CONN_LISTEN for connection in there):
            return
        await asyncio.sleep(0.2)


def _told(
    crowd: Crowd, watched: Watched, start: dict[str, float], took: float, same: bool
) -> dict[str, Any]:
    kinds: dict[str, list[tuple[str, float]]] = {}
    for kind, what, seconds in crowd.seen.answers:
        kinds.setdefault(kind, []).append((what, seconds))
        if what in REFUSED:
            kinds.setdefault("any that is refused", []).append((what, seconds))
    served = sorted(map(len, crowd.seen.drawn.values()))
    end = watched.look()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(took, 1),
        "models": crowd.models,
        "honest": {
            "clients": len(served),
            "pictures": sum(served),
            "least": served[0],
            "median": statistics.median(served),
            "most": served[-1],
            "seconds": percentiles([each for one in crowd.seen.drawn.values() for each in one]),
        },
        "wrong": crowd.seen.wrong,
        "same": same,
        "kinds": {
            kind: {
                "answers": dict(sorted(Counter(what for what, _ in answers).items())),
                "seconds": percentiles([seconds for _, seconds in answers]),
            }
            for kind, answers in sorted(kinds.items())
        },
        "server": {name: [round(start[name], 1), round(end[name], 1)] for name in start}
        | {
            "peak": round(max(watched.memory), 1),
            "course": [round(each, 1) for each in watched.memory[::20]],  # every ten seconds
        },
    }


def percentiles(seconds: Sequence[float]) -> list[float]:
    """The 50th, 90th and 99th, and the longest, in seconds; nothing of nothing."""
    if not seconds:
        return []
    return [round(float(value), 3) for value in np.percentile(seconds, [50, 90, 99, 100])]


def broken(told: dict[str, Any], memory: float, fair: float) -> list[str]:
    """The promises that were not kept, in words."""
    kinds, server, honest = told["kinds"], told["server"], told["honest"]
    answers = {kind: row["answers"] for kind, row in kinds.items()}
    errors = {kind: row["500"] for kind, row in answers.items() if "500" in row}
    hung = {kind: row["none"] for kind, row in answers.items() if "none" in row}
    longest = kinds["honest"]["seconds"][-1]
    kept = {kind: kinds[kind]["seconds"][-1] for kind in kinds if kinds[kind]["seconds"][-1] > KEPT}
    promises = {
        f"500 was answered: {errors}": not errors,
        f"no answer within 30 seconds: {hung}": not hung,
        f"connections were kept for over {KEPT:g} s: {kept}": not kept,
        f"{told['wrong']} pictures were wrong": not told["wrong"],
        "the same drawings gave other pictures at the end": told["same"],
        f"the least served of the honest got {honest['least']} pictures, half of them over "
        f"{honest['median']}": honest["least"] >= fair * honest["median"] > 0,
        f"memory went from {server['memory'][0]} to {server['memory'][1]} MiB":
            server["memory"][1] - server["memory"][0] <= memory,
        f"open files: {server['files']}": server["files"][1] <= server["files"][0],
        f"{server['threads'][1]} threads": server["threads"][1] <= THREADS,
        f"the server said: {told['said']}": not re.search("Traceback|ERROR|WARN", told["said"]),
        f"the longest of the honest waited {longest} s for an answer": longest <= ANSWERED,
    }  # fmt: skip
    return [text for text, is_kept in promises.items() if not is_kept]


def table(told: dict[str, Any]) -> str:
    """What was seen, as Markdown."""
    rows = ["| client | answers | 50 % | 90 % | 99 % | longest |", "|---|---|---:|---:|---:|---:|"]
    for kind, row in told["kinds"].items():
        counts = ", ".join(f"{what}: {count:,}" for what, count in row["answers"].items())
        rows.append(f"| {kind} | {counts} | {' | '.join(f'{s:.2f} s' for s in row['seconds'])} |")
    honest, server = told["honest"], told["server"]
    times = " | ".join(f"{seconds:.2f} s" for seconds in honest["seconds"])
    rows.insert(2, f"| honest, a picture | {honest['pictures']:,} pictures | {times} |")
    least, median, most = (f"{honest[name]:g}" for name in ("least", "median", "most"))
    memory, files, threads = (server[name] for name in ("memory", "files", "threads"))
    rows.append(
        f"\n{told['seconds']} s. Pictures by client: {least} to {most}, the median {median}."
    )
    rows.append(f"Memory {memory[0]} MiB, at most {server['peak']}, at the end {memory[1]};")
    rows.append(
        f"open files {files[0]:g} and {files[1]:g}, threads {threads[0]:g} and {threads[1]:g}."
    )
    return "\n".join(rows)


def main() -> None:
    """The command line; exits with 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=50, help="who draw honestly")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="a clone with models; else they are tiny")
    parser.add_argument("--models", nargs="*", default=[], help="of the clone; all by default")
    parser.add_argument("--memory", type=float, default=128, help="MiB that it may have grown by")
    parser.add_argument("--fair", type=float, default=0.5, help="least to median of the clients")
    parser.add_argument("--out", type=Path, help="a JSON file for what was measured")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="s2f-load-") as name:
        folder = given.folder
        if folder is None:
            folder = Path(name)
            trained(folder / "data")
        with demo(folder, given.models, Path(name)) as (address, pid, said):
            told = asyncio.run(drill(address, pid, given.clients, given.seconds, given.seed))
        told["said"] = said.read_text()[-2000:]
    told["broken"] = broken(told, given.memory, given.fair)
    if given.out:
        given.out.write_text(json.dumps(told, indent=2) + "\n")
    print(table(told))
    for promise in told["broken"]:
        print(f"broken: {promise}", file=sys.stderr)
    sys.exit(bool(told["broken"]))


if __name__ == "__main__":
    main()
