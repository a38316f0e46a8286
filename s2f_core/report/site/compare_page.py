"""The page that compares two translations of the same images; its script reads one JSON."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import Any

from s2f_core.metrics.paired_bootstrap import Comparisons, Difference
from s2f_core.report.site import examples, gallery, sentences
from s2f_core.report.site.footnotes import Footnotes
from s2f_core.report.site.leaderboard import Board, all_score_keys
from s2f_core.report.site.leaderboard_view import board_title
from s2f_core.report.site.pictures import PictureStore, SitePicture
from s2f_core.report.site.sources import Sources, TranslationResult
from s2f_core.report.theme.templates import script_json


def compare_view(
    sources: Sources, boards: list[Board], pictures: PictureStore, footnotes: Footnotes
) -> dict[str, Any]:
    """Return every board of two translations or more, as data and as JSON for the script."""
    comparable = [board for board in boards if len(board.evaluations) > 1]
    views = [_board(board, sources, pictures, footnotes) for board in comparable]
    return {"data": script_json(views), "boards": views}


def _board(
    board: Board, sources: Sources, pictures: PictureStore, footnotes: Footnotes
) -> dict[str, Any]:
    results = gallery.board_results(board, sources)
    ids = gallery.shared_ids(list(results.values()))
    keys = all_score_keys(board.evaluations)
    scores = {key: score for item in board.evaluations for key, score in item.scores.items()}
    return {
        "title": board_title(board),
        "faces": ids,
        "scores": [
            {
                "key": key,
                "title": scores[key].title,
                "higher": scores[key].higher_is_better,
                "note": footnotes.add(scores[key]).ident,
            }
            for key in keys
        ],
        "translations": [
            _translation(name, result, ids, keys, pictures) for name, result in results.items()
        ],
        "differences": _differences(list(results), keys, sources.comparisons),
    }


def _translation(
    name: str, result: TranslationResult, ids: list[str], keys: list[str], pictures: PictureStore
) -> dict[str, Any]:
    values = result.scores.reindex(ids)
    return {
        "name": name,
        "variant": result.evaluation.variant,
        "note": result.evaluation.condition,
        "images": {
            "output" if side == name else side: [
                _source(pictures.from_table(table, each)) for each in ids
            ]
            for side, table in examples.tables_by_side(result).items()
        },
        "figures": {
            key: [
                sentences.format_number(key, estimate.value),
                sentences.format_interval(key, estimate),
                estimate.n,
            ]
            for key in keys
            for estimate in [result.evaluation.estimate(key)]
        },
        "faces": {
            str(key): [
                sentences.MISSING if math.isnan(value) else sentences.format_number(str(key), value)
                for value in map(float, values[key])
            ]
            for key in values
        },
    }


def _source(picture: SitePicture | None) -> str | None:
    return picture.src if picture else None


def _differences(
    names: list[str], keys: list[str], comparisons: Comparisons
) -> dict[str, dict[str, list[str | int]]]:
    """Return difference, interval, outcome and N by both names, a line each, and by score."""
    pairs: dict[str, dict[str, list[str | int]]] = {}
    for one, other in combinations(names, 2):
        differences = {
            key: difference
            for key in keys
            if (difference := comparisons.difference(key, one, other))
        }
        pairs[f"{one}\n{other}"] = {
            key: _difference_entry(key, each) for key, each in differences.items()
        }
        pairs[f"{other}\n{one}"] = {
            key: _difference_entry(key, _negated(each)) for key, each in differences.items()
        }
    return pairs


def _negated(difference: Difference) -> Difference:
    return replace(difference, value=-difference.value, low=-difference.high, high=-difference.low)


def _difference_entry(key: str, difference: Difference) -> list[str | int]:
    low, high = (sentences.format_number(key, end) for end in (difference.low, difference.high))
    return [
        sentences.format_number(key, difference.value),
        f"{low} \N{EN DASH} {high}",
        difference.outcome,
        difference.n,
    ]
