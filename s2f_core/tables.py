"""Image tables: what every data stage reads and writes.

A table is a folder with ``images-NNNNN.npy`` (uint8 [n, H, W, C], memory-mapped when read),
``index.parquet`` (a row an image, rejected ones with the reason) and ``preview.png``. A few big
files, because DVC hashes thousands of small ones slowly and training should not decode a JPEG.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from s2f_core.errors import UserError
from s2f_core.images import Pixels, Rejected, enlarged, grid, save_png

log = logging.getLogger(__name__)

COLUMNS = ["id", "source", "class", "group", "sha256", "rejected"]
SHARD_BYTES = 2**30
PREVIEW = 64  # images on the contact sheet
VISIBLE = 32  # pixels a side there, at least


@dataclass(frozen=True)
class Table:
    """An image table on disk, opened for reading.

    ``index`` has a row an image: ``id`` (unique), ``source`` (where it came from), ``class``,
    ``group`` (such as an identity; images of one group share a split), ``sha256`` (of the pixels)
    and ``rejected`` (the reason, or null). Images are numbered by the rows that are not rejected.
    """

    folder: Path
    index: pd.DataFrame
    shards: tuple[Pixels, ...]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of every image."""
        height, width, channels = self.shards[0].shape[1:]
        return height, width, channels

    @property
    def accepted(self) -> pd.DataFrame:
        """The rows that have an image, in the images' order, numbered from 0."""
        return self.index[self.index["rejected"].isna()].reset_index(drop=True)

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return np.cumsum([0, *(len(shard) for shard in self.shards)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def images(self, positions: npt.ArrayLike) -> Pixels:
        """The images at these positions, uint8 [n, H, W, C]."""
        wanted = np.asarray(positions, dtype=np.int64)
        shards = np.searchsorted(self._starts, wanted, side="right") - 1
        found = np.empty((len(wanted), *self.shape), dtype=np.uint8)
        for row, (shard, position) in enumerate(zip(shards, wanted, strict=True)):
            found[row] = self.shards[shard][position - self._starts[shard]]
        return found

    def positions(self, ids: pd.Series[str] | list[str]) -> npt.NDArray[np.int64]:
        """Where the images with these ids stand; raises UserError for one that has no image."""
        places = pd.Series(np.arange(len(self)), index=self.accepted["id"])
        missing = [name for name in ids if name not in places.index]
        if missing:
            raise UserError(f"{self.folder}: no image {missing[0]!r} ({len(missing)} missing)")
        return places.loc[list(ids)].to_numpy()


def read(folder: Path) -> Table:
    """Open a table; raises UserError where it is missing, incomplete or has no image."""
    try:
        index = pd.read_parquet(folder / "index.parquet")
        paths = sorted(folder.glob("images-*.npy"))
        shards = tuple(np.load(path, mmap_mode="r") for path in paths)
    except (OSError, EOFError, ValueError) as error:
        raise UserError(f"{folder} is not an image table: {error}") from None
    if sum(map(len, shards)) != int(index["rejected"].isna().sum()):
        raise UserError(f"{folder} is incomplete: {len(index)} rows do not match its images")
    if not shards:
        raise UserError(f"{folder} has no image: all {len(index)} rows are rejected")
    return Table(folder, index, shards)


def build(
    folder: Path,
    rows: pd.DataFrame,
    make: Callable[[int], Pixels],
    *,
    describe: str,
    shard_bytes: int = SHARD_BYTES,
) -> Table:
    """Make image ``i`` of each of ``rows`` by ``make(i)`` and write the table.

    ``rows`` brings the index columns but ``sha256`` and ``rejected``; a row that has ``rejected``
    set stays so. ``make`` runs on all cores in threads, returns uint8 [H, W, C] of one shape and
    raises Rejected with a reason to leave a row without an image. The folder appears at once
    when all is written. Raises UserError where no row is left.
    """
    index = rows.reindex(columns=COLUMNS).reset_index(drop=True)
    reasons: list[str | None] = [None if pd.isna(why) else str(why) for why in index["rejected"]]
    hashes: list[str | None] = [None] * len(index)
    todo = [row for row, reason in enumerate(reasons) if reason is None]

    def attempt(row: int) -> Pixels | Rejected:
        try:
            return make(row)
        except Rejected as reason:
            return reason

    workers = joblib.Parallel(n_jobs=-1, prefer="threads", return_as="generator")
    results = workers(joblib.delayed(attempt)(row) for row in todo)
    with _appearing(folder) as unfinished:
        shard: list[Pixels] = []
        written = 0
        progress = tqdm(zip(todo, results, strict=True), describe, len(todo), unit="image")
        for row, result in progress:
            if isinstance(result, Rejected):
                reasons[row] = str(result)
                continue
            hashes[row] = hashlib.sha256(result.tobytes()).hexdigest()
            shard.append(result)
            if (len(shard) + 1) * result.nbytes > shard_bytes:
                written += _save(unfinished, written, shard)
                shard = []
        if shard:
            _save(unfinished, written, shard)
        index["sha256"] = pd.Series(hashes, index=index.index)
        index["rejected"] = pd.Series(reasons, index=index.index)
        rejected = index["rejected"].dropna()
        for reason, count in rejected.value_counts().items():
            log.warning("%s: %d rejected: %s", folder, count, reason)
        if len(rejected) == len(index):
            first = f"; the first: {rejected.iloc[0]}" if len(rejected) else ""
            raise UserError(f"{folder}: none of {len(index)} images can be used{first}")
        index.astype("string").to_parquet(unfinished / "index.parquet", index=False)
        table = read(unfinished)
        chosen = np.unique(np.linspace(0, len(table) - 1, PREVIEW).astype(int))
        shown = [_visible(image) for image in table.images(chosen)]
        save_png(unfinished / "preview.png", grid(shown))
    return read(folder)


def _visible(image: Pixels) -> Pixels:
    """What can be looked at, uint8 [H', W', 1 or 3]: channels that are no colours as tiles."""
    channels = image.shape[-1]
    if channels not in {1, 3}:
        image = grid(list(np.moveaxis(image, -1, 0)[..., None]), gap=0)
    return enlarged(image, VISIBLE)


def _save(folder: Path, number: int, images: list[Pixels]) -> int:
    np.save(folder / f"images-{number:05d}.npy", np.stack(images))
    return 1


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to fill that takes its name only once it is whole."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
