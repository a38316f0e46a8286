"""Sentences about a study's order: is the paper's best row the best here too?"""

from __future__ import annotations

from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site.records import HEADLINE, EvaluationRecord
from s2f_core.report.site.sentences import format_number, join_words, title_in_sentence
from s2f_core.report.site.studies import Study, StudyRow


def ranking_sentence(
    study: Study, score: str, evaluations: dict[str, EvaluationRecord], comparisons: Comparisons
) -> str:
    """Say whether the paper's best row by ``score`` is the best here too.

    Empty if the study publishes fewer than two such numbers or none can be compared.
    """
    published = [row for row in study.rows if score in row.published]
    scores = [item.scores[score] for item in evaluations.values() if score in item.scores]
    if not scores or len(published) < 2:
        return ""
    title = title_in_sentence(scores[0].title)
    sign = -1 if scores[0].higher_is_better else 1
    published.sort(key=lambda row: sign * row.published[score])
    top = published[0]
    ours = {row.name: _value(row, score, evaluations) for row in published}
    ranked = [row for row in published if ours[row.name] is not None]
    ranked.sort(key=lambda row: sign * (ours[row.name] or 0.0))
    lead = f"By {title} the paper's best is {top.name} ({top.published[score]:.2f})."
    if ours[top.name] is None:
        return f"{lead} It was not trained here, so this cannot be checked."
    if len(ranked) < 2:
        return f"{lead} No other row was trained here, so this cannot be checked."
    leaders = comparisons.leaders(score, [row.ours or "" for row in ranked])
    values = {row.name: format_number(score, ours[row.name]) for row in ranked}
    parts = [
        lead,
        _best_row(top, ranked, values, leaders, len(published)),
        _whole_order(published, ranked),
    ]
    return " ".join(part for part in parts if part)


def _value(row: StudyRow, score: str, evaluations: dict[str, EvaluationRecord]) -> float | None:
    return evaluations[row.ours].estimate(score).value if row.ours else None


def _best_row(
    top: StudyRow, ranked: list[StudyRow], values: dict[str, str], leaders: list[str], rows: int
) -> str:
    """Say whether the paper's best row ``top`` is the best of the ``ranked`` ones here."""
    among = f"its rows trained here ({len(ranked)} of {rows})"
    if len(ranked) == rows:
        among = f"its {rows} rows"
    if top.ours not in leaders:
        return (
            f"That does not hold here: among {among} the best is {ranked[0].name} at "
            f"{values[ranked[0].name]}, and {top.name} comes {_ordinal(ranked.index(top) + 1)} at "
            f"{values[top.name]}."
        )
    level = [row.name for row in ranked if row is not top and row.ours in leaders]
    if level:
        others = join_words(f"{name} ({values[name]})" for name in level)
        return (
            f"That is not settled here: among {among} it is at {values[top.name]}, and no "
            f"difference from {others} is settled."
        )
    other = ranked[1].name
    return (
        f"That holds here: among {among} it is the best again, at {values[top.name]} before "
        f"{other} at {values[other]}."
    )


def _whole_order(published: list[StudyRow], ranked: list[StudyRow]) -> str:
    """Compare the whole order with the paper's; empty for fewer than three rows."""
    papers = [row.name for row in published if row in ranked]
    ours = [row.name for row in ranked]
    if len(ours) < 3:
        return ""
    if papers == ours:
        return f"The whole order is the same: {join_words(ours)}."
    return f"From best to worst, the paper has {join_words(papers)}; here it is {join_words(ours)}."


def _ordinal(place: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(place, f"{place}th")


def order_sentences(
    study: Study, evaluations: dict[str, EvaluationRecord], comparisons: Comparisons
) -> list[str]:
    """Rank our comparable translations of a study by the headline score, a sentence a board."""
    groups: dict[tuple[str, str], list[EvaluationRecord]] = {}
    for name in dict.fromkeys(study.ours):
        item = evaluations[name]
        groups.setdefault((item.target, item.kind), []).append(item)
    sentences = []
    for (target, kind), items in groups.items():
        score = HEADLINE[kind][0]
        known = [item for item in items if item.estimate(score).value is not None]
        if len(known) < 2:
            continue
        sign = -1 if known[0].scores[score].higher_is_better else 1
        known.sort(key=lambda item: sign * (item.estimate(score).value or 0.0))
        ranked = join_words(
            f"{item.name} ({format_number(score, item.estimate(score).value)})" for item in known
        )
        title = title_in_sentence(known[0].scores[score].title)
        text = f"Here, by {title} on {target}, best first: {ranked}."
        if len(leaders := comparisons.leaders(score, [item.name for item in known])) > 1:
            text += f" Which of {join_words(leaders)} is best is not settled."
        sentences.append(text)
    return sentences
