"""One translation's pictures: shared held-out images, best and worst ones, possible copies."""

from __future__ import annotations

from typing import Any

from s2f_core.data.tables import Table
from s2f_core.report.site import sentences
from s2f_core.report.site.pictures import PictureStore
from s2f_core.report.site.sources import TranslationResult

EXTREMES = 3  # images at either end
RANKING_SCORES = ("lpips", "ssim", "pixel_difference")  # scores by image, in order of preference
RANKINGS = 2  # of them, at most
COPIES = 6  # outputs beside their nearest training images


def tables_by_side(result: TranslationResult) -> dict[str, Table]:
    """Return the tables to show side by side: input, output and, for pairs, target."""
    evaluation = result.evaluation
    source, target = ("photo", "sketch") if evaluation.makes_sketches else ("sketch", "photo")
    paired = evaluation.kind == "pairs"
    sides = {
        source if paired else "input": result.inputs,
        evaluation.name: result.outputs,
        target: result.targets if paired else None,
    }
    return {name: table for name, table in sides.items() if table is not None}


def sample_strip(
    result: TranslationResult, ids: list[str], pictures: PictureStore
) -> dict[str, Any] | None:
    """Return a row per side of these held-out images; None if the inputs are no pictures."""
    if result.inputs is None or result.evaluation.kind == "surfaces":
        return None
    return {
        "ids": ids,
        "rows": [
            {"title": side, "cells": [pictures.from_table(table, each) for each in ids]}
            for side, table in tables_by_side(result).items()
        ],
    }


def best_and_worst(result: TranslationResult, pictures: PictureStore) -> list[dict[str, Any]]:
    """Return the three best and worst held-out images by each of two scores; empty for no pairs."""
    if result.evaluation.kind != "pairs":
        return []
    scores = result.evaluation.scores
    known = [key for key in RANKING_SCORES if key in result.scores and key in scores]
    return [_ranking(result, key, pictures) for key in known[:RANKINGS]]


def _ranking(result: TranslationResult, key: str, pictures: PictureStore) -> dict[str, Any]:
    score = result.evaluation.scores[key]
    values = result.scores[key].dropna().sort_index()
    values = values.sort_values(ascending=not score.higher_is_better, kind="stable")
    count = min(EXTREMES, len(values) // 2)
    ends = {"Best": values.iloc[:count], "Worst": values.iloc[len(values) - count :][::-1]}
    sides = tables_by_side(result)
    return {
        "score": score.title,
        "sides": list(sides),
        "ends": [
            {
                "title": title,
                "images": [
                    {
                        "id": image,
                        "value": sentences.format_number(key, float(value)),
                        "sides": [
                            (side, pictures.from_table(table, str(image)))
                            for side, table in sides.items()
                        ],
                    }
                    for image, value in end.items()
                ],
            }
            for title, end in ends.items()
        ],
    }


def nearest_training_images(
    result: TranslationResult, pictures: PictureStore
) -> list[dict[str, Any]]:
    """Return the outputs nearest to a training image beside that image, nearest first."""
    nearest = sorted(result.evaluation.nearest, key=lambda each: (each[2], each[0]))[:COPIES]
    return [
        {
            "id": output,
            "training": training,
            "distance": f"{distance:.3g}",
            "output": pictures.from_table(result.outputs, output),
            "real": pictures.from_table(result.targets, training),
        }
        for output, training, distance in nearest
    ]
