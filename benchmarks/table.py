"""Parts of all benchmarks: rounds, the machine and versions, a table and its CSV file."""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import os
import platform
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # instructions that decide the speed
PACKAGES = ("torch", "numpy")
Measured = dict[str, list[float]]


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser with the option that every benchmark has."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="also write the table to this file"
    )
    return parser


def rounds(ways: Mapping[str, Callable[[], float]], count: int, warm_up: int = 0) -> Measured:
    """Return ``count`` figures of each way.

    A round goes through all ways, so that a busy machine slows all of them. Each round begins one
    way later than the one before, so that no way always follows the same other.
    """
    measured: Measured = {name: [] for name in ways}
    names = list(ways)
    for number in range(-warm_up, count):
        first = number % len(names) if names else 0
        for name in names[first:] + names[:first]:
            figure = ways[name]()
            if number >= 0:
                measured[name].append(figure)
    return measured


def spread(figures: Sequence[float]) -> float:
    """Return the range of figures over their median."""
    return (max(figures) - min(figures)) / statistics.median(figures)


def machine() -> str:
    """Return the processor, its cores, its instructions of :data:`FLAGS`, and the GPU."""
    facts: dict[str, str] = {}
    if (file := Path("/proc/cpuinfo")).exists():
        lines = (line.partition(":") for line in file.read_text(encoding="utf-8").splitlines())
        facts = {name.strip(): value.strip() for name, _, value in lines}
    flags = set(facts.get("flags", "").split())
    parts = [
        facts.get("model name") or platform.processor() or platform.machine(),
        f"{os.cpu_count()} cores",
        *(flag if flag in flags else f"no {flag}" for flag in FLAGS),
        _gpu(),
    ]
    return ", ".join(parts)


def _gpu() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"


def versions() -> str:
    """Return the versions of Python, :data:`PACKAGES` and s2f; + marks changed files."""
    parts = [f"python {platform.python_version()}"]
    parts += [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    commit, changed = _git("rev-parse", "--short", "HEAD"), _git("status", "--porcelain", "-uno")
    return ", ".join([*parts, f"s2f {commit or 'of no commit'}{'+' if changed else ''}"])


def _git(*arguments: str) -> str:
    try:
        process = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return process.stdout.strip() if process.returncode == 0 else ""


class Table:
    """A Markdown table, printed row by row and, if there is a ``file``, written as CSV.

    ``columns`` maps titles to number formats (``.1f``, ``.0%``), the empty string for text. None is
    printed as –. The CSV file has all digits, the machine and versions.
    """

    def __init__(self, columns: Mapping[str, str], file: Path | None = None) -> None:
        self.columns, self.file = columns, file
        self.rows: list[tuple[str | float | None, ...]] = []
        self.machine, self.versions = machine(), versions()

    def __enter__(self) -> Self:
        rule = ("---:" if form else "---" for form in self.columns.values())
        print(f"{self.machine}\n{self.versions}\n")
        print(f"| {' | '.join(self.columns)} |\n|{'|'.join(rule)}|", flush=True)
        return self

    def add(self, *row: str | float | None) -> None:
        """Print a row, in the order of the columns."""
        self.rows.append(row)
        forms = self.columns.values()
        cells = ("–" if v is None else f"{v:{form}}" for v, form in zip(row, forms, strict=True))
        print(f"| {' | '.join(cells)} |", flush=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the file with the rows so far."""
        if self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow((*self.columns, "machine", "versions"))
            writer.writerows((*row, self.machine, self.versions) for row in self.rows)
