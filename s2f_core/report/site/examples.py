"""One translation's pictures: shared held-out images, best and worst ones, what may be copied."""

from __future__ import annotations

from typing import Any

from s2f_core.data.tables import Table
from s2f_core.report.site import sentences
from s2f_core.report.site.pictures import Pictures
from s2f_core.report.site.sources import Translated

EXTREMES = 3
BY = ("lpips", "ssim", "pixel_difference")  # scores by image that say a best and a worst, by rank
RANKINGS = 2  # of them are shown
COPIES = 6  # outputs beside their nearest training images


def sides(item: Translated) -> dict[str, Table]:
    """What is shown of each held-out image: the input, the output and, of pairs, the target."""
    before, after = ("photo", "sketch") if item.evaluation.backwards else ("sketch", "photo")
    found = {
        before if item.evaluation.kind == "pairs" else "input": item.inputs,
        item.evaluation.name: item.outputs,
        after: item.targets if item.evaluation.kind == "pairs" else None,
    }
    return {name: table for name, table in found.items() if table is not None}


def strip(item: Translated, ids: list[str], pictures: Pictures) -> dict[str, Any] | None:
    """Rows of the same held-out images; nothing where the input is no picture."""
    if item.inputs is None or item.evaluation.kind == "surfaces":
        return None
    return {
        "ids": ids,
        "rows": [
            {"title": side, "cells": [pictures.of(table, each) for each in ids]}
            for side, table in sides(item).items()
        ],
    }


def extremes(item: Translated, pictures: Pictures) -> list[dict[str, Any]]:
    """The three best and the three worst held-out images by each of two scores.

    Nothing where no score is by image and has pictures to show.
    """
    if item.evaluation.kind != "pairs":
        return []
    known = [key for key in BY if key in item.scores and key in item.evaluation.scores]
    return [_ranking(item, key, pictures) for key in known[:RANKINGS]]


def _ranking(item: Translated, key: str, pictures: Pictures) -> dict[str, Any]:
    score = item.evaluation.scores[key]
    ranked = item.scores[key].dropna().sort_index()
    ranked = ranked.sort_values(ascending=not score.higher_is_better, kind="stable")
    count = min(EXTREMES, len(ranked) // 2)
    ends = {"Best": ranked.iloc[:count], "Worst": ranked.iloc[len(ranked) - count :][::-1]}
    shown = sides(item)
    return {
        "score": score.title,
        "sides": list(shown),
        "ends": [
            {
                "title": title,
                "images": [
                    {
                        "id": name,
                        "value": sentences.number(key, float(value)),
                        "sides": [
                            (side, pictures.of(table, str(name))) for side, table in shown.items()
                        ],
                    }
                    for name, value in chosen.items()
                ],
            }
            for title, chosen in ends.items()
        ],
    }


def copies(item: Translated, pictures: Pictures) -> list[dict[str, Any]]:
    """Outputs beside the training images nearest to them, those that are nearest first."""
    found = sorted(item.evaluation.nearest, key=lambda each: (each[2], each[0]))[:COPIES]
    return [
        {
            "id": output,
            "training": training,
            "distance": f"{distance:.3g}",
            "made": pictures.of(item.outputs, output),
            "real": pictures.of(item.targets, training),
        }
        for output, training, distance in found
    ]
