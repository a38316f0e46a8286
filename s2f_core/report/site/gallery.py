"""Pictures side by side: rows of held-out images, sheets of samples, drawings of surfaces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from s2f_core.common.images import grid
from s2f_core.data.tables import Table
from s2f_core.report.site import surface_plots
from s2f_core.report.site.leaderboard import Board
from s2f_core.report.site.pictures import PictureStore, SitePicture
from s2f_core.report.site.sources import Sources, TranslationResult

ROWS = 8  # held-out images of a gallery
THUMBNAILS = 3  # of them, beside a line of a leaderboard
SHEET_IMAGES = 36  # samples on a sheet, six a side
SHEET_WIDTH = 3  # in images of the site's size

Results = dict[str, TranslationResult]


def board_results(board: Board, sources: Sources) -> Results:
    """Return a board's translations, in the order of the parameters."""
    names = {item.name for item in board.evaluations}
    return {name: result for name, result in sources.translations.items() if name in names}


def gallery_view(board: Board, sources: Sources, pictures: PictureStore) -> dict[str, Any]:
    """Return a board's outputs: ``heads`` and ``rows`` of one table, or ``sheets``."""
    view = VIEWS[board.kind](board_results(board, sources), pictures)
    return {"rows": [], "sheets": [], **view}


def board_thumbnails(
    board: Board, sources: Sources, pictures: PictureStore
) -> dict[str, list[SitePicture]]:
    """Return a few outputs of each translation of a board, for the same images if possible."""
    results = board_results(board, sources)
    if board.kind == "surfaces":
        return {}
    ids = shared_ids(list(results.values()))[1::2][:THUMBNAILS]
    rows = {
        name: [pictures.from_table(result.outputs, each) for each in ids]
        for name, result in results.items()
    }
    return {name: [picture for picture in row if picture] for name, row in rows.items()}


def picture_rows(results: Results, pictures: PictureStore) -> dict[str, Any]:
    """Return rows of the same held-out images: target, every kind of input, every output.

    Unpaired images have no target.
    """
    columns: dict[str, Table] = {}
    heads: list[dict[str, str]] = []
    for result in results.values():
        note = f"background {result.evaluation.background}"
        for title, kind, table in given_columns(result):
            if table is not None and str(table.folder) not in columns:
                columns[str(table.folder)] = table
                heads.append({"title": title, "note": note, "kind": kind})
    order = sorted(range(len(heads)), key=lambda index: heads[index]["kind"] != "target")
    columns = {list(columns)[index]: list(columns.values())[index] for index in order}
    heads = [heads[index] for index in order]
    for name, result in results.items():
        columns[name] = result.outputs
        heads.append({"title": name, "note": _output_note(result), "kind": "translation"})
    rows = [
        {"id": each, "cells": [pictures.from_table(table, each) for table in columns.values()]}
        for each in shared_ids(list(results.values()))
    ]
    return {"heads": heads, "rows": rows}


class GivenColumn(NamedTuple):
    """A column of targets or inputs."""

    title: str
    kind: str
    table: Table | None


def given_columns(result: TranslationResult) -> list[GivenColumn]:
    """Return the columns of the targets and of the inputs; of unpaired images only the inputs'."""
    source = result.evaluation
    if source.kind != "pairs":
        return [GivenColumn("input", "input", result.inputs)]
    titles = ["photo", f"{source.condition} sketch"]
    target, inputs = reversed(titles) if source.makes_sketches else titles
    return [
        GivenColumn(target, "target", result.targets),
        GivenColumn(inputs, "input", result.inputs),
    ]


def _output_note(result: TranslationResult) -> str:
    source = result.evaluation
    return source.finish or source.condition


def shared_ids(results: list[TranslationResult]) -> list[str]:
    """Return up to eight ids, spread over those that all translations have, else the first has."""
    common = set.intersection(*(set(result.outputs.accepted["id"]) for result in results))
    return _spread(sorted(common or set(results[0].outputs.accepted["id"])), ROWS)


def _spread(ids: list[str], count: int) -> list[str]:
    positions = np.unique(np.linspace(0, len(ids) - 1, count).astype(int))
    return [ids[position] for position in positions]


def sample_sheets(results: Results, pictures: PictureStore) -> dict[str, Any]:
    """Return a sheet of real images and one of each translation's samples.

    Outputs made from pictures are shown in rows beside their inputs instead.
    """
    first = next(iter(results.values()))
    from_pictures = {name: each for name, each in results.items() if each.inputs is not None}
    sheets = [("real images", first.targets, list(first.evaluation.shown))]
    sheets += [
        (name, result.outputs, _spread(sorted(result.outputs.accepted["id"]), SHEET_IMAGES))
        for name, result in results.items()
        if name not in from_pictures
    ]
    return {
        **(picture_rows(from_pictures, pictures) if from_pictures else {}),
        "sheets": [
            {"title": title, "picture": _sheet(table, ids, pictures), "drawing": None}
            for title, table, ids in sheets
        ],
    }


def _sheet(table: Table, ids: list[str], pictures: PictureStore) -> SitePicture:
    """Return the images of some ids as one picture, six a row."""
    images = table.images(table.positions(ids))
    return pictures.add(grid(images, columns=6), SHEET_WIDTH * pictures.edge)


def surface_sheets(results: Results, _pictures: PictureStore) -> dict[str, Any]:
    """Return drawings of real surfaces and of each translation's."""
    first = next(iter(results.values()))
    tables = {"real examples": first.targets}
    tables |= {name: result.outputs for name, result in results.items()}
    ids = list(first.outputs.accepted.sort_values("id")["id"])
    classes = sorted(set(first.targets.accepted["class"].dropna()))
    meshes = surface_plots.is_mesh(first.targets.images(first.targets.positions(ids[:1]))[0])
    sample_ids = _spread(ids, surface_plots.EXAMPLES if meshes else surface_plots.POINTS)
    sheets = []
    for title, table in tables.items():
        images = table.images(table.positions(sample_ids))
        svg = (
            surface_plots.mesh_plot(images, title)
            if meshes
            else surface_plots.point_plot(images, classes, title)
        )
        sheets.append({"title": title, "picture": None, "drawing": svg})
    return {"sheets": sheets}


VIEWS: dict[str, Callable[[Results, PictureStore], dict[str, Any]]] = {
    "pairs": picture_rows,
    "samples": sample_sheets,
    "surfaces": surface_sheets,
}
