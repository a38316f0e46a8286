"""The ``studies`` section: a paper's table and claims, and which of our translations answer it."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError


class Paper(Section):
    """How a paper made its numbers, where it says so: what the report sets beside ours.

    ``images`` it trained on, of ``size`` pixels a side; ``lr`` of the generator and ``lr_d`` of the
    discriminator; ``width``: channels of the first layer.
    """

    images: int | None = Field(None, ge=1)
    size: int | None = Field(None, ge=1)
    epochs: float | None = Field(None, gt=0)
    batch: int | None = Field(None, ge=1)
    lr: float | None = Field(None, gt=0)
    lr_d: float | None = Field(None, gt=0)
    width: int | None = Field(None, ge=1)


class StudyRow(Section):
    """One line of a table: what the paper calls it, what it printed, and which of ours it is.

    ``published`` maps a score's key (``fid``, ``pixel_difference``, …) to the printed number, and
    is empty where the paper printed none; ``ours`` names the translation set beside it, or is null
    where none was trained. ``paper``: what differs from the study's own.
    """

    name: str
    published: dict[str, float] = Field(default_factory=dict)
    ours: str | None = None
    paper: Paper = Paper()


class Claim(Section):
    """What a paper says is better than what, as a comparison of our translations by one score.

    One translation on either side is compared with each on the other; several on both, the first
    with the first, the second with the second. Both sides are empty where no translation can tell.
    ``setting``: what else a reader has to know. ``command``: what asks it with all else equal.
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
        """What is compared: the one that should be better, and the other."""
        count = max(len(self.better), len(self.than))
        one, other = (side * count if len(side) == 1 else side for side in (self.better, self.than))
        return list(zip(one, other, strict=True))


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

    ``found``: what the paper says it found, in sentences; ``claims``: what of it is a comparison.
    ``printed``: a table of numbers on data of its own. ``paper``: how its numbers were made, as
    far as all rows share it.
    """

    title: str
    citation: str
    setting: str
    paper: Paper = Paper()
    found: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    printed: Printed | None = None
    rows: tuple[StudyRow, ...]

    @property
    def ours(self) -> list[str]:
        """The translations that its rows name."""
        return [row.ours for row in self.rows if row.ours is not None]


def check(studies: dict[str, Study], translations: list[str]) -> None:
    """Raise UserError where a row or a claim names a translation that does not exist."""
    for key, study in studies.items():
        named = [(f"row {row.name!r}", row.ours) for row in study.rows if row.ours is not None]
        named += [
            (f"claim {claim.claim!r}", name)
            for claim in study.claims
            for name in (*claim.better, *claim.than)
        ]
        for where, name in named:
            if name not in translations:
                known = ", ".join(translations) or "none"
                raise UserError(
                    f"studies.{key}: {where} points to {name!r}, "
                    f"which is not under translations (known: {known})"
                )
