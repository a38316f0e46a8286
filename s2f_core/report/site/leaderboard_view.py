"""The leaderboards as the overview shows them: figures, intervals, ties, bars and commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site import leaderboard, sentences
from s2f_core.report.site.footnotes import Notes
from s2f_core.report.site.leaderboard import Board, Entry
from s2f_core.report.site.pictures import Picture
from s2f_core.report.site.sources import FLOOR, Evaluation, Figure, Score

Thumbs = dict[str, list[Picture]]  # of a translation's name


def title(board: Board) -> str:
    """What the translations of a board make, and of what: "Photos from sketches · faces/kept"."""
    first = board.evaluations[0]
    return f"{first.things.capitalize()} from {first.origin} · {board.target}"


def command(name: str) -> str:
    """What recomputes a translation's figures."""
    return f"s2f evaluate {name}"


def view(
    ident: str, board: Board, thumbs: Thumbs, compared: Comparisons, notes: Notes
) -> dict[str, Any]:
    """A leaderboard: sentences, the table of what says most and, if there is more, that of all."""
    mine = board.evaluations
    first, every = leaderboard.shown(mine), leaderboard.columns(mine)
    return {
        "ident": ident,
        "title": title(board),
        "count": len(mine),
        "summary": sentences.summary(mine, compared),
        "against": sentences.against_baselines(mine),
        "bias": sentences.bias(mine),
        "first": _Table.of(board, first, thumbs, compared, notes).shown(),
        "every": _Table.of(board, every, {}, compared, notes).shown()
        if set(every) != set(first)
        else None,
    }


@dataclass(frozen=True)
class _Table:
    """The lines of a board by some scores."""

    board: Board
    scores: dict[str, Score]
    leaders: dict[str, list[str]]
    thumbs: Thumbs
    notes: Notes

    @classmethod
    def of(
        cls, board: Board, keys: list[str], thumbs: Thumbs, compared: Comparisons, notes: Notes
    ) -> _Table:
        mine = board.evaluations
        names = [item.name for item in mine]
        known = {key: score for item in mine for key, score in item.scores.items()}
        return cls(
            board,
            {key: known[key] for key in keys},
            {key: compared.leaders(key, names) for key in keys},
            thumbs,
            notes,
        )

    def shown(self) -> dict[str, Any]:
        things = self.board.evaluations[0].things
        sorts = next(iter(self.scores.values())).title
        groups = {
            "translation": f"Translations, by {sentences.in_sentence(sorts)}",
            "baseline": "Trivial baselines: no network",
            "floor": f"Floor: other real {things} against the test {things}",
        }
        lines = self.board.lines
        return {
            "columns": [column(key, score, self.notes) for key, score in self.scores.items()],
            "pictured": bool(self.thumbs),
            "groups": [
                {"kind": kind, "title": title, "rows": rows}
                for kind, title in groups.items()
                if (rows := [self._row(line) for line in lines if line.kind == kind])
            ],
        }

    def _row(self, line: Entry) -> dict[str, Any]:
        ours = line.kind == "translation"
        return {
            "name": line.name if ours else sentences.NAMES.get(line.name, line.name),
            "variant": line.evaluation.variant if ours else None,
            "input": line.input,
            "n": line.n,
            "command": command(line.evaluation.name),
            "thumbs": self.thumbs.get(line.name, []) if ours else [],
            "cells": [self._cell(line, key) for key in self.scores],
        }

    def _cell(self, line: Entry, key: str) -> dict[str, Any]:
        figure = line.figure(key)
        leads = line.kind == "translation" and line.name in self.leaders[key]
        return {**cell(key, figure), "best": leads, "bar": self._bar(figure, key)}

    def _bar(self, figure: Figure, key: str) -> dict[str, float] | None:
        """Where value and interval stand between the column's ends, in percent."""
        if figure.value is None:
            return None
        others = [line.figure(key) for line in self.board.lines]
        ends = [end for one in others for end in (one.value, one.low, one.high) if end is not None]
        low, high = min(ends), max(ends)

        def place(value: float) -> float:
            return round(100 * (value - low) / ((high - low) or 1), 1)

        start = place(figure.value if figure.low is None else figure.low)
        end = place(figure.value if figure.high is None else figure.high)
        return {"dot": place(figure.value), "start": start, "width": round(end - start, 1)}


def column(key: str, score: Score, notes: Notes) -> dict[str, Any]:
    """A score's column: its title, which way is better, and how it is made."""
    return {
        "title": score.title,
        "arrow": "↑" if score.higher_is_better else "↓",
        "better": "higher is better" if score.higher_is_better else "lower is better",
        "first": "descending" if score.higher_is_better else "ascending",
        "biased": key == "fid",
        "note": notes.add(score),
    }


def cell(key: str, figure: Figure) -> dict[str, Any]:
    """A figure as text, and as a number to sort by."""
    return {
        "value": sentences.number(key, figure.value),
        "interval": sentences.interval(key, figure),
        "number": "" if figure.value is None else f"{figure.value:.6g}",
    }


def figures(item: Evaluation, notes: Notes) -> dict[str, Any]:
    """All scores of a translation, a row each, beside its baselines and the floor."""
    names = {"model": item.name}
    names |= {of: sentences.NAMES.get(of, of) for of in item.figures if of not in ("model", FLOOR)}
    names |= {FLOOR: sentences.NAMES[FLOOR]} if FLOOR in item.figures else {}
    return {
        "names": list(names.values()),
        "rows": [
            {
                **column(key, item.scores[key], notes),
                "n": item.figure(key).n,
                "cells": [cell(key, item.figure(key, of)) for of in names],
            }
            for key in leaderboard.ordered([item])
        ],
        "command": command(item.name),
    }
