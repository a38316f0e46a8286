"""The page: everything the template shows, gathered, rendered and written at once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from s2f_core.report import comparison, gallery, panels, sources, words
from s2f_core.report.leaderboard import SCORES, Entry, entries, save, write
from s2f_core.report.sources import Evaluation, Figure, Score, Sources
from s2f_core.report.studies import Study, check

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
PAGE_BYTES = 6_000_000  # what a phone loads without complaint
EDGES = (256, 192, 128, 96)  # image sizes tried until the page is small enough
GROUPS = {
    "translation": "Translations, by KID",
    "baseline": "Trivial baselines: no network",
    "floor": "Floor: real photos against the test photos",
}


def build(
    out: Path,
    leaderboard: Path,
    studies: dict[str, Study],
    translations: list[str],
    root: Path = Path(),
) -> None:
    """Write the page to ``out`` and the leaderboard's CSV file to ``leaderboard``.

    ``root`` holds ``data/`` and ``metrics/``. Equal inputs give equal bytes. Raises UserError where
    a translation has not been evaluated or a study names one that does not exist.
    """
    check(studies, translations)
    found = sources.read(root, translations)
    lines = entries(found.evaluations)
    html = ""
    for edge in EDGES:
        html = _render(found, lines, studies, edge)
        if len(html) <= PAGE_BYTES:
            break
        log.warning("%s: %.1f MB with images of %d px", out, len(html) / 1e6, edge)
    save(leaderboard, lines)
    write(out, html)


def _render(found: Sources, lines: list[Entry], studies: dict[str, Study], edge: int) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    roles = list(dict.fromkeys(item.role for item in found.evaluations))
    return environment.get_template("page.html").render(
        css=Markup((HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704 -- our own file
        boards=[_board(role, found.evaluations, lines) for role in roles],
        grids=[gallery.grid(role, found, edge) for role in roles],
        studies=[_study(key, study, found) for key, study in studies.items()],
        variants=[
            panels.variant(number, name, found, edge) for number, name in enumerate(found.variants)
        ],
    )


def _board(role: str, evaluations: list[Evaluation], lines: list[Entry]) -> dict[str, Any]:
    mine = [item for item in evaluations if item.role == role]
    scores = _scores(mine)
    shown = [line for line in lines if line.evaluation.role == role]
    winners = {score: words.best(mine, score) for score in scores}
    return {
        "role": role,
        "summary": words.summary(mine),
        "against": words.against_baselines(mine),
        "bias": words.bias(mine),
        "few": min(item.images for item in mine) < words.UNBIASED,
        "scores": scores,
        "groups": [
            {
                "kind": kind,
                "title": title,
                "rows": [
                    {
                        "name": words.NAMES.get(line.name, line.name) if baseline else line.name,
                        "input": line.input,
                        "n": line.n,
                        "cells": [_cell(line, score, shown, winners) for score in scores],
                    }
                    for line in shown
                    if line.kind == kind
                ],
            }
            for kind, title in GROUPS.items()
            for baseline in [kind != "translation"]
        ],
    }


def _scores(evaluations: list[Evaluation]) -> dict[str, Score]:
    """All scores of these evaluations, KID first because FID is biased."""
    known = {key: score for item in evaluations for key, score in item.scores.items()}
    order = ["kid", *SCORES, *known]
    return {key: known[key] for key in dict.fromkeys(order) if key in known}


def _cell(
    line: Entry, score: str, lines: list[Entry], winners: dict[str, Evaluation | None]
) -> dict[str, Any]:
    figure = line.figure(score)
    ends = [
        end
        for other in lines
        for item in [other.figure(score)]
        for end in (item.value, item.low, item.high)
        if end is not None
    ]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)

    def place(value: float) -> float:
        return round(100 * (value - low) / ((high - low) or 1), 1)

    known = figure.low is not None and figure.high is not None
    return {
        "value": words.number(score, figure.value),
        "interval": words.interval(score, figure),
        "best": line.kind == "translation" and winners[score] is line.evaluation,
        "dot": None if figure.value is None else place(figure.value),
        "whisker": (place(figure.low or 0.0), place(figure.high or 0.0)) if known else None,
    }


def _study(key: str, study: Study, found: Sources) -> dict[str, Any]:
    evaluations = {item.name: item for item in found.evaluations}
    trainings = {name: variant.training for name, variant in found.variants.items()}
    known = _scores(list(evaluations.values()))
    printed = list(dict.fromkeys(score for row in study.rows for score in row.published))
    rows = []
    for row in study.rows:
        ours = evaluations[row.ours] if row.ours else None
        cells = []
        for score in printed:
            paper = row.published.get(score)
            value = words.MISSING if paper is None else f"{paper:.2f}"
            cells.append({"value": value, "interval": "", "of": "paper"})
            cells.append(_ours(ours, score))
        rows.append({"name": row.name, "ours": row.ours, "cells": [*cells, _ours(ours, "kid")]})
    rankings = (comparison.ranking(study, score, evaluations) for score in printed)
    return {
        "key": key,
        "study": study,
        "scores": [known[score].title if score in known else score for score in printed],
        "rows": rows,
        "rankings": [said for said in rankings if said],
        "differences": comparison.differences(study, evaluations, trainings),
    }


def _ours(evaluation: Evaluation | None, score: str) -> dict[str, Any]:
    figure = evaluation.figure(score) if evaluation else Figure()
    return {
        "value": words.number(score, figure.value),
        "interval": words.interval(score, figure),
        "of": "ours",
    }
