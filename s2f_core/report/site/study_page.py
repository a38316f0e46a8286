"""A study's page: the paper's table and ours, its claims and whether they hold, what differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from s2f_core.common.study_variants import add_command
from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site import sentences
from s2f_core.report.site.differences import difference_sentences
from s2f_core.report.site.footnotes import Footnotes
from s2f_core.report.site.leaderboard import score_keys
from s2f_core.report.site.leaderboard_view import estimate_cell, evaluate_command, score_column
from s2f_core.report.site.ranking import order_sentences, ranking_sentence
from s2f_core.report.site.records import (
    HEADLINE,
    EstimateRecord,
    EvaluationRecord,
    ScoreRecord,
)
from s2f_core.report.site.sources import Sources
from s2f_core.report.site.studies import Study, StudyRow
from s2f_core.report.site.verdicts import Verdict, caution, judge_claims

BADGES = {  # of a verdict: its CSS class and its words
    "yes": ("yes", "holds"),
    "no": ("no", "does not hold"),
    "not settled": ("open", "not settled"),
    "not tested here": ("none", "not tested here"),
}


def study_view(key: str, study: Study, sources: Sources, footnotes: Footnotes) -> dict[str, Any]:
    """Return everything that the template shows of a study."""
    evaluations = {item.name: item for item in sources.evaluations}
    trainings = {name: variant.training for name, variant in sources.variants.items()}
    verdicts = judge_claims(study, sources)
    trained = study.only(evaluations)
    views = [_verdict_view(verdict) for verdict in verdicts]
    return {
        "key": key,
        "study": study,
        "counts": _verdict_counts(views),
        "verdicts": views,
        "caution": caution(verdicts),
        "rankings": _rankings(trained, evaluations, sources.comparisons),
        "printed": study.printed.texts(sentences.MISSING) if study.printed else {},
        "differences": difference_sentences(trained, evaluations, trainings),
        **_table(trained, _add_commands(study, sources), evaluations, footnotes),
    }


def _verdict_view(verdict: Verdict) -> dict[str, str]:
    kind, holds = BADGES[verdict.holds]
    return {
        "claim": verdict.claim,
        "kind": kind,
        "holds": holds,
        "evidence": verdict.evidence,
        "command": verdict.command,
        "add": verdict.add,
    }


def _add_commands(study: Study, sources: Sources) -> list[str]:
    """The command that trains the translation of each row; empty if it is trained or has none."""
    return [
        add_command([sources.addable[row.ours]])
        if row.ours and row.ours not in sources.translations
        else ""
        for row in study.rows
    ]


def _verdict_counts(verdicts: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Count the claims with each verdict, in the order of BADGES."""
    counts = Counter(verdict["kind"] for verdict in verdicts)
    return [
        {"kind": kind, "holds": holds, "count": counts[kind]} for kind, holds in BADGES.values()
    ]


def _published_scores(study: Study) -> list[str]:
    return list(dict.fromkeys(score for row in study.rows for score in row.published))


def _rankings(
    study: Study, evaluations: dict[str, EvaluationRecord], comparisons: Comparisons
) -> list[str]:
    published = _published_scores(study)
    if not published:
        return order_sentences(study, evaluations, comparisons)
    rankings = [ranking_sentence(study, score, evaluations, comparisons) for score in published]
    return [sentence for sentence in rankings if sentence]


def _table(
    study: Study,
    add_commands: list[str],
    evaluations: dict[str, EvaluationRecord],
    footnotes: Footnotes,
) -> dict[str, Any]:
    """Return the paper's columns, published beside ours, then columns that only we have."""
    known = {key: score for item in evaluations.values() for key, score in item.scores.items()}
    published = _published_scores(study)
    kinds = dict.fromkeys(evaluations[name].kind for name in study.ours)
    extra = [study.printed.score] if study.printed else []
    extra += [score for kind in kinds for score in HEADLINE[kind]]
    measured = score_keys(list(evaluations.values()))
    ours_only = [key for key in dict.fromkeys(extra) if key not in published and key in measured]
    return {
        "columns": [_column(key, known, footnotes) for key in published],
        "ours_only": [_column(key, known, footnotes) for key in ours_only],
        "rows": [
            {**_row(row, published, ours_only, evaluations), "add": add}
            for row, add in zip(study.rows, add_commands, strict=True)
        ],
    }


def _column(key: str, known: dict[str, ScoreRecord], footnotes: Footnotes) -> dict[str, Any]:
    if key in known:
        return score_column(key, known[key], footnotes)
    return {"title": key, "arrow": "", "better": "", "note": None}


def _row(
    row: StudyRow,
    published: list[str],
    ours_only: list[str],
    evaluations: dict[str, EvaluationRecord],
) -> dict[str, Any]:
    ours = evaluations[row.ours] if row.ours else None
    cells = []
    for key in published:
        paper = row.published.get(key)
        value = sentences.MISSING if paper is None else f"{paper:.2f}"
        cells += [{"value": value, "interval": "", "of": "paper"}, _our_cell(ours, key)]
    return {
        "name": row.name,
        "ours": row.ours,
        "variant": ours.variant if ours else None,
        "command": evaluate_command(ours.variant) if ours else "",
        "cells": cells + [_our_cell(ours, key) for key in ours_only],
    }


def _our_cell(evaluation: EvaluationRecord | None, key: str) -> dict[str, Any]:
    estimate = evaluation.estimate(key) if evaluation else EstimateRecord()
    return {**estimate_cell(key, estimate), "of": "ours"}
