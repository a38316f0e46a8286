"""Sentences about a study's table: is the paper's best row the best here, and in what order."""

from __future__ import annotations

from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site.sentences import in_sentence, listing, number
from s2f_core.report.site.sources import HEADLINE, Evaluation
from s2f_core.report.site.studies import Study, StudyRow


def ranking(
    study: Study, score: str, evaluations: dict[str, Evaluation], compared: Comparisons
) -> str:
    """Whether the paper's best row by ``score`` is the best here too, in plain words.

    Empty where the study publishes fewer than two such numbers or none can be compared.
    """
    printed = [row for row in study.rows if score in row.published]
    scored = [item.scores[score] for item in evaluations.values() if score in item.scores]
    if not scored or len(printed) < 2:
        return ""
    known = scored[0]
    title = in_sentence(known.title)
    sign = -1 if known.higher_is_better else 1
    printed.sort(key=lambda row: sign * row.published[score])
    top = printed[0]
    ours = {row.name: _value(row, score, evaluations) for row in printed}
    ranked = [row for row in printed if ours[row.name] is not None]
    ranked.sort(key=lambda row: sign * (ours[row.name] or 0.0))
    lead = f"By {title} the paper's best is {top.name} ({top.published[score]:.2f})."
    if ours[top.name] is None:
        return f"{lead} It was not trained here, so this cannot be checked."
    if len(ranked) < 2:
        return f"{lead} No other row was trained here, so this cannot be checked."
    leaders = compared.leaders(score, [row.ours or "" for row in ranked])
    values = {row.name: number(score, ours[row.name]) for row in ranked}
    said = [lead, _top(top, ranked, values, leaders, len(printed)), _whole(printed, ranked)]
    return " ".join(part for part in said if part)


def _value(row: StudyRow, score: str, evaluations: dict[str, Evaluation]) -> float | None:
    return evaluations[row.ours].figure(score).value if row.ours else None


def _top(
    top: StudyRow, ranked: list[StudyRow], values: dict[str, str], leaders: list[str], rows: int
) -> str:
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
        others = listing(f"{name} ({values[name]})" for name in level)
        return (
            f"That is not settled here: among {among} it is at {values[top.name]}, and no "
            f"difference from {others} is settled."
        )
    other = ranked[1].name
    return (
        f"That holds here: among {among} it is the best again, at {values[top.name]} before "
        f"{other} at {values[other]}."
    )


def _whole(printed: list[StudyRow], ranked: list[StudyRow]) -> str:
    expected = [row.name for row in printed if row in ranked]
    found = [row.name for row in ranked]
    if len(found) < 3:
        return ""
    if expected == found:
        return f"The figures have the same order throughout: {listing(found)}."
    return (
        f"By the figures, best first, the paper has {listing(expected)}; here it is "
        f"{listing(found)}."
    )


def _ordinal(place: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(place, f"{place}th")


def order(study: Study, evaluations: dict[str, Evaluation], compared: Comparisons) -> list[str]:
    """Our translations of a study, best first by the headline score, where they can be compared."""
    groups: dict[tuple[str, str], list[Evaluation]] = {}
    for name in dict.fromkeys(study.ours):
        item = evaluations[name]
        groups.setdefault((item.target, item.kind), []).append(item)
    said = []
    for (target, kind), items in groups.items():
        score = HEADLINE[kind][0]
        known = [item for item in items if item.figure(score).value is not None]
        if len(known) < 2:
            continue
        sign = -1 if known[0].scores[score].higher_is_better else 1
        known.sort(key=lambda item: sign * (item.figure(score).value or 0.0))
        ranked = listing(f"{i.name} ({number(score, i.figure(score).value)})" for i in known)
        text = f"Here, by {in_sentence(known[0].scores[score].title)} on {target}, best first: "
        text += f"{ranked}."
        if len(leaders := compared.leaders(score, [item.name for item in known])) > 1:
            text += f" Which of {listing(leaders)} is best is not settled."
        said.append(text)
    return said
