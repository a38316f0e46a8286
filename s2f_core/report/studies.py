"""The ``studies`` section: a paper's published table and which of our translations answers it."""

from __future__ import annotations

from s2f_core.errors import UserError
from s2f_core.params import Section


class StudyRow(Section):
    """One line of a published table.

    ``published`` maps a score's key (``fid``, ``pixel_difference``, …) to the printed number;
    ``ours`` names the translation set beside it, or is null where none was trained.
    """

    name: str
    published: dict[str, float]
    ours: str | None = None


class Study(Section):
    """A paper, the setting its numbers were made in, and its table."""

    title: str
    citation: str
    setting: str
    rows: tuple[StudyRow, ...]


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
