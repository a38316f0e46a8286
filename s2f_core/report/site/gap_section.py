"""The human gap as the overview shows it: a table, its sentences and a sheet of the sketches."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode
from s2f_core.report.site import leaderboard_view, sentences
from s2f_core.report.site.footnotes import Notes, present
from s2f_core.report.site.pictures import Pictures
from s2f_core.report.site.records import Record, record
from s2f_core.report.site.sources import Figure

FOLDER = "data/gap"
PEOPLE = "people"
NOTES = {"people": "drawn", "condition": "computed", "augmented": "computed, changed in training"}
WIDE = 8  # the sheet's width, in images of the site's size


class Set(Record):
    """A set of sketches: what it is, how many were looked at, and its figures."""

    kind: Literal["people", "condition", "augmented"]
    n: int
    figures: dict[str, Figure | None]

    def figure(self, score: str) -> Figure:
        """A figure, empty where it could not be measured."""
        return self.figures.get(score) or Figure()


class Measure(Record):
    """How a figure was made, in words. Nearer to people's is better: none has a direction."""

    title: str
    describe: str
    library: str = ""
    network: str = ""
    resize: str = ""
    interval_by: str

    @property
    def facts(self) -> dict[str, str]:
        """Meaning, library, network, resize rule and interval, by name."""
        return present(
            {
                "Meaning": self.describe,
                "Library": self.library,
                "Network": self.network,
                "Resize": self.resize,
                "95 % interval": self.interval_by,
            }
        )


class Source(Record):
    """The condition that an augmented set is made from."""

    condition: str


class Gap(Record):
    """``gap.json``; ``sheet`` names the rows of ``sheet.png``."""

    role: str
    background: str
    people: str
    sets: dict[str, Set]
    augmented: dict[str, Source]
    scores: dict[str, Measure]
    sheet: tuple[str, ...]

    @property
    def conditions(self) -> dict[str, float]:
        """The KID of every condition, the nearest to people's first."""
        known = {
            name: item.figure("kid").value
            for name, item in self.sets.items()
            if item.kind == "condition"
        }
        found = {name: value for name, value in known.items() if value is not None}
        return dict(sorted(found.items(), key=lambda each: each[1]))


def section(root: Path, pictures: Pictures, notes: Notes) -> dict[str, Any] | None:
    """What the template shows of the gap, or nothing where it was not measured.

    Raises UserError where a file of it is missing or not what it should be.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        return None
    gap = record(Gap, folder / "gap.json")
    order = sorted(gap.sets, key=lambda name: _place(gap.sets[name]))
    return {
        "said": [said for said in (_people(gap), _order(gap), *_narrowed(gap)) if said],
        "columns": [
            {"title": score.title, "arrow": "", "better": "", "note": notes.add(score)}
            for score in gap.scores.values()
        ],
        "rows": [_row(name, gap.sets[name], list(gap.scores)) for name in order],
        "sheet": pictures.add(_sheet(folder / "sheet.png"), WIDE * pictures.edge),
        "legend": f"From the top: {sentences.listing(gap.sheet)}.",
    }


def _sheet(file: Path) -> Pixels:
    try:
        return decode(file.read_bytes())
    except OSError:
        raise UserError(f"{file} is missing: run the stage that writes it first") from None


def _place(item: Set) -> tuple[bool, float]:
    """People's first, then the nearest to them."""
    value = item.figure("kid").value
    return item.kind != PEOPLE, float("inf") if value is None else value


def _row(name: str, item: Set, scores: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": NOTES[item.kind],
        "n": item.n,
        "cells": [leaderboard_view.cell(score, item.figure(score)) for score in scores],
    }


def _people(gap: Gap) -> str:
    ink, width = (gap.sets[PEOPLE].figure(score).value for score in ("ink", "stroke_width"))
    if ink is None or width is None:
        return ""
    return (
        f"People cover {100 * ink:.0f} % of the paper, with strokes that are {width:.1f} 128ths of "
        "its side wide."
    )


def _order(gap: Gap) -> str:
    """Which condition is nearest, which farthest, and how far people are from each other."""
    if not gap.conditions:
        return ""
    by_distance = [
        f"{name} ({sentences.number('kid', kid)})" for name, kid in gap.conditions.items()
    ]
    text = f"By KID to their sketches, nearest first: {sentences.listing(by_distance)}."
    floor = gap.sets[PEOPLE].figure("kid").value
    if floor is not None:
        text += f" Two halves of people's own have {sentences.number('kid', floor)}."
    return text


def _narrowed(gap: Gap) -> list[str]:
    """What every set of augmented sketches makes of its condition's distance."""
    said = []
    for name, source in gap.augmented.items():
        after, before = (
            gap.sets[one].figure("kid") if one in gap.sets else Figure()
            for one in (name, source.condition)
        )
        if before.value is None or after.value is None:
            continue
        verb = "narrow" if after.value < before.value else "widen"
        narrowly = "; the intervals overlap" if sentences.overlap(after, before) else ""
        said.append(
            f"The changes of {name} {verb} the gap of {source.condition} from "
            f"{sentences.number('kid', before.value)} to "
            f"{sentences.number('kid', after.value)}{narrowly}."
        )
    return said
