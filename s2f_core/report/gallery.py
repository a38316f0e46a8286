"""Pictures side by side: answers to the same test images, sheets of samples, surfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2f_core.images import grid
from s2f_core.report import surfaces
from s2f_core.report.figures import Picture, picture
from s2f_core.report.leaderboard import Board
from s2f_core.report.sources import Sources, Translated
from s2f_core.tables import Table

FACES = 8
EXTREMES = 3
SMALL = 112  # the best and worst are shown small
SHEET = 36  # samples on a sheet, six a side

Images = dict[str, Translated]


def pictures(board: Board, found: Sources, edge: int) -> dict[str, Any]:
    """What a board's translations made: ``rows`` of one table, or ``sheets`` of figures."""
    names = {item.name for item in board.evaluations}
    mine = {name: item for name, item in found.translations.items() if name in names}
    return {"rows": [], "sheets": [], **KINDS[board.kind](mine, edge)}


def answers(mine: Images, edge: int) -> dict[str, Any]:
    """Rows of the same test images: target, every input it was made from, every translation.

    There is no target where nothing answers the input.
    """
    columns: dict[str, Table] = {}
    heads: list[dict[str, str]] = []
    for item in mine.values():
        source = item.evaluation
        ends = [("photo", source.background), (f"{source.condition} sketch", source.background)]
        if source.backwards:
            ends.reverse()
        if source.kind != "pairs":
            ends = [("", ""), ("input", source.background)]
        tables = (item.targets if source.kind == "pairs" else None, item.inputs)
        for (title, note), table in zip(ends, tables, strict=True):
            if table is not None and str(table.folder) not in columns:
                columns[str(table.folder)] = table
                given = "target" if table is item.targets else "input"
                heads.append({"title": title, "note": f"background {note}", "kind": given})
    order = sorted(range(len(heads)), key=lambda at: heads[at]["kind"] != "target")
    columns = {list(columns)[at]: list(columns.values())[at] for at in order}
    heads = [heads[at] for at in order]
    for name, item in mine.items():
        columns[name] = item.outputs
        heads.append({"title": name, "note": _note(item), "kind": "translation"})
    rows = [
        {"id": each, "cells": [_find(table, each, edge) for table in columns.values()]}
        for each in _shared(list(mine.values()))
    ]
    return {"heads": heads, "rows": rows}


def _note(item: Translated) -> str:
    source = item.evaluation
    return f"upscaled by {source.upscaler}" if source.upscaler != "none" else source.condition


def _shared(items: list[Translated]) -> list[str]:
    """Up to eight ids spread over those that every translation has, else over the first's."""
    common = set.intersection(*(set(item.outputs.accepted["id"]) for item in items))
    return _spread(sorted(common or set(items[0].outputs.accepted["id"])), FACES)


def _spread(ids: list[str], count: int) -> list[str]:
    chosen = np.unique(np.linspace(0, len(ids) - 1, count).astype(int))
    return [ids[at] for at in chosen]


def _find(table: Table, name: str, edge: int) -> Picture | None:
    if not table.accepted["id"].eq(name).any():
        return None
    return picture(table.images(table.positions([name]))[0], edge)


def samples(mine: Images, edge: int) -> dict[str, Any]:
    """A sheet of real test images, and one of each translation's samples.

    What is made of images is shown beside them instead, in rows.
    """
    first = next(iter(mine.values()))
    drawn = {name: item for name, item in mine.items() if item.inputs is not None}
    sheets = [("real test images", first.targets, list(first.evaluation.shown))]
    sheets += [
        (name, item.outputs, _spread(sorted(item.outputs.accepted["id"]), SHEET))
        for name, item in mine.items()
        if name not in drawn
    ]
    return {
        **(answers(drawn, edge) if drawn else {}),
        "sheets": [
            {"title": title, "picture": _sheet(table, ids, edge), "drawing": None}
            for title, table, ids in sheets
        ],
    }


def _sheet(table: Table, ids: list[str], edge: int) -> Picture:
    return picture(grid(table.images(table.positions(ids)), columns=6), 2 * edge)


def solids(mine: Images, _edge: int) -> dict[str, Any]:
    """Surfaces in space: real test examples, and what each translation makes."""
    first = next(iter(mine.values()))
    rows = first.outputs.accepted.sort_values("id")
    chosen = {"real test examples": first.targets}
    chosen |= {name: item.outputs for name, item in mine.items()}
    ids = list(rows["id"])
    classes = sorted(set(first.targets.accepted["class"].dropna()))
    meshed = surfaces.is_mesh(first.targets.images(first.targets.positions(ids[:1]))[0])
    shown = _spread(ids, surfaces.EXAMPLES if meshed else surfaces.POINTS)
    sheets = []
    for title, table in chosen.items():
        images = table.images(table.positions(shown))
        svg = surfaces.meshes(images, title) if meshed else surfaces.cloud(images, classes, title)
        sheets.append({"title": title, "picture": None, "drawing": svg})
    return {"sheets": sheets}


KINDS: dict[str, Callable[[Images, int], dict[str, Any]]] = {
    "pairs": answers,
    "samples": samples,
    "surfaces": solids,
}


def extremes(item: Translated, edge: int) -> list[dict[str, Any]]:
    """The three best and the three worst test images by SSIM: input, output and target.

    Nothing where there is no SSIM.
    """
    if "ssim" not in item.scores:
        return []
    ranked = item.scores["ssim"].dropna().sort_index().sort_values(ascending=False, kind="stable")
    count = min(EXTREMES, len(ranked) // 2)
    ends = {"Best": ranked.iloc[:count], "Worst": ranked.iloc[len(ranked) - count :][::-1]}
    before, after = ("photo", "sketch") if item.evaluation.backwards else ("sketch", "photo")
    sides = {before: item.inputs, item.evaluation.name: item.outputs, after: item.targets}
    return [
        {
            "title": title,
            "images": [
                {
                    "id": name,
                    "ssim": f"{ssim:.3f}",
                    "sides": [
                        (side, _find(table, str(name), min(edge, SMALL)))
                        for side, table in sides.items()
                        if table is not None
                    ],
                }
                for name, ssim in chosen.items()
            ],
        }
        for title, chosen in ends.items()
        if count
    ]
