"""Sentences about a study: does the paper's ranking hold here, and what differs."""

from __future__ import annotations

from collections.abc import Iterable

from s2f_core.report.sources import HEADLINE, Evaluation, Training
from s2f_core.report.studies import Study, StudyRow
from s2f_core.report.words import UNBIASED, in_sentence, listing, number, overlap

PIXEL = "pixel_difference"


def ranking(study: Study, score: str, evaluations: dict[str, Evaluation]) -> str:
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
    return f"{lead} {_compare(printed, ranked, score, evaluations)}"


def order(study: Study, evaluations: dict[str, Evaluation]) -> list[str]:
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
        if overlap(known[0].figure(score), known[1].figure(score)):
            text += " The intervals of the first two overlap, so their order is not settled."
        said.append(text)
    return said


def _value(row: StudyRow, score: str, evaluations: dict[str, Evaluation]) -> float | None:
    return evaluations[row.ours].figure(score).value if row.ours else None


def _compare(
    printed: list[StudyRow],
    ranked: list[StudyRow],
    score: str,
    evaluations: dict[str, Evaluation],
) -> str:
    top, first = printed[0], ranked[0]
    figures = {row.name: evaluations[row.ours or ""].figure(score) for row in ranked}
    value = {name: number(score, figure.value) for name, figure in figures.items()}
    among = f"its rows trained here ({len(ranked)} of {len(printed)})"
    if len(ranked) == len(printed):
        among = f"its {len(ranked)} rows"
    if first is top:
        other = ranked[1]
        said = (
            f"That holds here: among {among} it is the best again, at {value[top.name]} "
            f"before {other.name} at {value[other.name]}."
        )
    else:
        other = first
        said = (
            f"That does not hold here: among {among} the best is {first.name} at "
            f"{value[first.name]}, and {top.name} comes {_ordinal(ranked.index(top) + 1)} at "
            f"{value[top.name]}."
        )
    if overlap(figures[top.name], figures[other.name]):
        said += " Their intervals overlap, so the order of the two is not settled."
    expected = [row.name for row in printed if row in ranked]
    found = [row.name for row in ranked]
    if expected == found and len(found) > 2:
        said += f" The whole order is the same: {listing(found)}."
    elif len(found) > 2:
        said += f" Best first, the paper has {listing(expected)}; here it is {listing(found)}."
    return said


def _ordinal(place: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(place, f"{place}th")


def differences(
    study: Study, evaluations: dict[str, Evaluation], trainings: dict[str, Training]
) -> list[str]:
    """How our numbers were made against how the paper's were, from what training recorded."""
    ours = [evaluations[name] for name in study.ours]
    if not ours:
        return ["No row of this table was trained here."]
    records = [trainings[name] for name in dict.fromkeys(item.variant for item in ours)]
    edges = {item.variant: item.image_size for item in ours}
    used = dict.fromkeys(record.size or edges[record.variant] for record in records)
    sizes = listing(f"{edge}\N{MULTIPLICATION SIGN}{edge}" for edge in used)
    epochs = _span(record.epochs for record in records)
    devices = listing(dict.fromkeys(f"{r.device} ({r.precision})" for r in records))
    facts = (
        f"Published with: {study.setting}. Ours with: "
        f"{_span(r.training_images for r in records)} training images, {sizes} pixels, "
        f"{_span(r.steps for r in records)} steps ({epochs} epochs), PyTorch on {devices}, "
        f"scored on {_span(item.images for item in ours)} test images."
    )
    said = [facts]
    if study.printed:
        said.append(
            f"The printed {study.printed.score.upper()} is of the "
            "paper's own data: what is set beside it is the same kind of model on ours, and the "
            "two numbers do not compare."
        )
    absent = [row.name for row in study.rows if row.ours is None]
    if absent:
        said.append(f"Not trained here: {listing(absent)}.")
    return said + _caveats(study, ours)


def _caveats(study: Study, ours: list[Evaluation]) -> list[str]:
    said = []
    printed = {score for row in study.rows for score in row.published}
    if study.printed:
        printed.add(study.printed.score)
    fewest = min(item.images for item in ours)
    if "fid" in printed and fewest < UNBIASED:
        said.append(
            f"An FID at N = {fewest:,} is not comparable with the paper's absolute values: it "
            "depends on N, on the feature network and on how images are resized. Only the order "
            "within a column can be compared."
        )
    values = [row.published.get(PIXEL) for row in study.rows]
    known = [value for value in values if value is not None]
    if known:
        meanings = [item.scores[PIXEL].describe for item in ours if PIXEL in item.scores]
        ending = f" Ours: {meanings[0].rstrip('.')}." if meanings else ""
        said.append(
            "The paper does not state how it computes its pixel difference "
            f"({_span(known, '.2f')}): its definition is another one than ours.{ending}"
        )
    return said


def _span(values: Iterable[float], form: str = ",.4g") -> str:
    """The range of some numbers, or the one number that they all are."""
    ordered = sorted(set(values))
    ends = dict.fromkeys(_plain(value, form) for value in (ordered[0], ordered[-1]))
    return " to ".join(ends)


def _plain(value: float, form: str) -> str:
    return f"{value:,}" if isinstance(value, int) else format(value, form)
