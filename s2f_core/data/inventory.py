"""List the sources and the conditions, the assets that each needs, and which of these are here.

The lists are derived from the unions of sections, the docstrings of their modules, the catalogue of
assets, ``params.yaml`` and the folder of fetched assets.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, get_args

from s2f_core.common.config import Section
from s2f_core.data.assets import CATALOGUE, Asset

WIDTH = 100  # columns of the text
GAP = "  "


@dataclass(frozen=True)
class Need:
    """An asset that a source or condition needs.

    ``download`` is its size in bytes, ``here`` is yes, part or no, and ``how`` says how to get it.
    """

    name: str
    description: str
    licence: str
    citation: str
    page: str
    download: int
    here: str
    how: str


@dataclass(frozen=True)
class Entry:
    """A source or a condition: its summary, the parameters that use it, and the assets it needs."""

    name: str
    about: str
    used_by: tuple[str, ...]
    needs: tuple[Need, ...]


def inventory(union: Any, tag: str, used: Mapping[str, Any], assets: Path) -> list[Entry]:
    """One entry for each name in a union of sections.

    ``tag`` is the key that tells the sections apart, "source" or "type". ``used`` is the part of
    ``params.yaml`` that has such sections, by name. ``assets`` is the folder of fetched assets. A
    section's ``ASSETS`` names the assets that it needs; a section without ``ASSETS`` needs the
    asset of its own name, if there is one.
    """
    return [
        Entry(
            name,
            _summary(section),
            tuple(key for key, value in used.items() if name in _tags(value, tag)),
            tuple(_need(CATALOGUE[asset], assets) for asset in _assets(section, names, name)),
        )
        for section in sections(union)
        for names in [get_args(section.model_fields[tag].annotation)]
        for name in names
    ]


def sections(union: Any) -> Iterator[type[Section]]:
    """The sections of a union and of the unions within it, in order."""
    for member in get_args(get_args(union)[0]):
        if isinstance(member, type):
            yield member
        else:
            yield from sections(member)


def _summary(section: type[Section]) -> str:
    """The first paragraph of the docstring of the section's module."""
    generic = section.__pydantic_generic_metadata__["origin"] or section
    text = sys.modules[generic.__module__].__doc__ or ""
    return " ".join(text.strip().split("\n\n")[0].split())


def _tags(value: Any, tag: str) -> Iterator[str]:
    """The tags of a section and of the sections within it."""
    if isinstance(value, Mapping):
        if isinstance(value.get(tag), str):
            yield value[tag]
        for inner in value.values():
            yield from _tags(inner, tag)


def _assets(section: type[Section], names: tuple[str, ...], name: str) -> tuple[str, ...]:
    known: tuple[str, ...] = getattr(section, "ASSETS", ())
    if name in CATALOGUE and (not known or (len(names) > 1 and name in known)):
        return (name,)
    return known


def _need(asset: Asset, assets: Path) -> Need:
    folder = assets / asset.name
    how = f"s2f fetch {asset.name}"
    if asset.manual_steps:
        how = f"by hand: {asset.manual_steps} into {folder}"
    return Need(
        name=asset.name,
        description=asset.description,
        licence=asset.licence,
        citation=asset.citation,
        page=asset.page,
        download=asset.download,
        here=asset.availability(folder),
        how=how,
    )


def format_bytes(count: int) -> str:
    """A number of bytes with its unit: 250 kB, 25 MB, 1.4 GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= scale:
            number = count / scale
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{count / 1e3:.0f} kB"


def as_json(entries: list[Entry]) -> str:
    """Return the entries as JSON."""
    return json.dumps([asdict(entry) for entry in entries], indent=2, ensure_ascii=False)


def format_table(entries: list[Entry], used_by: str) -> str:
    """The entries as a text table, at most 100 columns wide.

    Each entry has a row; each asset that it needs has an indented row below. ``used_by`` is the
    heading of the column of parameters.
    """
    rows = [("NAME", used_by.upper(), ["DESCRIPTION"])]
    for entry in entries:
        lines = [entry.about] if entry.needs else [entry.about, "nothing to fetch"]
        rows.append((entry.name, ", ".join(entry.used_by) or "-", lines))
        rows += [(f"  {need.name}", _state(need), list(_details(need))) for need in entry.needs]
    widths = max(len(row[0]) for row in rows), min(max(len(row[1]) for row in rows), 20)
    last = WIDTH - sum(widths) - len(GAP) * len(widths)
    text = []
    for name, used, lines in rows:
        description = [wrapped for line in lines for wrapped in _wrap(line, last)]
        for cells in zip_longest([name], _wrap(used, widths[1]), description, fillvalue=""):
            padded = (cell.ljust(width) for cell, width in zip(cells, (*widths, 0), strict=True))
            text.append(GAP.join(padded).rstrip())
    return "\n".join(text)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _state(need: Need) -> str:
    states = {"yes": "here", "part": "partly here", "no": "not here"}
    return f"{states[need.here]}, {format_bytes(need.download)}"


def _details(need: Need) -> Iterator[str]:
    yield need.description
    yield f"licence: {need.licence}"
    yield f"cite: {need.citation}"
    yield f"see: {need.page}"
    if need.here != "yes":
        yield f"get it: {need.how}"
