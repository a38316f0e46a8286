"""Data of a variant: its two tables, its classes and splits; and the translations of it.

This module imports no networks: code that only looks at images does not depend on them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from s2f_core.common.config import Section
from s2f_core.common.entry_names import Classes, Name
from s2f_core.common.errors import UserError, list_names
from s2f_core.data.pairs import Pairs
from s2f_core.data.split import PARTS, Part, read_ids
from s2f_core.data.tables import Table, read

log = logging.getLogger(__name__)

Direction = Literal["a-to-b", "b-to-a"]
Scores = Literal["pairs", "samples", "surfaces"]
Upscaler = Literal["none", "bicubic", "edsr", "dat-x2"]


class VariantData(Section):
    """The images that a variant learns from: ``data:`` of a variant."""

    role: Name = Field(description="Role whose images are used.")
    background: Literal["kept", "removed"] = Field(
        description="Photos with the background kept or removed."
    )
    condition: Name = Field(description="Condition that makes the inputs.")
    classes: Classes = Field(None, description="Use only images of these classes; null uses all.")

    def __str__(self) -> str:
        """Such as ``objects/kept-edges (pizza, tree)``."""
        classes = f" ({', '.join(self.classes)})" if self.classes else ""
        return f"{self.role}/{self.background}-{self.condition}{classes}"

    def inputs(self, root: Path) -> Table:
        """Read table A under ``root``, the condition's; raises UserError if it is missing."""
        return read(root / self.role / f"{self.background}-{self.condition}")

    def targets(self, root: Path) -> Table:
        """Read table B under ``root``, the images; raises UserError if it is missing."""
        return read(root / self.role / self.background)

    def pairs(
        self,
        root: Path,
        part: Part | Sequence[Part],
        scale: float = 1.0,
        direction: Direction = "a-to-b",
    ) -> Pairs:
        """Return the images of some splits from the tables under ``root``, scaled by ``scale``.

        A is the table that ``direction`` starts from. Raises UserError if a table or the split is
        missing or has none of the images, or none of the classes.
        """
        parts: Sequence[Part] = [part] if isinstance(part, str) else part
        tables = self.inputs(root), self.targets(root)
        ids = read_ids(root / self.role / "split.parquet", *parts)
        if self.classes is not None:
            ids = self._of_classes(self.classes, tables, ids)
            for table in tables:
                if not table.accepted["id"].isin(ids).any():
                    raise UserError(
                        f"data.classes: {table.folder} has no image of {list_names(self.classes)} "
                        f"in {' and '.join(parts)}: choose more classes, or other shares in split"
                    )
        start, end = tables if direction == "a-to-b" else reversed(tables)
        return Pairs(start, end, ids, scale)

    def check_parts(self, root: Path) -> None:
        """Check that every part has images, so that a training is not the first to miss one.

        Logs the classes of which a part has none. Raises UserError as :meth:`pairs` does.
        """
        for part in PARTS:
            pairs = self.pairs(root, part)
            if self.classes is None:
                continue
            rows = pd.concat([pairs.inputs.accepted, pairs.targets.accepted])
            present = set(rows.loc[rows["id"].isin([*pairs.ids, *pairs.ids_b]), "class"])
            if missing := [name for name in self.classes if name not in present]:
                log.warning("data.classes: %s has no image in %s", list_names(missing), part)

    def _of_classes(
        self, classes: Collection[str], tables: Sequence[Table], ids: list[str]
    ) -> list[str]:
        """Leave out the ids that a table has in another class."""
        column = pd.concat([table.accepted["class"] for table in tables])
        known = sorted(column.dropna().unique())
        for name in classes:
            if name not in known:
                raise UserError(
                    f"data.classes: {self.role} has no class {name!r} (allowed: "
                    f"{list_names(known) or 'none'})"
                )
        others: set[str] = set()
        for rows in (table.accepted for table in tables):
            if rows["class"].notna().any():
                others |= set(rows.loc[~rows["class"].isin(classes), "id"])
        return [name for name in ids if name not in others]


class TranslationOptions(Section):
    """One entry under ``translations.VARIANT``: a split translated, up to full size."""

    transfer: bool = Field(
        False,
        description="Translate the drawings of `gap.people` in place of the variant's own inputs.",
    )
    upscaler: Upscaler | None = Field(
        None,
        description="How outputs reach full size; null: bicubic where the variant's scale is "
        "below 1, else none.",
    )
    mirror: bool = Field(
        False,
        description="Average the output with that of the mirrored input, mirrored back; for "
        "variants that take images and train with `flip`.",
    )
    direction: Direction = Field("a-to-b", description="Which of the variant's generators runs.")
    scores: Scores = Field(
        "pairs",
        description="pairs: each output against its target, and the set against the set; samples: "
        "the sets alone, where nothing is paired; surfaces: points in space of known density.",
    )
    split: Literal["val", "test"] = Field(
        "test", description="val chooses between settings, so that test images are used once."
    )
    classifier_score: bool = Field(
        False, description="Also compute the classifier score, by EfficientNet-Lite0."
    )


class Translation(TranslationOptions):
    """A translation with all that it needs: the variant, its data, the upscaler in use."""

    variant: str = Field(description="Variant whose model is run.")
    data: VariantData = Field(
        description="Data that it is run on, the variant's own unless transfer is set."
    )
    upscaler: Upscaler = "none"


class TranslatedVariant(BaseModel):
    """The keys of an entry under ``variants:`` that its translations depend on."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    data: VariantData
    scale: float = 1.0

    def resolve(
        self, variant: str, sections: Mapping[str, TranslationOptions], people: str
    ) -> dict[str, Translation]:
        """Return the translations of ``variant`` by name.

        ``sections`` are the entries under ``translations.VARIANT``, ``people`` is the role of the
        drawings that a transfer translates.
        """
        upscaler: Upscaler = "bicubic" if self.scale < 1 else "none"
        drawings = VariantData(role=people, background="kept", condition="given")
        return {
            name: Translation(
                variant=variant,
                data=drawings if options.transfer else self.data,
                **options.model_dump() | {"upscaler": options.upscaler or upscaler},
            )
            for name, options in sections.items()
        }


def resolve_translations(
    variants: Mapping[str, TranslatedVariant],
    sections: Mapping[str, Mapping[str, TranslationOptions]],
    people: str,
) -> dict[str, Translation]:
    """Return the translations of all variants by name.

    Raises UserError if a variant has no entry or does not exist, or two translations share a name.
    """
    if differing := sorted(sections.keys() ^ variants.keys()):
        raise UserError(
            f"translations and variants must have the same keys; only one of them has "
            f"{list_names(differing)}"
        )
    translations: dict[str, Translation] = {}
    for variant, section in variants.items():
        for name, translation in section.resolve(variant, sections[variant], people).items():
            if name in translations:
                raise UserError(
                    f"translations.{variant}: {name!r} is a translation of "
                    f"{translations[name].variant} already; choose another name"
                )
            translations[name] = translation
    return translations
