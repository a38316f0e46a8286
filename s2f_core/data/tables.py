"""Image tables: what every data stage reads and writes.

A table is a folder with ``images-NNNNN.npy`` (uint8 [n, H, W, C], memory-mapped when read),
``index.parquet`` (a row an image, rejected ones with the reason), ``made.json`` (the section of
params.yaml that it was made by) and ``preview.png``. A few big files, because DVC hashes thousands
of small ones slowly and training should not decode a JPEG.

Such a file, a shard, is the images of 128 rows. It is the unit of parallel and of restarted work,
so memory is bounded by a shard a worker, and a build that was killed loses the unfinished ones.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from s2f_core.common import code_digest
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, grid, repeat_pixels, save_png
from s2f_core.common.parallel import workers

log = logging.getLogger(__name__)

Maker = Callable[[int], Pixels]

COLUMNS = ["id", "source", "class", "group", "part", "sha256", "rejected"]
SHARD = 128  # rows
OPEN = 64  # shards of a table at once
OWN_INPUTS = "given"  # within a table, that of the domain A which the source brings itself
SECTION_FILE = "made.json"  # within a table: the section of params.yaml that it was made by
PREVIEW = 64  # images on the contact sheet
VISIBLE = 32  # pixels a side there, at least


@dataclass(frozen=True)
class Domain:
    """What a table is made from: the rows of its index, and what makes the image of one.

    ``rows`` bring the index columns but ``sha256``; a row with ``rejected`` set stays so. ``make``
    gives uint8 [H, W, C] of one shape for a row's number, or raises ImageError with the reason why
    it has no image. It runs in threads here and is pickled to workers elsewhere.
    """

    rows: pd.DataFrame
    make: Maker


@dataclass(frozen=True)
class Table:
    """An image table on disk, opened for reading.

    ``index`` has a row an image: ``id`` (unique), ``source`` (where it came from), ``class``,
    ``group`` (such as an identity; images of one group share a split), ``part`` (the split that the
    publisher gave it), ``sha256`` (of the pixels) and ``rejected`` (the reason, or null). Images
    are numbered by the rows that are not rejected. ``shape`` is every image's height, width and
    channels, ``shards`` are the files and how many images each has.
    """

    folder: Path
    index: pd.DataFrame
    shape: tuple[int, int, int]
    shards: tuple[tuple[Path, int], ...]

    @property
    def accepted(self) -> pd.DataFrame:
        """The rows that have an image, in the images' order, numbered from 0."""
        return self.index[self.index["rejected"].isna()].reset_index(drop=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """A table is pickled as its place: workers open it themselves."""
        return read, (self.folder.absolute(),)

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return np.cumsum([0, *(count for _, count in self.shards)])

    @cached_property
    def _mapped(self) -> Callable[[int], Pixels]:
        """A shard by its number, mapped; not all at once, for a process may have 1,024 files."""
        paths = [path for path, _ in self.shards]  # not through self: a cycle would keep it open
        return lru_cache(OPEN)(lambda shard: _map(paths[shard]))

    def __len__(self) -> int:
        return int(self._starts[-1])

    def images(self, positions: npt.ArrayLike) -> Pixels:
        """The images at these positions, uint8 [n, H, W, C]."""
        wanted = np.asarray(positions, dtype=np.int64)
        shards = np.searchsorted(self._starts, wanted, side="right") - 1
        found = np.empty((len(wanted), *self.shape), dtype=np.uint8)
        for row, (shard, position) in enumerate(zip(shards, wanted, strict=True)):
            found[row] = self._mapped(shard)[position - self._starts[shard]]
        return found

    def image(self, position: int) -> Pixels:
        """The image at this position, uint8 [H, W, C]."""
        (found,) = self.images([position])
        return np.asarray(found)

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
        shapes = [_map(path).shape for path in paths]
        if missing := set(COLUMNS) - set(index):
            raise ValueError(f"its index has no {', '.join(sorted(missing))}")
        if len({shape[1:] for shape in shapes}) > 1:
            raise ValueError("its images are not of one shape")
    except (OSError, EOFError, ValueError, OverflowError) as error:
        raise UserError(f"{folder} is not an image table: {error}") from None
    if sum(count for count, *_ in shapes) != int(index["rejected"].isna().sum()):
        raise UserError(f"{folder} is incomplete: {len(index)} rows do not match its images")
    if not shapes:
        raise UserError(f"{folder} has no image: all {len(index)} rows are rejected")
    counts = [count for count, *_ in shapes]
    return Table(folder, index, shapes[0][1:], tuple(zip(paths, counts, strict=True)))


def _map(shard: Path) -> Pixels:
    """The images of a shard; raises ValueError where they are none."""
    images: Pixels = np.lib.format.open_memmap(shard, mode="r")
    if images.dtype != np.uint8 or images.ndim != 4:
        raise ValueError(
            f"{shard.name} is {images.dtype} {list(images.shape)}, not uint8 [n, H, W, C]"
        )
    return images


def read_section(folder: Path) -> dict[str, Any] | None:
    """The section of params.yaml that a table was made by; None where the table does not say."""
    try:
        found: dict[str, Any] = json.loads((folder / SECTION_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{folder / SECTION_FILE} cannot be read: {error}") from None
    return found


def build(
    folder: Path,
    domain: Domain,
    *,
    label: str,
    key: str = "",
    code: str = __name__,
    section: Section | None = None,
) -> Table:
    """Make the images of a domain and write them as a table that keeps its ``section``.

    The work is done by :func:`s2f_core.common.parallel.workers`, shard by shard. The folder appears
    at once when all is written. A build that was killed is continued by the next of the same
    ``key``, rows and code; ``key`` names what else decides the pixels, and ``code`` is the module
    that makes them: a change in a file that it imports starts the build again. Raises UserError
    where no row is left, or ids are not unique.
    """
    rows = domain.rows.reindex(columns=COLUMNS).reset_index(drop=True)
    twice = rows.loc[rows["id"].duplicated(), "id"]
    if len(twice):
        raise UserError(f"{folder}: {len(twice)} ids are there twice, the first {twice.iloc[0]!r}")
    unfinished = _resumed(folder, rows, key, code)
    try:
        _fill(unfinished, rows, domain.make, label)
        index = _index(unfinished, rows)
        _report(folder, index)
        index.astype("string").to_parquet(unfinished / "index.parquet", index=False)
        _preview(read(unfinished))
        if section is not None:
            (unfinished / SECTION_FILE).write_text(
                section.model_dump_json(indent=2) + "\n", encoding="utf-8"
            )
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    except Exception:
        # Under another name first: a worker that still writes must not fill it again.
        with tempfile.TemporaryDirectory(dir=unfinished.parent) as bin_:
            unfinished.replace(Path(bin_) / "removed")
        raise
    return read(folder)


def _resumed(folder: Path, rows: pd.DataFrame, key: str, code: str) -> Path:
    """The folder in which the table grows, with what an earlier build of it has finished."""
    digest = hashlib.sha256(key.encode(errors="surrogateescape"))
    digest.update(rows.to_json().encode())
    digest.update(code_digest.digest(Path(__file__).parents[2], code).encode())
    unfinished = folder.with_name(f".{folder.name}.unfinished").absolute()
    work = unfinished / "work.key"
    if not work.is_file() or work.read_text() != digest.hexdigest():
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        work.write_text(digest.hexdigest())
    return unfinished


def _fill(unfinished: Path, rows: pd.DataFrame, make: Maker, label: str) -> None:
    shards = range(0, len(rows), SHARD)
    todo = [
        (place, list(range(first, min(first + SHARD, len(rows)))))
        for first in shards
        if not (place := unfinished / f"rows-{first // SHARD:05d}.json").is_file()
    ]
    usable = rows["rejected"].isna()
    with (
        workers(make) as run,
        tqdm(desc=label, total=len(rows), unit="image") as progress,
    ):
        progress.update(len(rows) - sum(len(numbers) for _, numbers in todo))
        tasks = (
            joblib.delayed(_shard)(place, [row for row in numbers if usable[row]], make)
            for place, numbers in todo
        )
        for done in run(tasks):
            progress.update(done)


def _shard(place: Path, rows: list[int], make: Maker) -> int:
    """Make the images of these rows; ``place`` appears when all is written. How many rows."""
    images, found = [], {}
    for row in rows:
        try:
            image = make(row)
        except ImageError as reason:
            found[row] = [None, str(reason)]
        else:
            images.append(image)
            found[row] = [hashlib.sha256(image.tobytes()).hexdigest(), None]
    if images:
        np.save(place.with_name(place.stem.replace("rows", "images") + ".npy"), np.stack(images))
    part = place.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.replace(place)
    return len(rows)


def _index(unfinished: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the hashes and reasons of all shards, whose notes are removed."""
    (unfinished / "work.key").unlink()
    found: dict[str, list[str | None]] = {}
    for place in sorted(unfinished.glob("rows-*.json")):
        found |= json.loads(place.read_text())
        place.unlink()
    made = [found.get(str(row), [None, reason]) for row, reason in enumerate(rows["rejected"])]
    return rows.assign(sha256=[one for one, _ in made], rejected=[why for _, why in made])


def _report(folder: Path, index: pd.DataFrame) -> None:
    rejected = index["rejected"].dropna()
    for reason, count in rejected.value_counts().items():
        log.warning("%s: %d rejected: %s", folder, count, reason)
    if len(rejected) == len(index):
        first = f"; the first: {rejected.iloc[0]}" if len(rejected) else ""
        raise UserError(f"{folder}: none of {len(index)} images can be used{first}")


def _preview(table: Table) -> None:
    chosen = np.unique(np.linspace(0, len(table) - 1, PREVIEW).astype(int))
    save_png(table.folder / "preview.png", grid([_visible(table.image(row)) for row in chosen]))


def _visible(image: Pixels) -> Pixels:
    """What can be looked at, uint8 [H', W', 1 or 3]: channels that are no colours as tiles."""
    channels = image.shape[-1]
    if channels not in {1, 3}:
        image = grid(list(np.moveaxis(image, -1, 0)[..., None]), gap=0)
    return repeat_pixels(image, VISIBLE)
