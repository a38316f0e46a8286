"""Train / val / test by hash, so that an image keeps its split whatever is added beside it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError

log = logging.getLogger(__name__)

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")


class Split(Section):
    """``split: {seed: 0, train: 0.8, val: 0.1, test: 0.1}``; the shares sum to 1.

    ``official``: an image whose publisher put it into a part stays there; the others' are hashed.
    """

    seed: int = 0
    train: float = Field(0.8, gt=0, lt=1)
    val: float = Field(0.1, gt=0, lt=1)
    test: float = Field(0.1, gt=0, lt=1)
    official: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + val + test must be 1, got {total:g}")
        return self


def assign(
    index: pd.DataFrame, split: Split, left_out: pd.Series[str] | None = None
) -> pd.DataFrame:
    """The split of each accepted row of a table's index: columns id, split, reason.

    A row's split depends on its group (where it has one, else on its pixels) and the seed alone, or
    is the publisher's. So a group is never divided, equal images without a group fall together, and
    adding images moves none. Equal images of groups that fell apart are kept in the earliest of
    train, val and test; the others get no split, with the reason. Nor do those that ``left_out``
    has a reason for, by id.

    Raises UserError where an official part is none of the three.
    """
    rows = index[index["rejected"].isna()]
    keys = rows["group"].where(rows["group"].notna(), rows["sha256"])
    parts = keys.map(lambda key: _part(str(key), split))
    if split.official and "part" in rows:
        parts = rows["part"].where(rows["part"].notna(), parts)
        if other := sorted(set(parts) - set(PARTS)):
            raise UserError(f"an image is of the part {other[0]!r}; known are {', '.join(PARTS)}")
    curated = pd.Series(None, index=rows.index, dtype=object)
    if left_out is not None:
        curated = rows["id"].map(left_out.dropna()).astype(object)
    rank = parts.map(PARTS.index).where(curated.isna())
    earliest = rank.groupby(rows["sha256"]).transform("min")
    leaks = rank > earliest
    same = earliest[leaks].map(lambda part: f"same pixels as an image of {PARTS[int(part)]}")
    reason = curated.where(curated.notna(), same)
    return pd.DataFrame(
        {"id": rows["id"], "split": parts.where(reason.isna(), None), "reason": reason}
    ).reset_index(drop=True)


def _part(key: str, split: Split) -> Part:
    digest = hashlib.sha256(f"{split.seed}:{key}".encode()).digest()
    place = int.from_bytes(digest[:8]) / 2**64
    if place < split.train:
        return "train"
    return "val" if place < split.train + split.val else "test"


def write_split(
    domains: Sequence[pd.DataFrame], split: Split, out: Path, measures: pd.DataFrame | None = None
) -> None:
    """Assign the rows of the indexes of a role's tables and write ``out``, a parquet file.

    An id that two tables have is of a pair, and has one row: that of the first of them.
    ``measures`` has a row an image: its id, the reason why it is left out, if it is, and what was
    measured, which becomes columns of ``out``. Raises UserError where a part of a table would be
    empty.
    """
    accepted = [index[index["rejected"].isna()] for index in domains]
    index = pd.concat(accepted, ignore_index=True).drop_duplicates("id")
    left_out = None if measures is None else measures.set_index("id")["reason"]
    rows = assign(index, split, left_out)
    counts = rows["split"].value_counts()
    log.info("split: %s", ", ".join(f"{part} {counts.get(part, 0)}" for part in PARTS))
    for reason, count in rows["reason"].value_counts().items():
        log.warning("split: %d left out: %s", count, reason)
    for domain in accepted:
        there = rows.loc[rows["id"].isin(domain["id"]), "split"].unique()
        if empty := [part for part in PARTS if part not in there]:
            raise UserError(
                f"{out}: {len(domain)} images leave no {' and no '.join(empty)} split; "
                "add images or change the shares under 'split'"
            )
    rows = rows.astype("string")
    if measures is not None:
        rows = rows.merge(measures.drop(columns="reason"), on="id", how="left")
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".unfinished")
    rows.to_parquet(unfinished, index=False)
    unfinished.replace(out)


def read_ids(file: Path, *parts: Part) -> list[str]:
    """The ids of some parts, in the tables' order; raises UserError where there is no split."""
    try:
        rows = pd.read_parquet(file)
    except OSError:
        raise UserError(f"{file} does not exist: run the split stage first") from None
    return list(rows.loc[rows["split"].isin(parts), "id"])
