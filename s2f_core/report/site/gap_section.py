"""The overview's section on the human gap: how far computed sketches are from people's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode
from s2f_core.report.site.footnotes import Footnotes, known_facts
from s2f_core.report.site.leaderboard_view import estimate_cell
from s2f_core.report.site.pictures import PictureStore
from s2f_core.report.site.records import EstimateRecord, Record, read_record
from s2f_core.report.site.sentences import doubt, format_number, join_words

FOLDER = "data/gap"
PEOPLE = "people"
NOTES = {"people": "drawn", "condition": "computed", "augmented": "computed, changed in training"}
SHEET_WIDTH = 8  # in images of the site's size


class SketchSet(Record):
    """A set of sketches: its kind, its size and its figures."""

    kind: Literal["people", "condition", "augmented"]
    n: int
    figures: dict[str, EstimateRecord | None]

    def estimate(self, score: str) -> EstimateRecord:
        """Return a figure, an empty one if it could not be measured."""
        return self.figures.get(score) or EstimateRecord()


class GapScore(Record):
    """A description of a score. It has no direction: nearer to people's value is better."""

    title: str
    describe: str
    library: str = ""
    network: str = ""
    resize: str = ""
    interval_by: str

    @property
    def facts(self) -> dict[str, str]:
        """The lines of its footnote, by name."""
        return known_facts(
            {
                "Meaning": self.describe,
                "Library": self.library,
                "Network": self.network,
                "Resize": self.resize,
                "95 % interval": self.interval_by,
            }
        )


class AugmentedSet(Record):
    """The condition that an augmented set is made from."""

    condition: str


class GapRecord(Record):
    """``gap.json``; ``sheet`` names the rows of ``sheet.png``."""

    role: str
    background: str
    people: str
    sets: dict[str, SketchSet]
    augmented: dict[str, AugmentedSet]
    scores: dict[str, GapScore]
    sheet: tuple[str, ...]

    @property
    def conditions(self) -> dict[str, float]:
        """The KID of every condition to people's sketches, nearest first."""
        kids = {
            name: item.estimate("kid").value
            for name, item in self.sets.items()
            if item.kind == "condition"
        }
        known = {name: value for name, value in kids.items() if value is not None}
        return dict(sorted(known.items(), key=lambda pair: pair[1]))


def gap_view(root: Path, pictures: PictureStore, footnotes: Footnotes) -> dict[str, Any] | None:
    """Return everything that the template shows of the gap; None if it was not measured.

    Raises UserError if one of its files is missing or malformed.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        return None
    gap = read_record(GapRecord, folder / "gap.json")
    names = sorted(gap.sets, key=lambda name: _sort_key(gap.sets[name]))
    sentences = (_people_sentence(gap), _order_sentence(gap), *_augmentation_sentences(gap))
    return {
        "sentences": [sentence for sentence in sentences if sentence],
        "columns": [
            {"title": score.title, "arrow": "", "better": "", "note": footnotes.add(score)}
            for score in gap.scores.values()
        ],
        "rows": [_row(name, gap.sets[name], list(gap.scores)) for name in names],
        "sheet": pictures.add(_read_sheet(folder / "sheet.png"), SHEET_WIDTH * pictures.edge),
        "legend": f"From the top: {join_words(gap.sheet)}.",
    }


def _read_sheet(file: Path) -> Pixels:
    try:
        return decode(file.read_bytes())
    except OSError:
        raise UserError(f"{file} is missing: run the stage that writes it first") from None


def _sort_key(item: SketchSet) -> tuple[bool, float]:
    """Sort people's set first, then by the distance to it."""
    value = item.estimate("kid").value
    return item.kind != PEOPLE, float("inf") if value is None else value


def _row(name: str, item: SketchSet, scores: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "kind": NOTES[item.kind],
        "n": item.n,
        "cells": [estimate_cell(score, item.estimate(score)) for score in scores],
    }


def _people_sentence(gap: GapRecord) -> str:
    ink, width = (gap.sets[PEOPLE].estimate(score).value for score in ("ink", "stroke_width"))
    if ink is None or width is None:
        return ""
    return (
        f"People's strokes cover {100 * ink:.0f} % of the paper and are {width:.1f} pixels wide on "
        "a sheet of 128 pixels a side."
    )


def _order_sentence(gap: GapRecord) -> str:
    """Rank the conditions by their distance, and give people's distance from each other."""
    if not gap.conditions:
        return ""
    ranked = join_words(
        f"{name} ({format_number('kid', kid)})" for name, kid in gap.conditions.items()
    )
    text = f"By KID to people's sketches, nearest first: {ranked}."
    floor = gap.sets[PEOPLE].estimate("kid").value
    if floor is not None:
        text += f" Two halves of people's sketches have a KID of {format_number('kid', floor)}."
    return text


def _augmentation_sentences(gap: GapRecord) -> list[str]:
    """Say for every augmented set whether its changes narrow the gap."""
    sentences = []
    for name, source in gap.augmented.items():
        after, before = (
            gap.sets[each].estimate("kid") if each in gap.sets else EstimateRecord()
            for each in (name, source.condition)
        )
        if before.value is None or after.value is None:
            continue
        verb = "narrows" if after.value < before.value else "widens"
        reason = doubt(after, before)
        sentences.append(
            f"The augmentation {name} {verb} the gap of {source.condition} from "
            f"{format_number('kid', before.value)} to {format_number('kid', after.value)}"
            f"{f'; {reason}' if reason else ''}."
        )
    return sentences
