"""A study's page: the paper's table and ours, its claims and whether they hold, what differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site import leaderboard_view, sentences
from s2f_core.report.site import verdicts as comparison
from s2f_core.report.site.footnotes import Notes
from s2f_core.report.site.leaderboard import columns
from s2f_core.report.site.sources import HEADLINE, Evaluation, Figure, Score, Sources
from s2f_core.report.site.studies import Study, StudyRow
from s2f_core.report.site.verdicts import Verdict

HOLDS = {  # how a verdict is shown: its class and its words
    "yes": ("yes", "holds"),
    "no": ("no", "does not hold"),
    "not settled": ("open", "not settled"),
    "not tested here": ("none", "not tested here"),
}


def view(key: str, study: Study, found: Sources, notes: Notes) -> dict[str, Any]:
    """Everything the template shows of a study."""
    evaluations = {item.name: item for item in found.evaluations}
    trainings = {name: variant.training for name, variant in found.variants.items()}
    judged = comparison.verdicts(study, found)
    shown = [_verdict(one) for one in judged]
    return {
        "key": key,
        "study": study,
        "counts": _counts(shown),
        "verdicts": shown,
        "caution": comparison.caution(judged),
        "rankings": _rankings(study, evaluations, found.comparisons),
        "printed": study.printed.texts(sentences.MISSING) if study.printed else {},
        "differences": comparison.differences(study, evaluations, trainings),
        **_table(study, evaluations, notes),
    }


def _verdict(verdict: Verdict) -> dict[str, str]:
    kind, holds = HOLDS[verdict.holds]
    return {
        "claim": verdict.claim,
        "kind": kind,
        "holds": holds,
        "evidence": verdict.evidence,
        "command": verdict.command,
    }


def _counts(verdicts: list[dict[str, str]]) -> list[dict[str, Any]]:
    """How many claims have each verdict, in the verdicts' order."""
    counted = Counter(verdict["kind"] for verdict in verdicts)
    return [
        {"kind": kind, "holds": holds, "count": counted[kind]} for kind, holds in HOLDS.values()
    ]


def _rankings(study: Study, evaluations: dict[str, Evaluation], compared: Comparisons) -> list[str]:
    printed = dict.fromkeys(score for row in study.rows for score in row.published)
    if not printed:
        return comparison.order(study, evaluations, compared)
    said = [comparison.ranking(study, score, evaluations, compared) for score in printed]
    return [each for each in said if each]


def _table(study: Study, evaluations: dict[str, Evaluation], notes: Notes) -> dict[str, Any]:
    """The paper's columns, published beside ours, then those that it has not."""
    known = {key: score for item in evaluations.values() for key, score in item.scores.items()}
    printed = list(dict.fromkeys(score for row in study.rows for score in row.published))
    kinds = dict.fromkeys(evaluations[name].kind for name in study.ours)
    extra = [study.printed.score] if study.printed else []
    extra += [score for kind in kinds for score in HEADLINE[kind]]
    measured = columns(list(evaluations.values()))
    alone = [key for key in dict.fromkeys(extra) if key not in printed and key in measured]
    return {
        "columns": [_column(key, known, notes) for key in printed],
        "alone": [_column(key, known, notes) for key in alone],
        "rows": [_row(row, printed, alone, evaluations) for row in study.rows],
    }


def _column(key: str, known: dict[str, Score], notes: Notes) -> dict[str, Any]:
    if key in known:
        return leaderboard_view.column(key, known[key], notes)
    return {"title": key, "arrow": "", "better": "", "note": None}


def _row(
    row: StudyRow, printed: list[str], alone: list[str], evaluations: dict[str, Evaluation]
) -> dict[str, Any]:
    ours = evaluations[row.ours] if row.ours else None
    cells = []
    for key in printed:
        paper = row.published.get(key)
        value = sentences.MISSING if paper is None else f"{paper:.2f}"
        cells += [{"value": value, "interval": "", "of": "paper"}, _ours(ours, key)]
    return {
        "name": row.name,
        "ours": row.ours,
        "variant": ours.variant if ours else None,
        "command": leaderboard_view.command(row.ours) if row.ours else "",
        "cells": cells + [_ours(ours, key) for key in alone],
    }


def _ours(evaluation: Evaluation | None, key: str) -> dict[str, Any]:
    figure = evaluation.figure(key) if evaluation else Figure()
    return {**leaderboard_view.cell(key, figure), "of": "ours"}
