"""What a variant and a translation say of their data: two tables, a split, a direction.

Apart from the networks that learn from it, so that what only looks at images does not depend on
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError, list_names
from s2f_core.data.pairs import Pairs
from s2f_core.data.split import Part, read_ids
from s2f_core.data.tables import Table, read

Direction = Literal["a-to-b", "b-to-a"]
Scores = Literal["pairs", "samples", "surfaces"]
Upscaler = Literal["none", "bicubic", "edsr", "dat-x2"]


class Data(Section):
    """Which images are learned from, and what they are made from: ``data:`` of a variant.

    ``classes``: only images of these; a domain that knows no classes is taken whole.
    """

    role: str = Field(description="Role whose images are used.")
    background: Literal["kept", "removed"] = Field(
        description="Photos with the background kept or removed."
    )
    condition: str = Field(description="Condition that makes the inputs.")
    classes: tuple[str, ...] | None = Field(
        None, min_length=1, description="Use only images of these classes; null uses all."
    )

    def __str__(self) -> str:
        """Such as ``objects/kept-edges (pizza, tree)``."""
        chosen = f" ({', '.join(self.classes)})" if self.classes else ""
        return f"{self.role}/{self.background}-{self.condition}{chosen}"

    def inputs(self, root: Path) -> Table:
        """Table A under ``root``, the condition's; raises UserError where it is missing."""
        return read(root / self.role / f"{self.background}-{self.condition}")

    def targets(self, root: Path) -> Table:
        """Table B under ``root``, the images; raises UserError where it is missing."""
        return read(root / self.role / self.background)

    def pairs(
        self,
        root: Path,
        part: Part | Sequence[Part],
        scale: float = 1.0,
        direction: Direction = "a-to-b",
    ) -> Pairs:
        """The images of some splits from the tables under ``root``, at ``scale`` times their size.

        Their A is the table that ``direction`` starts from. Raises UserError where a table or the
        split is missing, or has none of the images, or where no image is of one of the classes.
        """
        parts: Sequence[Part] = [part] if isinstance(part, str) else part
        tables = self.inputs(root), self.targets(root)
        names = self._chosen(tables, read_ids(root / self.role / "split.parquet", *parts))
        start, end = tables if direction == "a-to-b" else reversed(tables)
        return Pairs(start, end, names, scale)

    def _chosen(self, tables: Sequence[Table], names: list[str]) -> list[str]:
        """The ids without those that a table has in another class."""
        if self.classes is None:
            return names
        classes = pd.concat([table.accepted["class"] for table in tables])
        known = sorted(classes.dropna().unique())
        for name in self.classes:
            if name not in known:
                raise UserError(
                    f"data.classes: {self.role} has no class {name!r} (allowed: "
                    f"{list_names(known) or 'none'})"
                )
        others: set[str] = set()
        for rows in (table.accepted for table in tables):
            if rows["class"].notna().any():
                others |= set(rows.loc[~rows["class"].isin(self.classes), "id"])
        return [name for name in names if name not in others]


class Translation(Section):
    """One entry under ``translations:``: a trained variant, and how it reaches full size.

    ``data`` repeats the variant's own; the translation holds the two against each other, unless
    ``transfer`` says that the generator is tried on other data than it was trained on.
    ``direction``: which of the variant's generators; a table of sketches can be the target too.
    ``scores``: what is measured. ``pairs``: each output against its own target, and the whole set
    against the whole. ``samples``: the sets alone, where the input is noise or the images are no
    pairs. ``surfaces``: points in space, whose density is known. ``split``: the images that are
    translated; ``val`` is for choosing between settings, so that test images are looked at once.
    """

    variant: str = Field(description="Variant whose model is run.")
    data: Data = Field(
        description="Data that it is run on, the variant's own unless transfer is set."
    )
    transfer: bool = Field(False, description="Allow data that the variant was not trained on.")
    upscaler: Upscaler = Field("none", description="How outputs reach full size.")
    direction: Direction = Field("a-to-b", description="Which of the variant's generators is run.")
    scores: Scores = Field(
        "pairs",
        description=(
            "pairs: each output against its target; samples: sets against each "
            "other; surfaces: points of a known density."
        ),
    )
    split: Literal["val", "test"] = Field(
        "test", description="Images that are translated; val is for choosing settings."
    )
