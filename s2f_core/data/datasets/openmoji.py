"""OpenMoji: designers' line drawings paired with the same in colour (CC BY-SA 4.0).

It replaces Sketchy, edges2shoes and edges2handbags if these are not available. As there, the lines
are drawn by people. Unlike Sketchy's, they are the exact outlines of their images, which are flat
colours on white and not photos.
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
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.datasets.strips import to_grey
from s2f_core.data.tables import Domain

INDEX_FILE = "data/openmoji.json"
DEFAULT_GROUPS = ("activities", "animals-nature", "food-drink", "objects", "travel-places")
MAX_CHARACTERS = 2**20  # of a drawing; the longest of OpenMoji's has 34,687
_FORBIDDEN = ("<!DOCTYPE", "<!ENTITY", "href")  # can expand without limit, or read other files
_KEYS = ("hexcode", "group", "subgroups", "annotation", "skintone_base_hexcode")


class OpenMoji(Section):
    """Designers' outlines and flat pictures, aligned: ``{source: openmoji}``.

    Variants of one figure form a group, which no split divides.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("openmoji",)

    source: Literal["openmoji"]
    path: Path = Field(description="Folder or file that the table is made from.")
    groups: tuple[str, ...] = Field(
        DEFAULT_GROUPS, min_length=1, description="Groups and subgroups to use."
    )
    without: tuple[str, ...] = Field(("time",), description="Subgroups to leave out.")
    skin_tones: bool = Field(False, description="Add the five skin tones of a figure.")
    limit: int | None = Field(None, ge=1, description="Use only the first so many pictures.")

    def open(self, path: Path, size: int, _assets: Path) -> DatasetContents:
        """Return colour images uint8 [size, size, 3], paired with line drawings [size, size, 1].

        An id is the name and the code points, ``red-apple-1F34E``; the class is the subgroup. An
        emoji without one of its two drawings is a rejected row. Raises UserError if the list is
        missing or not as published, or has no such group.
        """
        files = SourceFiles(path)
        every = _read_index(files)
        known = {entry[key] for entry in every for key in ("group", "subgroups")}
        for name in (*self.groups, *self.without):
            if name not in known:
                raise UserError(f"{path} has no group {name!r} (known: {', '.join(sorted(known))})")
        entries = [entry for entry in every if self._is_selected(entry)][: self.limit]
        return DatasetContents(
            *(self._domain(files, entries, kind, size) for kind in ("color", "black"))
        )

    def _is_selected(self, entry: dict[str, str]) -> bool:
        groups = {entry["group"], entry["subgroups"]}
        has_skin_tone = bool(entry["skintone_base_hexcode"])
        selected = bool(groups & set(self.groups)) and not groups & set(self.without)
        return selected and (self.skin_tones or not has_skin_tone)

    @staticmethod
    def _domain(files: SourceFiles, entries: list[dict[str, str]], kind: str, size: int) -> Domain:
        names = [f"{kind}/svg/{entry['hexcode']}.svg" for entry in entries]
        rows = pd.DataFrame(
            {
                "id": [_id(entry) for entry in entries],
                "source": names,
                "class": [entry["subgroups"] for entry in entries],
                "group": [_base_figure(entry) for entry in entries],
                "rejected": [None if name in files else f"no {kind} drawing" for name in names],
            },
            dtype=object,
        )
        return Domain(rows, SvgImages(files, tuple(names), size, in_grey=kind == "black"))


@dataclass(frozen=True)
class SvgImages:
    """Renders SVG files at ``size`` on white, in one channel if ``in_grey``."""

    files: SourceFiles
    names: tuple[str, ...]
    size: int
    in_grey: bool

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if it cannot be rendered."""
        try:
            text = self.files.read(self.names[row]).decode()
            _require_harmless(text)
            image = resvg_py.svg_to_bytes(
                svg_string=text, width=self.size, height=self.size, skip_system_fonts=True
            )
        except ValueError:
            raise ImageError("not an SVG drawing") from None
        pixels = decode(bytes(image))
        if pixels.shape[:2] != (self.size, self.size):
            raise ImageError("not square", f"{pixels.shape[1]}x{pixels.shape[0]}")
        return to_grey(pixels) if self.in_grey else pixels


def _require_harmless(text: str) -> None:
    """Raise ImageError for a drawing that could take very long or read other files."""
    if len(text) > MAX_CHARACTERS:
        raise ImageError("too large", f"over {MAX_CHARACTERS:,} characters")
    for word in _FORBIDDEN:
        if word in text:
            raise ImageError("an SVG drawing that is not allowed", f"it contains {word!r}")


def _id(entry: dict[str, str]) -> str:
    name = re.sub("[^a-z0-9]+", "-", entry["annotation"].lower()).strip("-")
    return f"{name}-{entry['hexcode']}"


def _base_figure(entry: dict[str, str]) -> str:
    """The base figure of an emoji: its code points before the first joiner."""
    plain = entry["skintone_base_hexcode"] or entry["hexcode"]
    return plain.split("-200D-")[0]


def _read_index(files: SourceFiles) -> list[dict[str, str]]:
    """Return the entries of the list, in its order."""
    where = f"{files.path}/{INDEX_FILE}"
    if INDEX_FILE not in files:
        raise UserError(f"{where} does not exist ({len(files)} files); fetch it")
    try:
        entries = json.loads(files.read(INDEX_FILE))
    except (ImageError, ValueError, RecursionError) as error:
        raise UserError(f"{where} cannot be read: {error}; fetch it again") from None
    if not isinstance(entries, list) or not entries:
        raise UserError(f"{where} is not a list of emoji")
    for number, entry in enumerate(entries):
        for key in _missing_keys(entry):
            raise UserError(f"{where}: entry {number} has no text under {key!r}")
    return entries


def _missing_keys(entry: Any) -> Iterable[str]:
    mapping = entry if isinstance(entry, dict) else {}
    return (key for key in _KEYS if not isinstance(mapping.get(key), str))
