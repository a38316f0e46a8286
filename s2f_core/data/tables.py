"""Image tables: every data stage reads and writes them.

A table is a folder with four kinds of file:

- ``images-NNNNN.npy``: uint8 [n, H, W, C], memory-mapped when read; or [n, K, H, W, C] where each
  row has K copies of its image, such as several drawings of a photo;
- ``index.parquet``: one row an image; a rejected row has the reason;
- ``made.json``: the section of params.yaml that the table was built from;
- ``preview.png``: a contact sheet.

The files are few and large, because DVC hashes thousands of small files slowly and training should
not decode JPEG. Each ``images`` file, a shard, has the images of 128 rows. Workers build one shard
at a time, which bounds their memory, and a killed build loses only its unfinished shards.
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
from s2f_core.common.atomic import replace_folder, write_text
from s2f_core.common.config import Section
from s2f_core.common.contact_sheet import contact_sheet
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, save_png
from s2f_core.common.parallel import workers
from s2f_core.common.rejections import count_reasons

log = logging.getLogger(__name__)

Maker = Callable[[int], Pixels]

COLUMNS = ["id", "source", "class", "group", "part", "sha256", "rejected"]
SHARD = 128  # rows of a shard
OPEN_SHARDS = 64  # shards of a table that are mapped at once
OWN_INPUTS = "given"  # folder in a table of photos: the table of the source's own inputs, domain A
SECTION_FILE = "made.json"  # file in a table: the section of params.yaml that it was built from
PREVIEW = "preview.png"  # file in a table: a contact sheet
PREVIEW_IMAGES = 64


@dataclass(frozen=True)
class Domain:
    """The rows of a table that is not built yet, and the function that makes their images.

    ``rows`` has the columns of the index but ``sha256``; a row with ``rejected`` set stays
    rejected. ``make`` takes a row's number and returns uint8 [H, W, C], or [K, H, W, C] for K
    copies, of one shape for all rows, or raises ImageError with the reason for rejecting the row.
    It runs in threads of this machine, and is pickled for workers on others.
    """

    rows: pd.DataFrame
    make: Maker


@dataclass(frozen=True)
class Table:
    """An image table on disk, opened for reading.

    ``index`` has one row an image: ``id`` (unique), ``source`` (where it came from), ``class``,
    ``group`` (such as an identity; images of one group share a split), ``part`` (the split that the
    publisher gave it), ``sha256`` (of the pixels) and ``rejected`` (the reason, or null). Positions
    count the rows that are not rejected. ``shape`` is the height, width and channels of every
    image; ``shards`` holds each file with its number of rows. A row has ``copies`` images: what
    asks for no certain one gets the first.
    """

    folder: Path
    index: pd.DataFrame
    shape: tuple[int, int, int]
    shards: tuple[tuple[Path, int], ...]
    copies: int = 1

    @property
    def accepted(self) -> pd.DataFrame:
        """The rows that have an image, in the images' order, numbered from 0."""
        return self.index[self.index["rejected"].isna()].reset_index(drop=True)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the folder alone: a worker opens the table itself."""
        return read, (self.folder.absolute(),)

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return np.cumsum([0, *(count for _, count in self.shards)])

    @cached_property
    def _map_shard(self) -> Callable[[int], Pixels]:
        """Map a shard by its number; few at once, as a process may have only 1,024 open files."""
        paths = [path for path, _ in self.shards]  # not through self: a cycle would keep it open
        return lru_cache(OPEN_SHARDS)(lambda shard: _map(paths[shard]))

    def __len__(self) -> int:
        return int(self._starts[-1])

    def images(self, positions: npt.ArrayLike, copies: npt.ArrayLike = 0) -> Pixels:
        """The images at these positions, uint8 [n, H, W, C]; ``copies`` are numbers from 0."""
        places = np.asarray(positions, dtype=np.int64)
        shards = np.searchsorted(self._starts, places, side="right") - 1
        chosen = np.broadcast_to(np.asarray(copies, dtype=np.int64), places.shape)
        images = np.empty((len(places), *self.shape), dtype=np.uint8)
        for row, (shard, place, copy) in enumerate(zip(shards, places, chosen, strict=True)):
            rows = self._map_shard(shard)
            images[row] = rows[place - self._starts[shard]].reshape(-1, *self.shape)[copy]
        return images

    def image(self, position: int) -> Pixels:
        """The image at this position, uint8 [H, W, C]."""
        (image,) = self.images([position])
        return np.asarray(image)

    def positions(self, ids: pd.Series[str] | list[str]) -> npt.NDArray[np.int64]:
        """The positions of the images with these ids; raises UserError if one has no image."""
        places = pd.Series(np.arange(len(self)), index=self.accepted["id"])
        missing = [name for name in ids if name not in places.index]
        if missing:
            raise UserError(f"{self.folder}: no image {missing[0]!r} ({len(missing)} missing)")
        return places.loc[list(ids)].to_numpy()


def read(folder: Path) -> Table:
    """Open a table; raises UserError if it is missing, incomplete or has no image."""
    try:
        index = pd.read_parquet(folder / "index.parquet")
        paths = sorted(folder.glob("images-*.npy"))
        shapes = [_map(path).shape for path in paths]
        if missing := set(COLUMNS) - set(index):
            raise ValueError(f"its index has no {', '.join(sorted(missing))}")
        if len({shape[1:] for shape in shapes}) > 1:
            raise ValueError("its images are not of one shape")
    except (OSError, EOFError, ValueError, OverflowError, SyntaxError) as error:
        raise UserError(f"{folder} is not an image table: {error}") from None
    if sum(count for count, *_ in shapes) != int(index["rejected"].isna().sum()):
        raise UserError(f"{folder} is incomplete: {len(index)} rows do not match its images")
    if not shapes:
        raise UserError(f"{folder} has no image: all {len(index)} rows are rejected")
    counts = [count for count, *_ in shapes]
    shards = tuple(zip(paths, counts, strict=True))
    *copies, height, width, channels = shapes[0][1:]
    return Table(folder, index, (height, width, channels), shards, *copies)


def _map(shard: Path) -> Pixels:
    """Map the images of a shard file; raises ValueError if it has none."""
    images: Pixels = np.lib.format.open_memmap(shard, mode="r")
    if images.dtype != np.uint8 or images.ndim not in (4, 5):
        raise ValueError(
            f"{shard.name} is {images.dtype} {list(images.shape)}, not uint8 [n, H, W, C] or "
            "[n, K, H, W, C]"
        )
    return images


def read_section(folder: Path) -> dict[str, Any] | None:
    """The section of params.yaml that a table was built from; None if the table has none."""
    try:
        section: dict[str, Any] = json.loads((folder / SECTION_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{folder / SECTION_FILE} cannot be read: {error}") from None
    return section


def build(
    folder: Path,
    domain: Domain,
    *,
    label: str,
    key: str = "",
    code: str = __name__,
    section: Section | None = None,
) -> Table:
    """Make the images of a domain and write them, with their ``section``, as a table.

    :func:`s2f_core.common.parallel.workers` does the work, shard by shard; ``label`` names its
    progress bar. The folder appears at once when all is written.

    The next build continues a killed one if its rows, ``key`` and code are the same. ``key`` names
    whatever else decides the pixels. ``code`` is the module that makes the images: a change to it,
    or to a file that it imports, restarts the build.

    Raises UserError if ids are not unique, or if no row has an image.
    """
    rows = domain.rows.reindex(columns=COLUMNS).reset_index(drop=True)
    repeated = rows.loc[rows["id"].duplicated(), "id"]
    if len(repeated):
        count, first = len(repeated), repeated.iloc[0]
        raise UserError(
            f"{folder}: ids must be unique; {count} occur again, the first is {first!r}"
        )
    unfinished = _prepare_folder(folder, rows, key, code)
    try:
        _fill(unfinished, rows, domain.make, label)
        index = _collect_index(unfinished, rows)
        _log_rejected(folder, index)
        index.astype("string").to_parquet(unfinished / "index.parquet", index=False)
        table = read(unfinished)
        shown = np.unique(np.linspace(0, len(table) - 1, PREVIEW_IMAGES).astype(int))
        save_png(unfinished / PREVIEW, contact_sheet(table.images(shown)))
        if section is not None:
            (unfinished / SECTION_FILE).write_text(
                section.model_dump_json(indent=2) + "\n", encoding="utf-8"
            )
        replace_folder(unfinished, folder)
    except Exception:
        # Under another name first: a worker that still writes must not fill it again.
        with tempfile.TemporaryDirectory(dir=unfinished.parent) as bin_:
            unfinished.replace(Path(bin_) / "removed")
        raise
    return read(folder)


def _prepare_folder(folder: Path, rows: pd.DataFrame, key: str, code: str) -> Path:
    """The folder that the table grows in, with the finished shards of a build to continue."""
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
    with workers(make) as run, tqdm(desc=label, total=len(rows), unit="image") as progress:
        progress.update(len(rows) - sum(len(numbers) for _, numbers in todo))
        tasks = (
            joblib.delayed(_build_shard)(place, [row for row in numbers if usable[row]], make)
            for place, numbers in todo
        )
        for count in run(tasks):
            progress.update(count)


def _build_shard(place: Path, rows: list[int], make: Maker) -> int:
    """Make the images of these rows and return how many; ``place`` is written last."""
    images, notes = [], {}
    for row in rows:
        try:
            image = make(row)
        except ImageError as reason:
            notes[row] = [None, str(reason)]
        else:
            images.append(image)
            notes[row] = [hashlib.sha256(image.tobytes()).hexdigest(), None]
    if images:
        np.save(place.with_name(place.stem.replace("rows", "images") + ".npy"), np.stack(images))
    write_text(place, json.dumps(notes))
    return len(rows)


def _collect_index(unfinished: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the hashes and reasons from the notes of all shards; removes the notes."""
    (unfinished / "work.key").unlink()
    notes: dict[str, list[str | None]] = {}
    for place in sorted(unfinished.glob("rows-*.json")):
        notes |= json.loads(place.read_text())
        place.unlink()
    each = [notes.get(str(row), [None, reason]) for row, reason in enumerate(rows["rejected"])]
    digests, reasons = [digest for digest, _ in each], [reason for _, reason in each]
    return rows.assign(sha256=digests, rejected=reasons)


def _log_rejected(folder: Path, index: pd.DataFrame) -> None:
    rejected = index["rejected"].dropna()
    for reason, count in count_reasons(rejected).items():
        source = index["source"][rejected.index[rejected.str.startswith(reason)][0]]
        example = "" if pd.isna(source) else f", such as {source}"
        log.warning("%s: %d rejected: %s%s", folder, count, reason, example)
    if len(rejected) == len(index):
        first = f"; the first: {rejected.iloc[0]}" if len(rejected) else ""
        raise UserError(f"{folder}: none of {len(index)} images can be used{first}")
