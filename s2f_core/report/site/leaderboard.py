"""The leaderboard: translations, the trivial baselines of each input, and the floor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from s2f_core.common.atomic import write_text
from s2f_core.report.site.sources import BASELINES, FLOOR, HEADLINE, Evaluation, Figure

SCORES = (
    "fid",
    "kid",
    "ssim",
    "psnr",
    "pixel_difference",
    "diversity",
    "surface_error",
    "energy_distance",
)
FIRST = {  # what a leaderboard shows at once, if it was measured: KID first, because FID is biased
    "pairs": ("kid", "fid", "lpips", "ssim", "pixel_difference", "psnr"),
    "samples": ("kid", "fid", "precision", "recall", "diversity"),
    "surfaces": ("energy_distance", "surface_error"),
}
AT_ONCE = 5
KINDS = ("translation", "baseline", "floor")
OF_THE_INPUT = {"sketch", "nearest-face", "photo", "nearest-sketch"}


@dataclass(frozen=True)
class Entry:
    """One line: ``of`` is the key of its figures in ``evaluation``."""

    name: str
    kind: str
    of: str
    evaluation: Evaluation

    @property
    def input(self) -> str:
        """What the line is about; baselines that ignore the input do not name one."""
        source = self.evaluation
        size = f"{source.image_size}px"
        if self.kind == "translation" and source.transfer:
            size += ", trained on other data"
        if source.backwards:
            started = self.kind == "translation" or self.name in OF_THE_INPUT
            made = f"{source.target} {size}"
            return f"{source.role}/{source.background} to {made}" if started else made
        sketched = self.kind == "translation" or self.name in OF_THE_INPUT
        condition = f"-{source.condition}" if sketched else ""
        return f"{source.role}/{source.background}{condition}{source.chosen} {size}"

    def figure(self, score: str) -> Figure:
        """This line's figure."""
        return self.evaluation.figure(score, self.of)

    @property
    def n(self) -> int:
        """How many held-out images stand behind the line."""
        counts = [self.figure(score).n for score in columns([self.evaluation])]
        return next((count for count in counts if count), self.evaluation.images)


@dataclass(frozen=True)
class Board:
    """The lines that can be compared: they are held against the same real images by one kind."""

    target: str
    kind: str
    lines: tuple[Entry, ...]

    @property
    def evaluations(self) -> list[Evaluation]:
        """The translations' evaluations, in the lines' order."""
        return [line.evaluation for line in self.lines if line.kind == "translation"]

    @property
    def headline(self) -> tuple[str, str]:
        """The two scores that say most."""
        return HEADLINE[self.kind]


def columns(evaluations: list[Evaluation]) -> list[str]:
    """The keys of all scores of these, those that every report has had first."""
    known = dict.fromkeys(key for item in evaluations for key in item.scores)
    return [key for key in dict.fromkeys((*SCORES, *known)) if key in known]


def shown(evaluations: list[Evaluation]) -> list[str]:
    """The scores that a leaderboard of these shows at once, the one that sorts it first."""
    known = columns(evaluations)
    first = [key for key in FIRST[evaluations[0].kind] if key in known]
    return list(dict.fromkeys((*first, *known)))[:AT_ONCE]


def ordered(evaluations: list[Evaluation]) -> list[str]:
    """The keys of all scores of these, those that a leaderboard shows at once first."""
    return list(dict.fromkeys((*shown(evaluations), *columns(evaluations))))


def boards(evaluations: list[Evaluation]) -> list[Board]:
    """One for every table of targets and kind of scores, in the order of the translations."""
    keys = dict.fromkeys((item.target, item.kind) for item in evaluations)
    return [
        Board(
            target, kind, entries([e for e in evaluations if (e.target, e.kind) == (target, kind)])
        )
        for target, kind in keys
    ]


def entries(evaluations: list[Evaluation]) -> tuple[Entry, ...]:
    """All lines: translations, then baselines, then floors, each sorted by the headline score.

    Translations of one input share their baselines: those equal in what is shown appear once.
    """
    found: dict[tuple[object, ...], Entry] = {}
    for evaluation in evaluations:
        lines = [Entry(evaluation.name, "translation", "model", evaluation)]
        lines += [Entry(name, "baseline", name, evaluation) for name in BASELINES]
        lines += [Entry(FLOOR, "floor", FLOOR, evaluation)]
        for line in lines:
            if line.of in evaluation.figures:
                found.setdefault(_identity(line), line)
    return tuple(sorted(found.values(), key=_order))


def _identity(line: Entry) -> tuple[object, ...]:
    values = [line.figure(score).value for score in shown([line.evaluation])]
    rounded = [None if value is None else round(value, 4) for value in values]
    return (line.kind, line.name, line.input, *rounded)


def _order(line: Entry) -> tuple[int, bool, float, str, str]:
    first = line.figure(HEADLINE[line.evaluation.kind][0]).value
    return KINDS.index(line.kind), first is None, first or 0.0, line.name, line.input


def save(path: Path, found: list[Board]) -> None:
    """Write the lines of every board as a CSV file that appears whole.

    Only lines of one ``target`` and one kind of ``scores`` can be compared.
    """
    measured = columns([item for board in found for item in board.evaluations])
    scores = dict.fromkeys((*SCORES, *measured))
    rows = [
        {"target": board.target, "scores": board.kind}
        | {"name": line.name, "kind": line.kind, "input": line.input}
        | {score: line.figure(score).value for score in scores}
        | {"n": line.n}
        for board in found
        for line in board.lines
    ]
    text = pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
    write_text(path, text)
