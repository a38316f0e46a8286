"""Train / val / test by hash, so that an image keeps its split whatever is added beside it."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.errors import UserError
from s2f_core.params import Section

log = logging.getLogger(__name__)

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")


class Split(Section):
    """``split: {seed: 0, train: 0.8, val: 0.1, test: 0.1}``; the shares sum to 1."""

    seed: int = 0
    train: float = Field(0.8, gt=0, lt=1)
    val: float = Field(0.1, gt=0, lt=1)
    test: float = Field(0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + val + test must be 1, got {total:g}")
        return self


def assign(index: pd.DataFrame, split: Split) -> pd.DataFrame:
    """The split of each accepted row of a table's index: columns id, split, reason.

    A row's split depends on its group (where it has one, else on its pixels) and the seed alone.
    So a group is never divided, equal images without a group fall together, and adding images
    moves none. Equal images of groups that fell apart are kept in the earliest of train, val and
    test; the others get no split, with the reason.
    """
    rows = index[index["rejected"].isna()]
    keys = rows["group"].where(rows["group"].notna(), rows["sha256"])
    parts = keys.map(lambda key: _part(str(key), split))
    rank = parts.map(PARTS.index)
    earliest = rank.groupby(rows["sha256"]).transform("min")
    leaks = rank > earliest
    reason = earliest.map(lambda part: f"same pixels as an image of {PARTS[part]}")
    return pd.DataFrame(
        {
            "id": rows["id"],
            "split": parts.where(~leaks, None),
            "reason": reason.where(leaks, None),
        }
    ).reset_index(drop=True)


def _part(key: str, split: Split) -> Part:
    digest = hashlib.sha256(f"{split.seed}:{key}".encode()).digest()
    place = int.from_bytes(digest[:8]) / 2**64
    if place < split.train:
        return "train"
    return "val" if place < split.train + split.val else "test"


def write(index: Path, split: Split, out: Path) -> None:
    """Assign the rows of ``index.parquet`` and write ``out``, a parquet file.

    Raises UserError where a part would be empty.
    """
    rows = assign(pd.read_parquet(index), split)
    counts = rows["split"].value_counts()
    log.info("split: %s", ", ".join(f"{part} {counts.get(part, 0)}" for part in PARTS))
    for reason, count in rows["reason"].value_counts().items():
        log.warning("split: %d left out: %s", count, reason)
    empty = [part for part in PARTS if part not in counts]
    if empty:
        raise UserError(
            f"{index}: {len(rows)} images leave no {' and no '.join(empty)} split; "
            "add images or change the shares under 'split'"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".unfinished")
    rows.astype("string").to_parquet(unfinished, index=False)
    unfinished.replace(out)


def ids(file: Path, *parts: Part) -> list[str]:
    """The ids of some parts, in the table's order; raises UserError where there is no split."""
    try:
        rows = pd.read_parquet(file)
    except OSError:
        raise UserError(f"{file} does not exist: run the split stage first") from None
    return list(rows.loc[rows["split"].isin(parts), "id"])
