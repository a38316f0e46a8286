"""Keep/drop lists: CSV files that a person edits, by hand or in the page of ``s2f review``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.common.names import nearest, visible

COLUMNS = ("id", "decision", "note")
DECISIONS = ("keep", "drop")


@dataclass(frozen=True)
class Decision:
    """A person's decision on an image."""

    keep: bool
    note: str = ""

    @property
    def reason(self) -> str:
        """The reason for leaving the image out."""
        return f"dropped by hand: {self.note}" if self.note else "dropped by hand"


def read_decisions(file: Path, ids: set[str]) -> dict[str, Decision]:
    """Read a list of decisions by id; a file that does not exist has none.

    An id may differ from the image's in case and Unicode form, as long as one image has such an id.

    Raises UserError, with the line, if the file is invalid or has an id that is not one of ``ids``.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return _read(csv.DictReader(lines), file, ids)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file} cannot be read: {error}") from None


def _read(lines: csv.DictReader[str], file: Path, ids: set[str]) -> dict[str, Decision]:
    columns = tuple(lines.fieldnames or ())
    if columns not in {COLUMNS, COLUMNS[:2]}:
        raise UserError(
            f"{file}:1: columns are {','.join(columns)!r}, must be {','.join(COLUMNS)!r}"
        )
    alike: dict[str, list[str]] = {}
    for name in sorted(ids):
        alike.setdefault(visible(name), []).append(name)
    decisions: dict[str, Decision] = {}
    for line in lines:
        here = f"{file}:{lines.line_num}"
        if None in line or line["decision"] is None:
            raise UserError(f"{here}: must have {len(columns)} values: {', '.join(columns)}")
        name, decision = line["id"].strip(), line["decision"].strip()
        if decision not in DECISIONS:
            raise UserError(f"{here}: decision {decision!r} must be {' or '.join(DECISIONS)}")
        if name not in ids:
            name = _alike(name, alike, ids, here)
        if name in decisions:
            raise UserError(f"{here}: {name!r} is in the list twice")
        decisions[name] = Decision(decision == "keep", (line.get("note") or "").strip())
    return decisions


def _alike(name: str, alike: Mapping[str, list[str]], ids: set[str], here: str) -> str:
    """The one id that looks like ``name``; raises UserError if there is none, or several."""
    match alike.get(visible(name), []):
        case [one]:
            return one
        case []:
            near = nearest(name, sorted(ids))
            hint = f"; the nearest is {near!r}" if near else ""
            raise UserError(f"{here}: no image has the id {name!r} ({len(ids)} images{hint})")
        case several:
            raise UserError(f"{here}: {name!r} may be any of {', '.join(map(repr, several))}")
