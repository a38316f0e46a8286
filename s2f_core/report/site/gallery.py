"""Pictures side by side: answers to the same held-out images, sheets of samples, surfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2f_core.common.images import grid
from s2f_core.data.tables import Table
from s2f_core.report.site import surface_plots as surfaces
from s2f_core.report.site.leaderboard import Board
from s2f_core.report.site.pictures import Picture, Pictures
from s2f_core.report.site.sources import Sources, Translated

FACES = 8
THUMBS = 3  # of them, beside a line of a leaderboard
SHEET = 36  # samples on a sheet, six a side
SHEETS = 3  # a sheet's width, in images of the site's size

Images = dict[str, Translated]


def of(board: Board, found: Sources) -> Images:
    """A board's translations, in the order of the parameters."""
    names = {item.name for item in board.evaluations}
    return {name: item for name, item in found.translations.items() if name in names}


def view(board: Board, found: Sources, pictures: Pictures) -> dict[str, Any]:
    """What a board's translations made: ``rows`` of one table, or ``sheets`` of figures."""
    return {"rows": [], "sheets": [], **KINDS[board.kind](of(board, found), pictures)}


def thumbs(board: Board, found: Sources, pictures: Pictures) -> dict[str, list[Picture]]:
    """A few outputs of each translation of a board, for the same images where it has any."""
    mine = of(board, found)
    if board.kind == "surfaces":
        return {}
    ids = shared(list(mine.values()))[1::2][:THUMBS]
    made = {name: [pictures.of(item.outputs, each) for each in ids] for name, item in mine.items()}
    return {name: [one for one in row if one] for name, row in made.items()}


def answers(mine: Images, pictures: Pictures) -> dict[str, Any]:
    """Rows of the same held-out images: target, every input it was made from, every translation.

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
        {"id": each, "cells": [pictures.of(table, each) for table in columns.values()]}
        for each in shared(list(mine.values()))
    ]
    return {"heads": heads, "rows": rows}


def _note(item: Translated) -> str:
    source = item.evaluation
    return f"upscaled by {source.upscaler}" if source.upscaler != "none" else source.condition


def shared(items: list[Translated]) -> list[str]:
    """Up to eight ids spread over those that every translation has, else over the first's."""
    common = set.intersection(*(set(item.outputs.accepted["id"]) for item in items))
    return _spread(sorted(common or set(items[0].outputs.accepted["id"])), FACES)


def _spread(ids: list[str], count: int) -> list[str]:
    chosen = np.unique(np.linspace(0, len(ids) - 1, count).astype(int))
    return [ids[at] for at in chosen]


def samples(mine: Images, pictures: Pictures) -> dict[str, Any]:
    """A sheet of real images, and one of each translation's samples.

    What is made of images is shown beside them instead, in rows.
    """
    first = next(iter(mine.values()))
    drawn = {name: item for name, item in mine.items() if item.inputs is not None}
    sheets = [("real images", first.targets, list(first.evaluation.shown))]
    sheets += [
        (name, item.outputs, _spread(sorted(item.outputs.accepted["id"]), SHEET))
        for name, item in mine.items()
        if name not in drawn
    ]
    return {
        **(answers(drawn, pictures) if drawn else {}),
        "sheets": [
            {"title": title, "picture": sheet(table, ids, pictures), "drawing": None}
            for title, table, ids in sheets
        ],
    }


def sheet(table: Table, ids: list[str], pictures: Pictures) -> Picture:
    """The images of some ids, six a row."""
    images = table.images(table.positions(ids))
    return pictures.add(grid(images, columns=6), SHEETS * pictures.edge)


def solids(mine: Images, _pictures: Pictures) -> dict[str, Any]:
    """Surfaces in space: real examples, and what each translation makes."""
    first = next(iter(mine.values()))
    rows = first.outputs.accepted.sort_values("id")
    chosen = {"real examples": first.targets}
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


KINDS: dict[str, Callable[[Images, Pictures], dict[str, Any]]] = {
    "pairs": answers,
    "samples": samples,
    "surfaces": solids,
}
