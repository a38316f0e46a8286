"""Files of pictures through a model: what is given, what is written, what could not be used."""

from __future__ import annotations

import glob
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
from tqdm import tqdm

from s2f_core.common.atomic import atomic_write
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, encode_png, grid, resize, to_rgb
from s2f_core.data.datasets.folder_tree import IMAGE_EXTENSIONS
from s2f_core.data.sketch.normalise import Square
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options
from s2f_core.networks.generate import batches

STDIN = "-"
SHEET = "grid.png"
ROWS = 100  # of a sheet at most
LEAST = 128  # pixels a side of a picture on it
LARGEST = 256 * 2**20  # bytes of a file

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A picture to read: what to call it, and where its output goes, a path without ending."""

    label: str
    stem: Path
    read: Callable[[], bytes]


@dataclass
class Result:
    """What came of it: the files that were written, and why an input was not used, by its label."""

    written: list[Path] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def sources(given: Sequence[str], stdin: BinaryIO) -> list[Source]:
    """The pictures of files, folders, patterns such as ``a/*.png``, and ``-``, standard input.

    Of a folder all pictures by their ending, at any depth, whose outputs lie as they do; hidden
    ones are left out. Raises UserError where nothing is there, or two inputs would have one output.
    """
    found: list[Source] = []
    for text in given:
        if text == STDIN:
            found.append(Source("standard input", Path("stdin"), partial(_bounded, stdin)))
        else:
            found += _files(text)
    twice = [stem for stem, count in Counter(each.stem for each in found).items() if count > 1]
    if twice:
        names = [each.label for each in found if each.stem == twice[0]]
        raise UserError(
            f"{' and '.join(names[:2])} would both be written to {twice[0]}.png: "
            "translate them one after the other into folders of their own"
        )
    return found


def _files(text: str) -> Iterator[Source]:
    path = Path(text)
    if path.is_dir():
        inner = sorted(
            file for file in path.rglob("*") if file.name.lower().endswith(IMAGE_EXTENSIONS)
        )
        seen = [file for file in inner if not _hidden(file.relative_to(path)) and file.is_file()]
        if not seen:
            raise UserError(f"{path} has no pictures (pictures: {' '.join(IMAGE_EXTENSIONS)})")
        yield from (_source(file, file.relative_to(path)) for file in seen)
        return
    matches = [path] if path.exists() else [Path(name) for name in sorted(glob.glob(text))]  # noqa: PTH207
    if not matches:
        raise UserError(
            f"{text} does not exist (allowed: files, folders, patterns, - for standard input)"
        )
    yield from (_source(file, Path(file.name)) for file in matches if file.is_file())


def _source(file: Path, name: Path) -> Source:
    return Source(str(file), name.with_suffix(""), partial(_opened, file))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _opened(file: Path) -> bytes:
    with file.open("rb") as stream:
        return _bounded(stream)


def _bounded(stream: BinaryIO) -> bytes:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ImageError(f"over {LARGEST:,} bytes")
    return data


def translate(
    model: Model,
    given: Sequence[Source],
    options: Options,
    out: Path,
    *,
    sheet: bool = False,
    force: bool = False,
) -> Result:
    """Write the outputs of pictures as PNG files; an input that cannot be used is logged.

    ``out`` is a folder, in which a file has its input's name, with a number where there are several
    samples; or, where it ends in .png, the one file of one picture. A generator of noise takes no
    pictures; its outputs have the variant's name. ``sheet``: as well a picture of inputs, of what
    the generator sees of them, and outputs, a row each, the first hundred; alone where ``out`` ends
    in .png. No file appears half-written.

    Raises UserError where a file is there already and not ``force``, and where model and options do
    not fit.
    """
    noise = model.takes_noise
    if noise == bool(given):
        name = model.description.variant
        raise UserError(
            f"{name} makes images of noise: give it no pictures, but --samples"
            if noise
            else f"{name} takes pictures: name some"
        )
    plan = _Plan(out, options.samples, sheet=sheet, single=out.suffix.lower() == ".png")
    stems = [Path(model.description.variant)] if noise else [each.stem for each in given]
    plan.check(stems, force=force)
    result, rows = Result(), list[list[Pixels]]()
    if noise:
        made = model.sample(options)
        plan.write(stems[0], made, result)
        rows = [[image] for image in made]
    else:
        _translate(model, given, options, plan, result, rows)
    if sheet and rows:
        plan.write_sheet(rows, result, columns=None if noise else len(rows[0]))
    return result


def _translate(
    model: Model,
    given: Sequence[Source],
    options: Options,
    plan: _Plan,
    result: Result,
    rows: list[list[Pixels]],
) -> None:
    for part in tqdm(batches(len(given)), "translate", unit="batch", disable=None):
        taken: list[tuple[Source, Pixels, Square]] = []
        for each in given[part.start : part.stop]:
            try:
                image = decode(each.read())
                taken.append((each, image, model.prepare(image, options)))
            except (ImageError, OSError) as error:
                result.failed[each.label] = str(error)
                log.warning("%s: %s", each.label, error)
        outputs = model.outputs([prepared for *_, prepared in taken], options)
        for (each, image, prepared), made in zip(taken, outputs, strict=True):
            plan.write(each.stem, made, result)
            if plan.sheet and len(rows) < ROWS:
                rows.append([image, prepared.pixels, *made])


@dataclass(frozen=True)
class _Plan:
    """Which files there will be: in the folder ``out``, or the one file that it names."""

    out: Path
    samples: int
    sheet: bool
    single: bool

    def check(self, stems: Sequence[Path], *, force: bool) -> None:
        """Raise UserError where ``out`` cannot hold so many, or a file is there already."""
        if self.single and not self.sheet and len(stems) * self.samples > 1:
            raise UserError(
                f"{self.out} is one file, and there are {len(stems) * self.samples} outputs: give "
                "a folder, or --grid for one picture of all"
            )
        planned = [file for stem in stems for file in self._targets(stem)]
        if self.sheet:
            planned.append(self._sheet)
        there = [file for file in planned if file.exists()]
        if there and not force:
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            raise UserError(f"{there[0]}{more} exist already: give another folder, or --force")

    def _targets(self, stem: Path) -> list[Path]:
        if self.single:
            return [] if self.sheet else [self.out]
        if self.samples == 1:
            return [self.out / f"{stem}.png"]
        digits = len(str(self.samples))
        return [self.out / f"{stem}-{row:0{digits}}.png" for row in range(1, self.samples + 1)]

    @property
    def _sheet(self) -> Path:
        return self.out if self.single else self.out / SHEET

    def write(self, stem: Path, made: Sequence[Pixels], result: Result) -> None:
        for file, image in zip(self._targets(stem), made, strict=False):
            _save(file, image)
            result.written.append(file)

    def write_sheet(
        self, rows: Sequence[Sequence[Pixels]], result: Result, columns: int | None
    ) -> None:
        side = max(LEAST, *(max(image.shape[:2]) for image in rows[0][-self.samples :]))
        tiles = [_tile(image, side) for row in rows for image in row]
        _save(self._sheet, grid(tiles, columns))
        result.written.append(self._sheet)


def _tile(image: Pixels, side: int) -> Pixels:
    """An image in the middle of a white square of ``side`` pixels, uint8 [side, side, 3]."""
    height, width = image.shape[:2]
    longest = max(height, width)
    sheet = np.full((longest, longest, 3), 255, np.uint8)
    top, left = (longest - height) // 2, (longest - width) // 2
    sheet[top : top + height, left : left + width] = to_rgb(image)
    return sheet if longest == side else resize(sheet, side)


def _save(file: Path, image: Pixels) -> None:
    data = encode_png(image)
    try:
        with atomic_write(file, len(data)) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from None
