"""Split images into train, val and test by hash, so that new images move no old one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.atomic import atomic_write
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError

log = logging.getLogger(__name__)

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")


class Split(Section):
    """Shares of train, val and test, which sum to 1: ``split:``.

    Images are split by hash; with ``official``, only those that the publisher put into no part.
    """

    seed: int = Field(0, description="Another seed gives another split.")
    train: float = Field(0.8, gt=0, lt=1, description="Share of the images to train on.")
    val: float = Field(0.1, gt=0, lt=1, description="Share of the images to choose models on.")
    test: float = Field(0.1, gt=0, lt=1, description="Share of the images to report scores on.")
    official: bool = Field(False, description="Keep the publisher's split of images that have one.")

    @model_validator(mode="after")
    def _check_sum(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + val + test must be 1, got {total:g}")
        return self


def assign(
    index: pd.DataFrame, split: Split, reasons: pd.Series[str] | None = None
) -> pd.DataFrame:
    """The split of each accepted row of a table's index: columns id, split, reason.

    A row is split by its group, or by its pixels if it has no group, or by its publisher. So a
    group is never divided, equal images without a group fall together, and new images move no old
    one.

    Some rows get no split but a reason. If equal images of different groups fall into several
    parts, only those in the earliest of train, val and test stay. ``reasons`` leaves out more rows:
    it maps ids to reasons, or to null.

    Raises UserError if an official part is none of the three.
    """
    rows = index[index["rejected"].isna()]
    keys = rows["group"].where(rows["group"].notna(), rows["sha256"])
    parts = keys.map(lambda key: _part(str(key), split))
    if split.official and "part" in rows:
        parts = rows["part"].where(rows["part"].notna(), parts)
        if unknown := sorted(set(parts) - set(PARTS)):
            raise UserError(
                f"the source puts an image into the part {unknown[0]!r}; "
                f"known parts are {', '.join(PARTS)}"
            )
    curated = pd.Series(None, index=rows.index, dtype=object)
    if reasons is not None:
        curated = rows["id"].map(reasons.dropna()).astype(object)
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
    """Split the rows of a role's tables, ``domains``, and write the parquet file ``out``.

    An id of two tables is a pair and has one row, that of the first table. ``measures`` has one row
    an image: its id, the reason to leave it out or null, and measures, which become columns of
    ``out``. Raises UserError if a table has no image in one of the parts.
    """
    accepted = [index[index["rejected"].isna()] for index in domains]
    index = pd.concat(accepted, ignore_index=True).drop_duplicates("id")
    reasons = None if measures is None else measures.set_index("id")["reason"]
    rows = assign(index, split, reasons)
    counts = rows["split"].value_counts()
    log.info("split: %s", ", ".join(f"{part} {counts.get(part, 0)}" for part in PARTS))
    for reason, count in rows["reason"].value_counts().items():
        log.warning("split: %d left out: %s", count, reason)
    for domain in accepted:
        filled = rows.loc[rows["id"].isin(domain["id"]), "split"].unique()
        if empty := [part for part in PARTS if part not in filled]:
            raise UserError(
                f"{out}: none of {len(domain)} images falls into {' or '.join(empty)}; "
                "add images or change the shares under 'split'"
            )
    rows = rows.astype("string")
    if measures is not None:
        rows = rows.merge(measures.drop(columns="reason"), on="id", how="left")
    with atomic_write(out) as unfinished:
        rows.to_parquet(unfinished, index=False)


def read_ids(file: Path, *parts: Part) -> list[str]:
    """The ids of these parts, in the tables' order; raises UserError if there is no split."""
    try:
        rows = pd.read_parquet(file)
    except OSError:
        raise UserError(f"{file} does not exist: run the split stage first") from None
    return list(rows.loc[rows["split"].isin(parts), "id"])
