"""The layout and counts of a dataset: a line in the log and ``contents.json`` in the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from s2f_core.common.errors import UserError, list_names
from s2f_core.data.datasets.source import DatasetContents

CONTENTS_FILE = "contents.json"  # file in a table
EXAMPLES = 3


def summarise(contents: DatasetContents) -> dict[str, Any]:
    """Return what a source has before any image is read.

    ``images`` and ``inputs`` count the usable rows, those of each part and class, and the rejected
    ones. ``pairs`` counts the ids that both share. ``examples`` are the files of the first three
    pairs, or images, by name.
    """
    images = _columns(contents.images.rows)
    names = _examples(images)
    inputs, pairs = None, None
    if contents.own_inputs is not None:
        inputs = _columns(contents.own_inputs.rows)
        both = _usable(inputs).merge(_usable(images), on="id", suffixes=("_a", "_b"))
        pairs = len(both)
        names = _examples(inputs) + names
        if pairs:
            names = both[["source_a", "source_b"]].head(EXAMPLES).to_numpy().tolist()
    return {
        "layout": contents.layout or _default_layout(pairs),
        "reason": contents.reason,
        "images": _counts(images),
        "inputs": None if inputs is None else _counts(inputs),
        "pairs": pairs,
        "examples": names,
        "notes": list(contents.notes),
    }


def _columns(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.reindex(columns=["id", "source", "part", "class", "rejected"]).astype("string")


def _examples(rows: pd.DataFrame) -> list[list[str]]:
    return [[name] for name in _usable(rows)["source"].drop_duplicates().head(EXAMPLES)]


def _default_layout(pairs: int | None) -> str:
    if pairs is None:
        return "images"
    return "pairs" if pairs else "unpaired"


def _usable(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["rejected"].isna()].sort_values("source", kind="stable")


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    usable = _usable(rows)
    return {
        "usable": len(usable),
        "rejected": len(rows) - len(usable),
        "parts": _count(usable["part"]),
        "classes": _count(usable["class"]),
    }


def _count(values: pd.Series[str]) -> dict[str, int]:
    counts = values.value_counts()
    return {name: int(counts[name]) for name in sorted(counts.index)}


def describe(summary: Mapping[str, Any]) -> str:
    """Return the summary as one line."""
    words = [f"{summary['layout']}" + (f" ({reason})" if (reason := summary["reason"]) else "")]
    if summary["pairs"]:
        words.append(f"{summary['pairs']} pairs")
    else:
        words += [_describe_counts("images", summary["images"])]
        words += [_describe_counts("inputs", counts)] if (counts := summary["inputs"]) else []
    if summary["pairs"]:
        words += _details(summary["images"])
    examples = ", ".join(" + ".join(dict.fromkeys(files)) for files in summary["examples"])
    line = "; ".join(filter(None, [*words, f"the first: {examples}" if examples else ""]))
    return " ".join(line.split())


def _describe_counts(noun: str, counts: Mapping[str, Any]) -> str:
    return ", ".join([f"{counts['usable']} {noun}", *_details(counts)])


def _details(counts: Mapping[str, Any]) -> list[str]:
    details = []
    for key in ("parts", "classes"):
        named = [f"{name} {count}" for name, count in counts[key].items()]
        if named:
            details.append(f"{key}: {list_names(named, 6)}")
    if counts["rejected"]:
        details.append(f"{counts['rejected']} rejected")
    return details


def read_summary(folder: Path) -> dict[str, Any] | None:
    """Read the summary of a table; None if it has none. Raises UserError if it is damaged."""
    try:
        summary: dict[str, Any] = json.loads((folder / CONTENTS_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{folder / CONTENTS_FILE} cannot be read: {error}") from None
    return summary
