"""Leaderboards as the template shows them: figures, intervals, ties, bars and commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site import sentences
from s2f_core.report.site.footnotes import Footnotes
from s2f_core.report.site.leaderboard import (
    Board,
    BoardLine,
    all_score_keys,
    main_score_keys,
    score_keys,
)
from s2f_core.report.site.pictures import SitePicture
from s2f_core.report.site.records import (
    FLOOR,
    EstimateRecord,
    EvaluationRecord,
    ScoreRecord,
)

Thumbnails = dict[str, list[SitePicture]]  # by translation


def board_title(board: Board) -> str:
    """Return a board's title: "Photos from sketches · faces/kept"."""
    first = board.evaluations[0]
    return f"{first.output_noun.capitalize()} from {first.input_noun} · {board.target}"


def evaluate_command(variant: str) -> str:
    """Return the command that computes a variant's figures."""
    return f"s2f evaluate {variant}"


def board_view(
    ident: str,
    board: Board,
    thumbnails: Thumbnails,
    comparisons: Comparisons,
    footnotes: Footnotes,
) -> dict[str, Any]:
    """Return a board: sentences, a table of the main scores and, if there are more, one of all."""
    evaluations = board.evaluations
    main, every = main_score_keys(evaluations), score_keys(evaluations)
    return {
        "ident": ident,
        "title": board_title(board),
        "count": len(evaluations),
        "summary": sentences.board_summary(evaluations, comparisons),
        "against": sentences.baseline_sentences(evaluations),
        "bias": sentences.fid_bias_warning(evaluations),
        "left_out": left_out_note(evaluations),
        "first": _ScoreTable.of(board, main, thumbnails, comparisons, footnotes).view(),
        "every": _ScoreTable.of(board, every, {}, comparisons, footnotes).view()
        if set(every) != set(main)
        else None,
    }


def left_out_note(evaluations: list[EvaluationRecord]) -> str:
    """Say which scores were left out, of which translations and why; empty where none was."""
    names: dict[tuple[str, str], list[str]] = {}
    for item in evaluations:
        for key, score in item.scores.items():
            if why := item.estimate(key).why:
                names.setdefault((score.title, why), []).append(item.name)
    return " ".join(
        f"{title} of {sentences.join_words(translations)} is left out: {why}."
        for (title, why), translations in names.items()
    )


@dataclass(frozen=True)
class _ScoreTable:
    """The lines of a board by some scores; ``leaders`` has the best translations of a score."""

    board: Board
    scores: dict[str, ScoreRecord]
    leaders: dict[str, list[str]]
    thumbnails: Thumbnails
    footnotes: Footnotes

    @classmethod
    def of(
        cls,
        board: Board,
        keys: list[str],
        thumbnails: Thumbnails,
        comparisons: Comparisons,
        footnotes: Footnotes,
    ) -> _ScoreTable:
        evaluations = board.evaluations
        names = [item.name for item in evaluations]
        known = {key: score for item in evaluations for key, score in item.scores.items()}
        return cls(
            board,
            {key: known[key] for key in keys},
            {key: comparisons.leaders(key, names) for key in keys},
            thumbnails,
            footnotes,
        )

    def view(self) -> dict[str, Any]:
        outputs = self.board.evaluations[0].output_noun
        first = next(iter(self.scores.values())).title
        titles = {
            "translation": f"Translations, by {sentences.title_in_sentence(first)}",
            "baseline": "Trivial baselines: no network",
            "floor": f"Floor: other real {outputs} against the test {outputs}",
        }
        lines = self.board.lines
        return {
            "columns": [
                score_column(key, score, self.footnotes) for key, score in self.scores.items()
            ],
            "pictured": bool(self.thumbnails),
            "groups": [
                {"kind": kind, "title": title, "rows": rows}
                for kind, title in titles.items()
                if (rows := [self._row(line) for line in lines if line.kind == kind])
            ],
        }

    def _row(self, line: BoardLine) -> dict[str, Any]:
        ours = line.kind == "translation"
        return {
            "name": line.name if ours else sentences.BASELINE_NAMES.get(line.name, line.name),
            "variant": line.evaluation.variant if ours else None,
            "input": line.input,
            "n": line.n,
            "command": evaluate_command(line.evaluation.variant),
            "thumbs": self.thumbnails.get(line.name, []) if ours else [],
            "cells": [self._cell(line, key) for key in self.scores],
        }

    def _cell(self, line: BoardLine, key: str) -> dict[str, Any]:
        estimate = line.estimate(key)
        leads = line.kind == "translation" and line.name in self.leaders[key]
        return {**estimate_cell(key, estimate), "best": leads, "bar": self._bar(estimate, key)}

    def _bar(self, estimate: EstimateRecord, key: str) -> dict[str, float] | None:
        """Return the places of value and interval between the column's ends, in percent."""
        if estimate.value is None:
            return None
        column = [line.estimate(key) for line in self.board.lines]
        values = [
            value
            for each in column
            for value in (each.value, each.low, each.high)
            if value is not None
        ]
        low, high = min(values), max(values)

        def percent(value: float) -> float:
            return round(100 * (value - low) / ((high - low) or 1), 1)

        start = percent(estimate.value if estimate.low is None else estimate.low)
        end = percent(estimate.value if estimate.high is None else estimate.high)
        return {"dot": percent(estimate.value), "start": start, "width": round(end - start, 1)}


def score_column(key: str, score: ScoreRecord, footnotes: Footnotes) -> dict[str, Any]:
    """Return the head of a score's column: title, direction and footnote."""
    return {
        "title": score.title,
        "arrow": "↑" if score.higher_is_better else "↓",
        "better": "higher is better" if score.higher_is_better else "lower is better",
        "first": "descending" if score.higher_is_better else "ascending",
        "biased": key == "fid",
        "note": footnotes.add(score),
    }


def estimate_cell(key: str, estimate: EstimateRecord) -> dict[str, Any]:
    """Return a figure as text, and as a number to sort by."""
    return {
        "value": sentences.format_number(key, estimate.value),
        "interval": sentences.format_interval(key, estimate),
        "why": sentences.why_missing(estimate),
        "number": "" if estimate.value is None else f"{estimate.value:.6g}",
    }


def translation_scores(item: EvaluationRecord, footnotes: Footnotes) -> dict[str, Any]:
    """Return all scores of a translation, a row each, beside its baselines and the floor."""
    others = [of for of in item.figures if of not in ("model", FLOOR)]
    others += [FLOOR] if FLOOR in item.figures else []
    names = {"model": item.name}
    names |= {of: sentences.BASELINE_NAMES.get(of, of) for of in others}
    return {
        "names": list(names.values()),
        "rows": [
            {
                **score_column(key, item.scores[key], footnotes),
                "n": item.estimate(key).n,
                "cells": [estimate_cell(key, item.estimate(key, of)) for of in names],
            }
            for key in all_score_keys([item])
        ],
        "command": evaluate_command(item.variant),
    }
