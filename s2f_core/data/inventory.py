"""What there is to choose from: sources and conditions, what they need, and whether that is here.

Everything is read off what exists for another reason: the unions of sections, the docstrings of
their modules, the catalogue of assets, ``params.yaml`` and the folder of fetched assets.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, get_args

from s2f_core.common.config import Section
from s2f_core.data.assets import CATALOGUE, Collection

WIDTH = 100
GAP = "  "


@dataclass(frozen=True)
class Need:
    """An asset: what it is, ``download`` in bytes, ``here`` yes, part or no, ``how`` to get it."""

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
    """A source or a condition: what it is, the parameters that use it, what it is fetched from."""

    name: str
    about: str
    used_by: tuple[str, ...]
    needs: tuple[Need, ...]


def inventory(union: Any, tag: str, used: Mapping[str, Any], assets: Path) -> list[Entry]:
    """An entry for every name in a union of sections.

    ``tag`` is the key that tells them apart, "source" or "type"; ``used`` is the part of
    ``params.yaml`` that has such sections, by name; ``assets`` is where fetched assets lie. A
    section's ``ASSETS`` names what it can be fetched by; without it, it is the asset of its name.
    """
    return [
        Entry(
            name,
            _about(section),
            tuple(key for key, value in used.items() if name in _tags(value, tag)),
            tuple(_need(CATALOGUE[asset], assets) for asset in _assets(section, names, name)),
        )
        for section in sections(union)
        for names in [get_args(section.model_fields[tag].annotation)]
        for name in names
    ]


def sections(union: Any) -> Iterator[type[Section]]:
    """The sections of a union, of those within it first."""
    for member in get_args(get_args(union)[0]):
        if isinstance(member, type):
            yield member
        else:
            yield from sections(member)


def _about(section: type[Section]) -> str:
    """What the section's module says it is; of ``Domains[Source]``, that of ``Domains``."""
    written = section.__pydantic_generic_metadata__["origin"] or section
    text = sys.modules[written.__module__].__doc__ or ""
    return " ".join(text.strip().split("\n\n")[0].split())


def _tags(value: Any, tag: str) -> Iterator[str]:
    """The tags of a section and of those within it."""
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


def _need(asset: Collection, assets: Path) -> Need:
    folder = assets / asset.name
    how = f"by hand: {asset.by_hand} into {folder}" if asset.by_hand else f"s2f fetch {asset.name}"
    return Need(
        name=asset.name,
        description=asset.description,
        licence=asset.licence,
        citation=asset.citation,
        page=asset.page,
        download=asset.download,
        here=asset.here(folder),
        how=how,
    )


def format_bytes(count: int) -> str:
    """A number of bytes as people say it: 250 kB, 25 MB, 1.4 GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if count >= scale:
            number = count / scale
            return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"
    return f"{count / 1e3:.0f} kB"


def format_table(entries: list[Entry], used_by: str) -> str:
    """The entries as text, at most 100 columns wide; ``used_by`` heads the parameters' column.

    An entry has a row, and below it, set in, has each asset that it can be made from.
    """
    rows = [("NAME", used_by.upper(), ["WHAT IT IS"])]
    for entry in entries:
        told = [entry.about] if entry.needs else [entry.about, "nothing to fetch"]
        rows.append((entry.name, ", ".join(entry.used_by) or "-", told))
        rows += [(f"  {need.name}", _state(need), list(_told(need))) for need in entry.needs]
    widths = max(len(row[0]) for row in rows), min(max(len(row[1]) for row in rows), 20)
    left = WIDTH - sum(widths) - len(GAP) * len(widths)
    lines = []
    for name, used, told in rows:
        text = [line for part in told for line in _wrap(part, left)]
        for cells in zip_longest([name], _wrap(used, widths[1]), text, fillvalue=""):
            padded = (cell.ljust(width) for cell, width in zip(cells, (*widths, 0), strict=True))
            lines.append(GAP.join(padded).rstrip())
    return "\n".join(lines)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def _state(need: Need) -> str:
    states = {"yes": "here", "part": "in part here", "no": "not here"}
    return f"{states[need.here]}, {format_bytes(need.download)}"


def _told(need: Need) -> Iterator[str]:
    yield need.description
    yield f"licence: {need.licence}"
    yield f"cite: {need.citation}"
    yield f"see: {need.page}"
    if need.here != "yes":
        yield f"get it: {need.how}"
