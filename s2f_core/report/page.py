"""The page: everything the template shows, gathered, rendered and written at once."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from s2f_core.report import comparison, gallery, gap, panels, sources, words
from s2f_core.report.leaderboard import SCORES, Board, Entry, boards, save, write
from s2f_core.report.sources import HEADLINE, Evaluation, Figure, Score, Sources
from s2f_core.report.studies import Study, check

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
PAGE_BYTES = 12_000_000
EDGES = (192, 128, 96)  # image sizes tried until the page is small enough


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
    tables = boards(found.evaluations)
    html = ""
    for edge in EDGES:
        html = _render(found, tables, studies, gap.section(root, edge), edge)
        if len(html) <= PAGE_BYTES:
            break
        log.warning("%s: %.1f MB with images of %d px", out, len(html) / 1e6, edge)
    save(leaderboard, tables)
    write(out, html)


def _render(
    found: Sources,
    tables: list[Board],
    studies: dict[str, Study],
    human_gap: dict[str, Any] | None,
    edge: int,
) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        css=Markup((HERE / "style.css").read_text(encoding="utf-8")),  # noqa: S704 -- our own file
        doodles=any(item.role == "doodles" for item in found.evaluations),
        overview=words.overview(found.evaluations, len(tables)),
        boards=[_board(f"board-{number}", board) for number, board in enumerate(tables)],
        galleries=[
            {"title": _title(board), **gallery.pictures(board, found, edge)} for board in tables
        ],
        studies=[_study(key, study, found) for key, study in studies.items()],
        gap=human_gap,
        variants=[
            panels.variant(number, name, found, edge) for number, name in enumerate(found.variants)
        ],
    )


def _title(board: Board) -> str:
    """What the translations of a board make, and of what: "Photos from sketches · faces/kept"."""
    first = board.evaluations[0]
    return f"{first.things.capitalize()} from {first.origin} · {board.target}"


def _board(ident: str, board: Board) -> dict[str, Any]:
    mine = board.evaluations
    things = mine[0].things
    scores = _scores(mine)
    winners = {score: words.best(mine, score) for score in scores}
    main = scores[board.headline[0]].title if board.headline[0] in scores else "name"
    groups = {
        "translation": f"Translations, by {words.in_sentence(main)}",
        "baseline": "Trivial baselines: no network",
        "floor": f"Floor: other real {things} against the test {things}",
    }
    return {
        "ident": ident,
        "title": _title(board),
        "summary": words.summary(mine),
        "against": words.against_baselines(mine),
        "bias": words.bias(mine),
        "scores": scores,
        "groups": [
            {
                "kind": kind,
                "title": title,
                "rows": [
                    _row(line, board, scores, winners) for line in board.lines if line.kind == kind
                ],
            }
            for kind, title in groups.items()
        ],
    }


def _row(
    line: Entry, board: Board, scores: dict[str, Score], winners: dict[str, Evaluation | None]
) -> dict[str, Any]:
    baseline = line.kind != "translation"
    return {
        "name": words.NAMES.get(line.name, line.name) if baseline else line.name,
        "input": line.input,
        "n": line.n,
        "cells": [_cell(line, score, board.lines, winners) for score in scores],
    }


def _scores(evaluations: list[Evaluation]) -> dict[str, Score]:
    """All scores of these evaluations, the headline's first: KID, because FID is biased."""
    known = {key: score for item in evaluations for key, score in item.scores.items()}
    order = [*(HEADLINE[item.kind][0] for item in evaluations), *SCORES, *known]
    return {key: known[key] for key in dict.fromkeys(order) if key in known}


def _cell(
    line: Entry, score: str, lines: tuple[Entry, ...], winners: dict[str, Evaluation | None]
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
    kinds = dict.fromkeys(evaluations[name].kind for name in study.ours)
    extra = [study.printed.score] if study.printed else []
    extra += [score for kind in kinds for score in HEADLINE[kind]]
    alone = [score for score in dict.fromkeys(extra) if score not in printed]
    rows = []
    for row in study.rows:
        ours = evaluations[row.ours] if row.ours else None
        cells = []
        for score in printed:
            paper = row.published.get(score)
            value = words.MISSING if paper is None else f"{paper:.2f}"
            cells.append({"value": value, "interval": "", "of": "paper"})
            cells.append(_ours(ours, score))
        cells += [_ours(ours, score) for score in alone]
        rows.append({"name": row.name, "ours": row.ours, "cells": cells})
    rankings = [comparison.ranking(study, score, evaluations) for score in printed]
    if not printed:
        rankings = comparison.order(study, evaluations)

    def title(score: str) -> str:
        return known[score].title if score in known else score

    return {
        "key": key,
        "study": study,
        "scores": [title(score) for score in printed],
        "alone": [title(score) for score in alone],
        "rows": rows,
        "printed": study.printed.texts(words.MISSING) if study.printed else {},
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
