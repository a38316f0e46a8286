"""Pictures side by side: the same test images for every translation, and its best and worst."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2f_core.report.figures import Picture, picture
from s2f_core.report.sources import Sources, Translated
from s2f_core.tables import Table

FACES = 8
EXTREMES = 3
SMALL = 128  # the best and worst are shown small


def grid(role: str, found: Sources, edge: int) -> dict[str, Any]:
    """Rows of the same test images: photo, every sketch it was drawn from, every translation."""
    mine = {n: item for n, item in found.translations.items() if item.evaluation.role == role}
    ids = _shared(list(mine.values()))
    columns: dict[str, Table] = {}
    heads: list[dict[str, str]] = []
    for item in mine.values():
        source = item.evaluation
        for title, note, table in (
            ("photo", source.background, item.photos),
            (f"{source.condition} sketch", source.background, item.sketches),
        ):
            if table is not None and str(table.folder) not in columns:
                columns[str(table.folder)] = table
                heads.append({"title": title, "note": f"background {note}", "kind": title})
    order = sorted(range(len(heads)), key=lambda at: heads[at]["kind"] != "photo")
    columns = {list(columns)[at]: list(columns.values())[at] for at in order}
    heads = [heads[at] for at in order]
    for name, item in mine.items():
        columns[name] = item.outputs
        upscaled = item.evaluation.upscaler != "none"
        note = f"upscaled by {item.evaluation.upscaler}" if upscaled else item.evaluation.condition
        heads.append({"title": name, "note": note, "kind": "translation"})
    return {
        "role": role,
        "heads": heads,
        "rows": [
            {"id": each, "cells": [_find(table, each, edge) for table in columns.values()]}
            for each in ids
        ],
    }


def _shared(items: list[Translated]) -> list[str]:
    """Up to eight ids spread over those that every translation has, else over the first's."""
    common = set.intersection(*(set(item.outputs.accepted["id"]) for item in items))
    ids = sorted(common or set(items[0].outputs.accepted["id"]))
    chosen = np.unique(np.linspace(0, len(ids) - 1, FACES).astype(int))
    return [ids[at] for at in chosen]


def _find(table: Table, name: str, edge: int) -> Picture | None:
    if not table.accepted["id"].eq(name).any():
        return None
    return picture(table.images(table.positions([name]))[0], edge)


def extremes(item: Translated, edge: int) -> list[dict[str, Any]]:
    """The three best and the three worst test images by SSIM: sketch, output and photo."""
    ranked = item.scores["ssim"].dropna().sort_index().sort_values(ascending=False, kind="stable")
    count = min(EXTREMES, len(ranked) // 2)
    ends = {"Best": ranked.iloc[:count], "Worst": ranked.iloc[len(ranked) - count :][::-1]}
    sides = {"sketch": item.sketches, item.evaluation.name: item.outputs, "photo": item.photos}
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
    ]
