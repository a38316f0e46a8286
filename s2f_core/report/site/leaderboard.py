"""Leaderboards: translations, trivial baselines and the floor, in tables of comparable lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from s2f_core.common.atomic import write_text
from s2f_core.report.site.records import (
    BASELINES,
    FLOOR,
    HEADLINE,
    EstimateRecord,
    EvaluationRecord,
)

COLUMN_ORDER = (
    "fid",
    "kid",
    "face_kid",
    "lpips",
    "identity",
    "ssim",
    "psnr",
    "pixel_difference",
    "diversity",
    "drawing_error",
    "smiles_kept",
    "surface_error",
    "energy_distance",
)
MAIN_SCORES = {  # in the first table of a board, if measured: KID first, because FID is biased
    "pairs": ("kid", "fid", "lpips", "identity", "ssim", "pixel_difference", "psnr"),
    "samples": (
        *("kid", "fid", "face_kid", "faces_found", "drawing_error"),
        *("precision", "recall", "diversity"),
    ),
    "surfaces": ("energy_distance", "surface_error"),
}
MAIN_COUNT = 6
LINE_KINDS = ("translation", "baseline", "floor")
BASELINES_FROM_INPUT = {"sketch", "nearest-face", "photo", "nearest-sketch"}


@dataclass(frozen=True)
class BoardLine:
    """One line; ``of`` is the key of its figures in ``evaluation``."""

    name: str
    kind: str
    of: str
    evaluation: EvaluationRecord

    @property
    def input(self) -> str:
        """The data and image size; baselines that ignore the input do not name a condition."""
        source = self.evaluation
        uses_input = self.kind == "translation" or self.name in BASELINES_FROM_INPUT
        size = f"{source.image_size}px"
        if self.kind == "translation" and source.transfer:
            size += ", trained on other data"
        if source.makes_sketches:
            output = f"{source.target} {size}"
            return f"{source.role}/{source.background} to {output}" if uses_input else output
        condition = f"-{source.condition}" if uses_input else ""
        return f"{source.role}/{source.background}{condition}{source.subset} {size}"

    def estimate(self, score: str) -> EstimateRecord:
        """Return this line's figure."""
        return self.evaluation.estimate(score, self.of)

    @property
    def n(self) -> int:
        """The number of held-out images behind the line."""
        counts = [self.estimate(score).n for score in score_keys([self.evaluation])]
        return next((count for count in counts if count), self.evaluation.images)


@dataclass(frozen=True)
class Board:
    """Comparable lines: all are of one target table and one kind of scores."""

    target: str
    kind: str
    lines: tuple[BoardLine, ...]

    @property
    def evaluations(self) -> list[EvaluationRecord]:
        """The translations' evaluations, in the lines' order."""
        return [line.evaluation for line in self.lines if line.kind == "translation"]

    @property
    def headline(self) -> tuple[str, str]:
        """The two most telling scores."""
        return HEADLINE[self.kind]


def score_keys(evaluations: list[EvaluationRecord]) -> list[str]:
    """Return the keys of all scores of these, in the order of the CSV's columns."""
    known = dict.fromkeys(key for item in evaluations for key in item.scores)
    return [key for key in dict.fromkeys((*COLUMN_ORDER, *known)) if key in known]


def main_score_keys(evaluations: list[EvaluationRecord]) -> list[str]:
    """Return the scores of a board's first table; the first one sorts it."""
    known = score_keys(evaluations)
    first = [key for key in MAIN_SCORES[evaluations[0].kind] if key in known]
    return list(dict.fromkeys((*first, *known)))[:MAIN_COUNT]


def all_score_keys(evaluations: list[EvaluationRecord]) -> list[str]:
    """Return the keys of all scores of these, the main ones first."""
    return list(dict.fromkeys((*main_score_keys(evaluations), *score_keys(evaluations))))


def build_boards(evaluations: list[EvaluationRecord]) -> list[Board]:
    """Return a board per target table and kind of scores, in the order of the translations."""
    groups: dict[tuple[str, str], list[EvaluationRecord]] = {}
    for item in evaluations:
        groups.setdefault((item.target, item.kind), []).append(item)
    return [Board(target, kind, _lines(items)) for (target, kind), items in groups.items()]


def _lines(evaluations: list[EvaluationRecord]) -> tuple[BoardLine, ...]:
    """Return translations, then baselines, then floors, each sorted by the headline score.

    Translations of one input share their baselines: equal lines appear once.
    """
    distinct: dict[tuple[object, ...], BoardLine] = {}
    for evaluation in evaluations:
        lines = [BoardLine(evaluation.name, "translation", "model", evaluation)]
        lines += [BoardLine(name, "baseline", name, evaluation) for name in BASELINES]
        lines += [BoardLine(FLOOR, "floor", FLOOR, evaluation)]
        for line in lines:
            if line.of in evaluation.figures:
                distinct.setdefault(_identity(line), line)
    return tuple(sorted(distinct.values(), key=_sort_key))


def _identity(line: BoardLine) -> tuple[object, ...]:
    values = [line.estimate(score).value for score in main_score_keys([line.evaluation])]
    rounded = [None if value is None else round(value, 4) for value in values]
    return (line.kind, line.name, line.input, *rounded)


def _sort_key(line: BoardLine) -> tuple[int, bool, float, str, str]:
    first = line.estimate(HEADLINE[line.evaluation.kind][0]).value
    return LINE_KINDS.index(line.kind), first is None, first or 0.0, line.name, line.input


def write_csv(path: Path, boards: list[Board]) -> None:
    """Write the lines of all boards as a CSV file.

    Only lines with equal ``target`` and ``scores`` can be compared.
    """
    measured = score_keys([item for board in boards for item in board.evaluations])
    scores = dict.fromkeys((*COLUMN_ORDER, *measured))
    rows = [
        {"target": board.target, "scores": board.kind}
        | {"name": line.name, "kind": line.kind, "input": line.input}
        | {score: line.estimate(score).value for score in scores}
        | {"n": line.n}
        for board in boards
        for line in board.lines
    ]
    write_text(path, pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
