"""The leaderboard: translations, the trivial baselines of each input, and the floor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from s2f_core.report.sources import BASELINES, FLOOR, Evaluation, Figure

SCORES = ("fid", "kid", "ssim", "psnr", "pixel_difference")
KINDS = ("translation", "baseline", "floor")
DEPENDS_ON_SKETCH = {"sketch", "nearest-face"}


@dataclass(frozen=True)
class Entry:
    """One line: ``of`` is the key of its figures in ``evaluation``."""

    name: str
    kind: str
    of: str
    evaluation: Evaluation

    @property
    def input(self) -> str:
        """Which images the line is about; baselines that ignore the sketch do not name one."""
        source = self.evaluation
        sketched = self.kind == "translation" or self.name in DEPENDS_ON_SKETCH
        condition = f"-{source.condition}" if sketched else ""
        return f"{source.role}/{source.background}{condition} {source.image_size}px"

    def figure(self, score: str) -> Figure:
        """This line's figure."""
        return self.evaluation.figure(score, self.of)

    @property
    def n(self) -> int:
        """How many test images stand behind the line."""
        counts = [self.figure(score).n for score in SCORES]
        return next((count for count in counts if count), self.evaluation.images)


def entries(evaluations: list[Evaluation]) -> list[Entry]:
    """All lines: translations, then baselines, then floors, each sorted by KID.

    Translations of one input share their baselines: equal ones appear once.
    """
    found: dict[tuple[object, ...], Entry] = {}
    for evaluation in evaluations:
        lines = [Entry(evaluation.name, "translation", "model", evaluation)]
        lines += [Entry(name, "baseline", name, evaluation) for name in BASELINES]
        lines += [Entry(FLOOR, "floor", FLOOR, evaluation)]
        for line in lines:
            if line.of in evaluation.figures:
                found.setdefault(_identity(line), line)
    return sorted(found.values(), key=_order)


def _identity(line: Entry) -> tuple[object, ...]:
    values = [line.figure(score).value for score in SCORES]
    rounded = [None if value is None else round(value, 4) for value in values]
    return (line.kind, line.name, line.input, *rounded)


def _order(line: Entry) -> tuple[int, bool, float, str, str]:
    kid = line.figure("kid").value
    return KINDS.index(line.kind), kid is None, kid or 0.0, line.name, line.input


def save(path: Path, lines: list[Entry]) -> None:
    """Write the lines as a CSV file that appears whole."""
    rows = [
        {"name": line.name, "kind": line.kind, "input": line.input}
        | {score: line.figure(score).value for score in SCORES}
        | {"n": line.n}
        for line in lines
    ]
    text = pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
    write(path, text)


def write(path: Path, text: str) -> None:
    """Write a text file that takes its name only once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
