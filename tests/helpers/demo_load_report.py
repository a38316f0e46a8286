"""The report of the demo's load drill: a summary, the broken promises, a table."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from drill_clients import TIMEOUT, Results

MAX_KEPT = 25.0  # seconds a connection may be kept: the server's timeout, on a busy machine
MAX_THREADS = 64  # of all pools together
MAX_WAIT = 15.0  # seconds for a response: the queue's ten, on a busy machine
REJECTED = {"400", "404", "405", "409", "413", "415", "421", "422", "503"}

Snapshot = Mapping[str, float]  # of the server's process: memory in MiB, files, threads, cpu


@dataclass(frozen=True)
class Limits:
    """``memory_growth``: in MiB; ``fair_share``: least to median pictures of the honest clients."""

    memory_growth: float = 128.0
    fair_share: float = 0.5


def summarise(results: Results) -> dict[str, Any]:
    """Summarise the responses by kind of client, and the pictures of the honest clients."""
    kinds: dict[str, list[tuple[str, float]]] = {}
    for kind, outcome, seconds in results.responses:
        kinds.setdefault(kind, []).append((outcome, seconds))
        if outcome in REJECTED:
            kinds.setdefault("any rejected", []).append((outcome, seconds))
    counts = sorted(map(len, results.pictures.values()))
    return {
        "honest": {
            "clients": len(counts),
            "pictures": sum(counts),
            "least": counts[0],
            "median": statistics.median(counts),
            "most": counts[-1],
            "seconds": percentiles([each for one in results.pictures.values() for each in one]),
        },
        "wrong": results.wrong,
        "kinds": {
            kind: {
                "outcomes": dict(sorted(Counter(outcome for outcome, _ in responses).items())),
                "seconds": percentiles([seconds for _, seconds in responses]),
            }
            for kind, responses in sorted(kinds.items())
        },
    }


def summarise_server(start: Snapshot, end: Snapshot, memory: Sequence[float]) -> dict[str, Any]:
    """Summarise the server's process: each figure at start and end, and the memory between."""
    return {name: [round(start[name], 1), round(end[name], 1)] for name in start} | {
        "peak": round(max(memory), 1),
        "memory_every_10_s": [round(each, 1) for each in memory[::20]],
    }


def percentiles(seconds: Sequence[float]) -> list[float]:
    """The 50th, 90th, 99th and 100th percentile; empty for no values."""
    if not seconds:
        return []
    return [round(float(value), 3) for value in np.percentile(seconds, [50, 90, 99, 100])]


def broken_promises(report: dict[str, Any], limits: Limits) -> list[str]:
    """Describe each promise that was not kept."""
    kinds, server, honest = report["kinds"], report["server"], report["honest"]
    outcomes = {kind: row["outcomes"] for kind, row in kinds.items()}
    errors = {kind: row["500"] for kind, row in outcomes.items() if "500" in row}
    timeouts = {kind: row["none"] for kind, row in outcomes.items() if "none" in row}
    longest = {kind: row["seconds"][-1] for kind, row in kinds.items()}
    lingering = {kind: seconds for kind, seconds in longest.items() if seconds > MAX_KEPT}
    memory, files, threads = server["memory"], server["files"], server["threads"]
    promises = {
        f"responses with status 500: {errors}": not errors,
        f"no response within {TIMEOUT:g} s: {timeouts}": not timeouts,
        f"connections kept for over {MAX_KEPT:g} s: {lingering}": not lingering,
        f"{report['wrong']} pictures were wrong": not report["wrong"],
        "the same drawings gave other pictures at the end": report["same_pictures"],
        f"an honest client got only {honest['least']} pictures, the median {honest['median']}":
            honest["least"] >= limits.fair_share * honest["median"] > 0,
        f"memory grew from {memory[0]} to {memory[1]} MiB":
            memory[1] - memory[0] <= limits.memory_growth,
        f"open files at start and end: {files}": files[1] <= files[0],
        f"{threads[1]} threads": threads[1] <= MAX_THREADS,
        f"the server logged: {report['log']}":
            not re.search("Traceback|ERROR|WARN", report["log"]),
        f"an honest client waited {longest['honest']} s for a response":
            longest["honest"] <= MAX_WAIT,
    }  # fmt: skip
    return [text for text, is_kept in promises.items() if not is_kept]


def table(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    rows = [
        "| client | responses | 50 % | 90 % | 99 % | longest |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for kind, row in report["kinds"].items():
        counts = ", ".join(f"{outcome}: {count:,}" for outcome, count in row["outcomes"].items())
        rows.append(f"| {kind} | {counts} | {' | '.join(f'{s:.2f} s' for s in row['seconds'])} |")
    honest, server = report["honest"], report["server"]
    times = " | ".join(f"{seconds:.2f} s" for seconds in honest["seconds"])
    rows.insert(2, f"| honest, a picture | {honest['pictures']:,} pictures | {times} |")
    least, median, most = (f"{honest[name]:g}" for name in ("least", "median", "most"))
    memory, files, threads = (server[name] for name in ("memory", "files", "threads"))
    rows.append(f"\n{report['seconds']} s. Pictures by client: {least} to {most}, median {median}.")
    rows.append(f"Memory {memory[0]} MiB, peak {server['peak']}, at the end {memory[1]};")
    rows.append(
        f"open files {files[0]:g} and {files[1]:g}, threads {threads[0]:g} and {threads[1]:g}."
    )
    return "\n".join(rows)
