"""What the page that compares two translations of the same images needs, as one JSON."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import combinations
from typing import Any

from markupsafe import Markup

from s2f_core.metrics.paired_bootstrap import Comparisons, Difference
from s2f_core.report.site import examples, gallery, leaderboard, leaderboard_view, sentences
from s2f_core.report.site.footnotes import Notes
from s2f_core.report.site.leaderboard import Board
from s2f_core.report.site.pictures import Picture, Pictures
from s2f_core.report.site.sources import Sources, Translated


def view(found: Sources, tables: list[Board], pictures: Pictures, notes: Notes) -> dict[str, Any]:
    """Every board that has two translations or more, with the same faces of each.

    ``data`` is the JSON for the page's script, safe within its tag.
    """
    chosen = [board for board in tables if len(board.evaluations) > 1]
    data = [_board(board, found, pictures, notes) for board in chosen]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return {
        "data": Markup(text.replace("<", "\\u003c")),  # noqa: S704 -- no tag can end in it
        "boards": data,
    }


def _board(board: Board, found: Sources, pictures: Pictures, notes: Notes) -> dict[str, Any]:
    mine = gallery.of(board, found)
    ids = gallery.shared(list(mine.values()))
    keys = leaderboard.ordered(board.evaluations)
    known = {key: score for item in board.evaluations for key, score in item.scores.items()}
    return {
        "title": leaderboard_view.title(board),
        "faces": ids,
        "scores": [
            {
                "key": key,
                "title": known[key].title,
                "higher": known[key].higher_is_better,
                "note": notes.add(known[key]).ident,
            }
            for key in keys
        ],
        "translations": [
            _translation(name, item, ids, keys, pictures) for name, item in mine.items()
        ],
        "differences": _differences(list(mine), keys, found.comparisons),
    }


def _translation(
    name: str, item: Translated, ids: list[str], keys: list[str], pictures: Pictures
) -> dict[str, Any]:
    shown = examples.sides(item)
    values = item.scores.reindex(ids)
    return {
        "name": name,
        "note": item.evaluation.condition,
        "images": {
            "output" if side == name else side: [_source(pictures.of(table, each)) for each in ids]
            for side, table in shown.items()
        },
        "figures": {
            key: [sentences.number(key, figure.value), sentences.interval(key, figure), figure.n]
            for key in keys
            for figure in [item.evaluation.figure(key)]
        },
        "faces": {
            str(key): [
                sentences.MISSING if math.isnan(value) else sentences.number(str(key), value)
                for value in map(float, values[key])
            ]
            for key in values
        },
    }


def _source(picture: Picture | None) -> str | None:
    return picture.src if picture else None


def _differences(
    names: list[str], keys: list[str], compared: Comparisons
) -> dict[str, dict[str, list[str | int]]]:
    """By pair, a line each, and score: the difference, its interval, the outcome and N."""
    pairs: dict[str, dict[str, list[str | int]]] = {}
    for one, other in combinations(names, 2):
        found = {key: compared.difference(key, one, other) for key in keys}
        known = {key: each for key, each in found.items() if each}
        pairs[f"{one}\n{other}"] = {key: _said(key, each) for key, each in known.items()}
        turned = {key: _said(key, _turned(each)) for key, each in known.items()}
        pairs[f"{other}\n{one}"] = turned
    return pairs


def _turned(found: Difference) -> Difference:
    """The difference of the second from the first."""
    return replace(found, value=-found.value, low=-found.high, high=-found.low)


def _said(key: str, difference: Difference) -> list[str | int]:
    low, high = (sentences.number(key, end) for end in (difference.low, difference.high))
    return [
        sentences.number(key, difference.value),
        f"{low} \N{EN DASH} {high}",
        difference.outcome,
        difference.n,
    ]
