"""OpenMoji: designers' line drawings and the same in colour, in pairs (CC BY-SA 4.0).

It stands in for Sketchy, edges2shoes and edges2handbags where these cannot be had: the lines are
drawn by people, and are the very outlines of their pictures, flat colours on white. Sketchy's
sketches are not aligned with its photos, and its photos are photos.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd
import resvg_py
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.source import Opened
from s2f_core.data.datasets.strips import grey
from s2f_core.data.tables import Domain

LIST = "data/openmoji.json"
OBJECTS = ("activities", "animals-nature", "food-drink", "objects", "travel-places")
LONGEST = 2**20  # bytes of a drawing; the longest of OpenMoji's has 34,687
_REFUSED = ("<!DOCTYPE", "<!ENTITY", "href")  # what multiplies, or reads other files
_KEYS = ("hexcode", "group", "subgroups", "annotation", "skintone_base_hexcode")


class OpenMoji(Section):
    """Designers' outlines and flat pictures, aligned: ``{source: openmoji}``.

    Variants of one figure form a group, which no split divides.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("openmoji",)

    source: Literal["openmoji"]
    path: Path = Field(description="Folder or file that the table is made from.")
    groups: tuple[str, ...] = Field(
        OBJECTS, min_length=1, description="Groups and subgroups to use."
    )
    without: tuple[str, ...] = Field(("time",), description="Subgroups to leave out.")
    skin_tones: bool = Field(False, description="Add the five skin tones of a figure.")
    limit: int | None = Field(None, ge=1, description="Use only the first so many pictures.")

    def open(self, path: Path, size: int, _assets: Path) -> Opened:
        """Pictures uint8 [size, size, 3], and as ``given`` the lines [size, size, 1]: pairs.

        An id is the name and the code points, ``red-apple-1F34E``; the class is the subgroup. One
        whose lines or colours are missing is a rejected row. Raises UserError where the list is
        missing or not as published, or has no such group.
        """
        files = Files(path)
        listed = _listed(files)
        known = {entry[key] for entry in listed for key in ("group", "subgroups")}
        for name in (*self.groups, *self.without):
            if name not in known:
                raise UserError(f"{path} has no group {name!r} (known: {', '.join(sorted(known))})")
        entries = [entry for entry in listed if self._wanted(entry)][: self.limit]
        return Opened(*(self._domain(files, entries, kind, size) for kind in ("color", "black")))

    def _wanted(self, entry: dict[str, str]) -> bool:
        kinds = {entry["group"], entry["subgroups"]}
        plain = not entry["skintone_base_hexcode"]
        chosen = bool(kinds & set(self.groups)) and not kinds & set(self.without)
        return chosen and (plain or self.skin_tones)

    @staticmethod
    def _domain(files: Files, entries: list[dict[str, str]], kind: str, size: int) -> Domain:
        names = [f"{kind}/svg/{entry['hexcode']}.svg" for entry in entries]
        rows = pd.DataFrame(
            {
                "id": [_id(entry) for entry in entries],
                "source": names,
                "class": [entry["subgroups"] for entry in entries],
                "group": [_figure(entry) for entry in entries],
                "rejected": [None if name in files else f"no {kind} drawing" for name in names],
            },
            dtype=object,
        )
        return Domain(rows, Drawn(files, tuple(names), size, in_grey=kind == "black"))


@dataclass(frozen=True)
class Drawn:
    """Draws SVG files at the size asked for, on white; in one channel where ``in_grey``."""

    files: Files
    names: tuple[str, ...]
    size: int
    in_grey: bool

    def __call__(self, row: int) -> Pixels:
        """The image of a row; raises ImageError where it cannot be drawn."""
        try:
            text = self.files.read(self.names[row]).decode()
            _check(text)
            image = resvg_py.svg_to_bytes(
                svg_string=text, width=self.size, height=self.size, skip_system_fonts=True
            )
        except ValueError as error:
            raise ImageError(f"no SVG: {error}") from None
        drawn = decode(bytes(image))
        if drawn.shape[:2] != (self.size, self.size):
            raise ImageError(f"{drawn.shape[1]}x{drawn.shape[0]} is no square")
        return grey(drawn) if self.in_grey else drawn


def _check(text: str) -> None:
    """Raise ImageError for a drawing that could take for ever, or show what lies elsewhere."""
    if len(text) > LONGEST:
        raise ImageError(f"{len(text):,} characters; {LONGEST:,} are allowed")
    for word in _REFUSED:
        if word in text:
            raise ImageError(f"it has {word!r}, which no drawing of OpenMoji has")


def _id(entry: dict[str, str]) -> str:
    name = re.sub("[^a-z0-9]+", "-", entry["annotation"].lower()).strip("-")
    return f"{name}-{entry['hexcode']}"


def _figure(entry: dict[str, str]) -> str:
    """The figure that an emoji is a variant of: its code points before the first joiner."""
    plain = entry["skintone_base_hexcode"] or entry["hexcode"]
    return plain.split("-200D-")[0]


def _listed(files: Files) -> list[dict[str, str]]:
    """The entries of the list, in its order."""
    where = f"{files.path}/{LIST}"
    if LIST not in files:
        raise UserError(f"{where} is not there ({len(files)} files); fetch it")
    try:
        entries = json.loads(files.read(LIST))
    except (ImageError, ValueError, RecursionError) as error:
        raise UserError(f"{where} cannot be read: {error}; fetch it again") from None
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{where} is no list of emoji")
    for number, entry in enumerate(entries):
        for key in _missing(entry):
            raise UserError(f"{where}: entry {number} has no text under {key!r}")
    return entries


def _missing(entry: Any) -> Iterable[str]:
    there = entry if isinstance(entry, dict) else {}
    return (key for key in _KEYS if not isinstance(there.get(key), str))
