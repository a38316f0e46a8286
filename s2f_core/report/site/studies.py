"""The ``studies`` section: a paper's table and claims, and our translations beside them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError


class Paper(Section):
    """A paper's training settings, as far as it states them; the report compares them with ours.

    ``images`` is the number of training images, ``size`` their pixels a side. ``lr`` is the
    generator's learning rate, ``lr_d`` the discriminator's. ``width``: channels of the first layer.
    """

    images: int | None = Field(None, ge=1)
    size: int | None = Field(None, ge=1)
    epochs: float | None = Field(None, gt=0)
    batch: int | None = Field(None, ge=1)
    lr: float | None = Field(None, gt=0)
    lr_d: float | None = Field(None, gt=0)
    width: int | None = Field(None, ge=1)


class StudyRow(Section):
    """One row of a paper's table: its name, its printed numbers and our translation.

    ``published`` maps a score's key (``fid``, ``pixel_difference``, …) to the printed number; empty
    if the paper printed none. ``ours`` names our translation; null if none was trained. ``paper``
    overrides settings of the study for this row.
    """

    name: str
    published: dict[str, float] = Field(default_factory=dict)
    ours: str | None = None
    paper: Paper = Paper()


class Claim(Section):
    """A paper's claim, as a comparison of our translations by one score.

    ``better`` should beat ``than``. A single translation on one side is compared with each on the
    other; several on both sides are compared in pairs, first with first. Both sides are empty if no
    translation can tell. ``setting``: a remark for the reader. ``command`` asks the question with
    all else equal.
    """

    claim: str
    score: str = "kid"
    better: tuple[str, ...] = ()
    than: tuple[str, ...] = ()
    setting: str = ""
    command: str = ""

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        sides = len(self.better), len(self.than)
        if sides == (0, 0):
            if not self.setting and not self.command:
                raise ValueError("name translations under 'better' and 'than', or give a command")
        elif 0 in sides or (1 not in sides and sides[0] != sides[1]):
            raise ValueError(
                f"{sides[0]} under 'better' and {sides[1]} under 'than': one side needs one, or "
                "both as many"
            )
        return self

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The comparisons: the translation that should be better, and the other."""
        count = max(len(self.better), len(self.than))
        better, than = (
            side * count if len(side) == 1 else side for side in (self.better, self.than)
        )
        return list(zip(better, than, strict=True))


class PrintedTable(Section):
    """A table as the paper printed it, on its own data; the report shows it as it is.

    ``rows`` has a number per column, null if the paper has none.
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
        """Return the rows as text, all numbers with the same decimals, ``missing`` for null."""
        known = [value for row in self.rows.values() for value in row if value is not None]
        decimals = max((len(f"{value:g}".partition(".")[2]) for value in known), default=0)
        return {
            name: [missing if value is None else f"{value:.{decimals}f}" for value in row]
            for name, row in self.rows.items()
        }


class Study(Section):
    """A paper, its setting, its findings and its table.

    ``found`` has the paper's findings in sentences, ``claims`` those that are comparisons.
    ``printed`` is a table of numbers on the paper's own data. ``paper`` has the settings that all
    rows share.
    """

    title: str
    citation: str
    setting: str
    paper: Paper = Paper()
    found: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    printed: PrintedTable | None = None
    rows: tuple[StudyRow, ...]

    @property
    def ours(self) -> list[str]:
        """The translations that the rows name."""
        return [row.ours for row in self.rows if row.ours is not None]

    def only(self, translations: Collection[str]) -> Self:
        """Return the study without the names of other translations in its rows."""
        rows = [
            row if row.ours in translations else row.model_copy(update={"ours": None})
            for row in self.rows
        ]
        return self.model_copy(update={"rows": tuple(rows)})


def check_references(studies: dict[str, Study], translations: Collection[str]) -> None:
    """Raise UserError if a row or a claim names a translation that does not exist."""
    for key, study in studies.items():
        references = [(f"row {row.name!r}", row.ours) for row in study.rows if row.ours is not None]
        references += [
            (f"claim {claim.claim!r}", name)
            for claim in study.claims
            for name in (*claim.better, *claim.than)
        ]
        for where, name in references:
            if name not in translations:
                known = ", ".join(translations) or "none"
                raise UserError(
                    f"studies.{key}: {where} points to {name!r}, "
                    f"which is not a translation (known: {known}): correct it in studies.yaml, or "
                    "take it out"
                )
