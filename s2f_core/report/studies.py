"""The ``studies`` section: a paper's published table and which of our translations answers it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from s2f_core.errors import UserError
from s2f_core.params import Section


class StudyRow(Section):
    """One line of a table: what the paper calls it, what it printed, and which of ours it is.

    ``published`` maps a score's key (``fid``, ``pixel_difference``, …) to the printed number, and
    is empty where the paper printed none; ``ours`` names the translation set beside it, or is null
    where none was trained.
    """

    name: str
    published: dict[str, float] = Field(default_factory=dict)
    ours: str | None = None


class Printed(Section):
    """A table as the paper printed it, of data that is not ours: shown, not set line by line.

    ``rows`` has a number a column, null where the paper has none.
    """

    caption: str
    score: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[float | None, ...]]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, row in self.rows.items():
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {name!r} has {len(row)} numbers for {len(self.columns)} columns"
                )
        return self

    def texts(self, missing: str) -> dict[str, list[str]]:
        """The rows as they are printed: all numbers with as many decimals."""
        known = [value for row in self.rows.values() for value in row if value is not None]
        decimals = max((len(f"{value:g}".partition(".")[2]) for value in known), default=0)
        return {
            name: [missing if value is None else f"{value:.{decimals}f}" for value in row]
            for name, row in self.rows.items()
        }


class Study(Section):
    """A paper, the setting its numbers were made in, and its table.

    ``found``: what the paper says it found, in sentences. ``printed``: a table of numbers on data
    of its own.
    """

    title: str
    citation: str
    setting: str
    found: tuple[str, ...] = ()
    printed: Printed | None = None
    rows: tuple[StudyRow, ...]

    @property
    def ours(self) -> list[str]:
        """The translations that its rows name."""
        return [row.ours for row in self.rows if row.ours is not None]


def check(studies: dict[str, Study], translations: list[str]) -> None:
    """Raise UserError where a study row names a translation that does not exist."""
    for key, study in studies.items():
        for row in study.rows:
            if row.ours is not None and row.ours not in translations:
                known = ", ".join(translations) or "none"
                raise UserError(
                    f"studies.{key}: row {row.name!r} points to {row.ours!r}, "
                    f"which is not under translations (known: {known})"
                )
