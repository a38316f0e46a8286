"""The first pictures of the overview: inputs, outputs and targets of the best translation."""

from __future__ import annotations

from collections import Counter
from typing import Any

from s2f_core.metrics.paired_bootstrap import Comparisons
from s2f_core.report.site import sentences
from s2f_core.report.site.gallery import board_results, given_columns, shared_ids
from s2f_core.report.site.leaderboard import Board
from s2f_core.report.site.pictures import PictureStore
from s2f_core.report.site.sources import Sources

VERDICTS = {  # by kind
    "yes": "hold here",
    "no": "do not hold",
    "open": "are not settled",
    "none": "are not tested here",
}
GLOSSES = {"kid": "how much a set of pictures as a whole looks like photos"}
ENDS = slice(1, -1)  # of the ids of a gallery: the six between the first and the last


def best_pictures_view(
    boards: list[Board], sources: Sources, pictures: PictureStore
) -> dict[str, Any] | None:
    """Return rows of input, output and target of the first translation of a board of pairs.

    Of several boards it is the first of test images with their background, as far as there is one.
    None without a board of pairs that makes photos.
    """
    paired = [
        board
        for board in boards
        if board.kind == "pairs" and not board.evaluations[0].makes_sketches
    ]
    if not paired:
        return None
    board = min(paired, key=_preference)
    best = board.evaluations[0]
    results = board_results(board, sources)
    photo, sketch = given_columns(results[best.name])
    columns = {
        sketch.title: sketch.table,
        best.name: results[best.name].outputs,
        photo.title: photo.table,
    }
    ids = shared_ids(list(results.values()))
    rows = [
        [
            {"picture": picture, "alt": f"{title} of {best.role} image {each}"}
            for title, table in columns.items()
            if table is not None and (picture := pictures.from_table(table, each))
        ]
        for each in ids[ENDS] or ids
    ]
    return {
        "name": best.name,
        "variant": best.variant,
        "titles": list(columns),
        "rows": [row for row in rows if len(row) == len(columns)],
        "caption": _caption(board),
        "sentences": _sentences(board, sources.comparisons),
    }


def _preference(board: Board) -> tuple[bool, bool]:
    first = board.evaluations[0]
    return first.split != "test", first.background != "kept"


def _caption(board: Board) -> str:
    best, count = board.evaluations[0], len(board.evaluations)
    text = (
        f"{best.split_images.capitalize()} of {best.role}, evenly spread and not selected, with "
        f"the outputs of {best.name}"
    )
    score = board.headline[0]
    if count == 1 or best.estimate(score).value is None:
        return f"{text}."
    title = sentences.title_in_sentence(best.scores[score].title)
    gloss = f" {title} asks {GLOSSES[score]}." if score in GLOSSES else ""
    return f"{text}, which has the best {title} of {count} translations.{gloss}"


def _sentences(board: Board, comparisons: Comparisons) -> list[str]:
    best = board.evaluations[0]
    ranking = sentences.best_sentences(board.evaluations, comparisons)
    return [*(ranking if len(board.evaluations) > 1 else []), *sentences.baseline_sentences([best])]


def claims_sentences(studies: list[dict[str, Any]]) -> list[str]:
    """Count the verdicts on the claims of all studies in a sentence; none without claims."""
    counts = Counter[str]()
    for study in studies:
        counts.update({verdict["kind"]: verdict["count"] for verdict in study["counts"]})
    if not (total := counts.total()):
        return []
    parts = [f"{counts[kind]} {words}" for kind, words in VERDICTS.items() if counts[kind]]
    claims = sentences.count_noun(total, "claim")
    return [f"Of {claims} by the papers, {sentences.join_words(parts)}."]
