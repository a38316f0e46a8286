"""Split images into train, val and test by hash, so that new images move no old one."""

from __future__ import annotations

import hashlib
import itertools
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.atomic import atomic_write
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.seeding import Seed

log = logging.getLogger(__name__)

Part = Literal["train", "val", "test"]
PARTS: tuple[Part, ...] = ("train", "val", "test")
MIN_IMAGES = 30  # of a domain, from which on no part is empty


class Split(Section):
    """Shares of train, val and test, which sum to 1: ``split:``.

    Images are split by hash; with ``official``, only those that the publisher put into no part, and
    the publisher's train where the publisher lacks a part.
    """

    seed: Seed = Field(0, description="Another seed gives another split.")
    train: float = Field(0.8, gt=0, lt=1, description="Share of the images to train on.")
    val: float = Field(0.1, gt=0, lt=1, description="Share of the images to choose models on.")
    test: float = Field(0.1, gt=0, lt=1, description="Share of the images to report scores on.")
    official: bool = Field(
        False,
        description=(
            "Keep the publisher's split of images that have one; a part that the publisher lacks "
            "is taken from train."
        ),
    )

    @model_validator(mode="after")
    def _check_sum(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + val + test must be 1, got {total:g}")
        return self


def assign(
    index: pd.DataFrame,
    split: Split,
    reasons: pd.Series[str] | None = None,
    domains: Sequence[Collection[str]] = (),
) -> pd.DataFrame:
    """The split of each accepted row of a table's index: columns id, split, reason.

    A row is split by its group, or by its pixels if it has no group, or by its publisher. So a
    group is never divided, equal images without a group fall together, and new images move no old
    one. Two exceptions, for each of the ``domains``, the ids of the tables of which the index is
    made (by default one):

    - A part that the publisher lacks is taken from the publisher's train by hash.
    - A part without any of at least 30 images takes its share, by the order of the hashes, from
      train (from the largest part if train is the one).

    Some rows get no split but a reason. If equal images of different groups fall into several
    parts, only those in the earliest of train, val and test stay. ``reasons`` leaves out more rows:
    it maps ids to reasons, or to null.

    Raises UserError if an official part is none of the three.
    """
    rows = index[index["rejected"].isna()].reset_index(drop=True)
    keys = rows["group"].where(rows["group"].notna(), rows["sha256"]).astype(str)
    members = [rows["id"].isin(ids) for ids in domains or [rows["id"]]]
    parts = keys.map(lambda key: _part(key, split))
    official = pd.Series(data=False, index=rows.index)
    if split.official and "part" in rows:
        official = rows["part"].notna()
        parts = _official_parts(rows["part"].where(official, parts), keys, official, split, members)
    curated = pd.Series(None, index=rows.index, dtype=object)
    if reasons is not None:
        curated = rows["id"].map(reasons.dropna()).astype(object)
    reason = _with_leaks(curated, parts, rows["sha256"])
    for member, part in itertools.product(members, PARTS):
        usable = member & reason.isna()
        if usable.sum() >= MIN_IMAGES and part not in set(parts[usable]):
            parts = _filled(parts, part, keys, rows["sha256"], usable, official, split)
            reason = _with_leaks(curated, parts, rows["sha256"])
    return pd.DataFrame(
        {"id": rows["id"], "split": parts.where(reason.isna(), None), "reason": reason}
    )


def _place(key: str, split: Split) -> float:
    """The place of a group in [0, 1), by hash."""
    digest = hashlib.sha256(f"{split.seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _part(key: str, split: Split, choices: Sequence[Part] = PARTS) -> Part:
    """The part of a group among ``choices``, by their shares."""
    shares = [getattr(split, part) for part in choices]
    place = _place(key, split) * (1 if len(choices) == len(PARTS) else sum(shares))
    for part, bound in zip(choices[:-1], itertools.accumulate(shares), strict=False):
        if place < bound:
            return part
    return choices[-1]


def _official_parts(
    parts: pd.Series[str],
    keys: pd.Series[str],
    official: pd.Series[bool],
    split: Split,
    members: Sequence[pd.Series[bool]],
) -> pd.Series[str]:
    """The parts with those that the publisher lacks taken from the publisher's train."""
    if unknown := sorted(set(parts) - set(PARTS)):
        raise UserError(
            f"the source puts an image into the part {unknown[0]!r}; "
            f"known parts are {', '.join(PARTS)}"
        )
    present = [set(parts[member]) for member in members]
    missing = [part for part in PARTS if any(part not in each for each in present)]
    if not official.any() or not missing or "train" in missing:
        return parts
    log.info("split: the publisher has no %s: taken from train by hash", " and no ".join(missing))
    train = official & (parts == "train")
    by_hash = keys[train].map(lambda key: _part(key, split, ("train", *missing)))
    return parts.where(~train, by_hash)


def _with_leaks(
    curated: pd.Series[str], parts: pd.Series[str], sha256: pd.Series[str]
) -> pd.Series[str]:
    """The reasons, also for rows whose pixels are in an earlier part."""
    rank = parts.map(PARTS.index).where(curated.isna())
    earliest = rank.groupby(sha256).transform("min")
    leaks = rank > earliest
    same = earliest[leaks].map(lambda part: f"same pixels as an image of {PARTS[int(part)]}")
    return curated.where(curated.notna(), same)


def _filled(
    parts: pd.Series[str],
    empty: Part,
    keys: pd.Series[str],
    sha256: pd.Series[str],
    usable: pd.Series[bool],
    official: pd.Series[bool],
    split: Split,
) -> pd.Series[str]:
    """The parts with groups moved into the empty one; unchanged if there are too few."""
    donor = "train" if empty != "train" else parts[usable].value_counts().index[0]
    # The publisher's val and test stay, and equal pixels in two groups would only leak.
    movable = usable & (parts == donor) & (keys.groupby(sha256).transform("nunique") == 1)
    if donor != "train":
        movable &= ~official
    candidates = sorted(set(keys[movable]), key=lambda key: _place(key, split))
    count = max(1, round(getattr(split, empty) * keys[usable].nunique()))
    staying = set(keys[usable & (parts == donor)]) - set(candidates)
    count = min(count, len(candidates) - (not staying))
    if count < 1:
        return parts
    log.info("split: %s had no image: %d are taken from %s", empty, count, donor)
    moved = keys.isin(candidates[-count:]) & (parts == donor)
    return parts.where(~moved, empty)


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
    _log_official(index, split)
    reasons = None if measures is None else measures.set_index("id")["reason"]
    rows = assign(index, split, reasons, [set(domain["id"]) for domain in accepted])
    counts = rows["split"].value_counts()
    log.info("split: %s", ", ".join(f"{part} {counts.get(part, 0)}" for part in PARTS))
    for reason, count in rows["reason"].value_counts().items():
        log.warning("split: %d left out: %s", count, reason)
    for domain, noun in zip(accepted, ("images", "inputs"), strict=False):
        _require_parts(rows[rows["id"].isin(domain["id"])], noun, out)
    rows = rows.astype("string")
    if measures is not None:
        rows = rows.merge(measures.drop(columns="reason"), on="id", how="left")
    with atomic_write(out) as unfinished:
        rows.to_parquet(unfinished, index=False)


def _log_official(index: pd.DataFrame, split: Split) -> None:
    """Say whether the publisher's parts are kept."""
    parts = index["part"].value_counts() if "part" in index else pd.Series(dtype=int)
    if parts.empty and split.official:
        log.info("split: the source has no parts of its own: all images are split by hash")
    elif not parts.empty and not split.official:
        log.warning(
            "split: the source's own parts (%s) are not kept; to keep them, set split.official: "
            "true",
            ", ".join(f"{part} {count}" for part, count in sorted(parts.items())),
        )


def _require_parts(rows: pd.DataFrame, noun: str, out: Path) -> None:
    """Raise UserError if a part has none of a domain's images."""
    filled = rows["split"].dropna().unique()
    empty = [part for part in PARTS if part not in filled]
    if not empty:
        return
    count, usable = len(rows), int(rows["split"].notna().sum())
    advice = f"they are too few groups of equal images or persons; add {noun} of others"
    if usable < MIN_IMAGES:
        left_out = f", of which {count - usable} are left out" if usable < count else ""
        advice = f"at least {MIN_IMAGES} are needed{left_out}; add {noun}"
    elif "train" in empty:
        advice = "set split.official: false, or put some into the source's train"
    raise UserError(f"{out}: none of {count} {noun} falls into {' or '.join(empty)}: {advice}")


def read_ids(file: Path, *parts: Part) -> list[str]:
    """The ids of these parts, in the tables' order; raises UserError if there is no split."""
    try:
        rows = pd.read_parquet(file)
    except OSError:
        raise UserError(f"{file} does not exist: run the split stage first") from None
    return list(rows.loc[rows["split"].isin(parts), "id"])
