"""Translate files of pictures into PNG files, and list the inputs that could not be used."""

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
MAX_SHEET_ROWS = 100
MIN_TILE_SIDE = 128  # pixels
MAX_BYTES = 256 * 2**20  # of an input file

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A picture to read: its label in messages, and the path of its output without a suffix."""

    label: str
    stem: Path
    read: Callable[[], bytes]


@dataclass
class BatchResult:
    """The output files, and for each unusable input, by its label, the reason."""

    outputs: list[Path] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def find_sources(inputs: Sequence[str], stdin: BinaryIO) -> list[Source]:
    """Return the pictures of files, folders, patterns such as ``a/*.png``, and ``-`` for stdin.

    A folder yields all pictures below it, by their suffix and without hidden ones; the outputs keep
    its subfolders. Raises UserError where an input does not exist or two inputs have one output.
    """
    sources: list[Source] = []
    for text in inputs:
        if text == STDIN:
            sources.append(Source("standard input", Path("stdin"), partial(_read_limited, stdin)))
        else:
            sources += _find_files(text)
    counts = Counter(source.stem for source in sources)
    duplicates = [stem for stem, count in counts.items() if count > 1]
    if duplicates:
        labels = [source.label for source in sources if source.stem == duplicates[0]]
        raise UserError(
            f"{' and '.join(labels[:2])} would both be written to {duplicates[0]}.png: "
            "translate them in two calls, into two folders"
        )
    return sources


def _find_files(text: str) -> Iterator[Source]:
    path = Path(text)
    if path.is_dir():
        pictures = sorted(
            file
            for file in path.rglob("*")
            if file.name.lower().endswith(IMAGE_EXTENSIONS)
            and not _is_hidden(file.relative_to(path))
            and file.is_file()
        )
        if not pictures:
            raise UserError(f"{path} has no pictures (allowed: {' '.join(IMAGE_EXTENSIONS)})")
        yield from (_source(file, file.relative_to(path)) for file in pictures)
        return
    matches = [path] if path.exists() else [Path(name) for name in sorted(glob.glob(text))]  # noqa: PTH207
    if not matches:
        raise UserError(
            f"{text} does not exist (allowed: files, folders, patterns, - for standard input)"
        )
    yield from (_source(file, Path(file.name)) for file in matches if file.is_file())


def _source(file: Path, name: Path) -> Source:
    return Source(str(file), name.with_suffix(""), partial(_read_file, file))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _read_file(file: Path) -> bytes:
    with file.open("rb") as stream:
        return _read_limited(stream)


def _read_limited(stream: BinaryIO) -> bytes:
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageError("too large", f"over {MAX_BYTES:,} bytes")
    return data


def translate(
    model: Model,
    sources: Sequence[Source],
    options: Options,
    out: Path,
    *,
    sheet: bool = False,
    force: bool = False,
) -> BatchResult:
    """Write the outputs of pictures as PNG files, and log the inputs that cannot be used.

    ``out`` is a folder; an output has its input's name, with a number where there are several
    samples. An ``out`` that ends in .png is the file of one output. A generator of noise takes no
    pictures; its outputs have the variant's name. ``sheet`` adds a picture with a row of input,
    generator input and outputs for each of the first hundred pictures; where ``out`` ends in .png,
    only that picture is written. Files are written atomically.

    Raises UserError where a file exists without ``force``, and where the model does not support the
    options.
    """
    takes_noise = model.takes_noise
    if takes_noise == bool(sources):
        name = model.description.variant
        raise UserError(
            f"{name} makes images from noise: use --samples and no pictures"
            if takes_noise
            else f"{name} needs pictures: give files, folders, patterns, or - for standard input"
        )
    plan = _Plan(out, options.samples, sheet=sheet, single=out.suffix.lower() == ".png")
    stems = (
        [Path(model.description.variant)] if takes_noise else [source.stem for source in sources]
    )
    plan.check(stems, force=force)
    result, rows = BatchResult(), list[list[Pixels]]()
    if takes_noise:
        images = model.sample(options)
        plan.write(stems[0], images, result)
        rows = [[image] for image in images]
    else:
        _translate(model, sources, options, plan, result, rows)
    if sheet and rows:
        plan.write_sheet(rows, result, columns=None if takes_noise else len(rows[0]))
    return result


def _translate(
    model: Model,
    sources: Sequence[Source],
    options: Options,
    plan: _Plan,
    result: BatchResult,
    rows: list[list[Pixels]],
) -> None:
    for part in tqdm(batches(len(sources)), "translate", unit="batch", disable=None):
        inputs: list[tuple[Source, Pixels, Square]] = []
        for source in sources[part.start : part.stop]:
            try:
                image = decode(source.read())
                inputs.append((source, image, model.prepare(image, options)))
            except (ImageError, OSError) as error:
                result.errors[source.label] = str(error)
                log.warning("%s: %s", source.label, error)
        outputs = model.outputs([prepared for *_, prepared in inputs], options)
        for (source, image, prepared), samples in zip(inputs, outputs, strict=True):
            prepared.log_notes(source.label)
            plan.write(source.stem, samples, result)
            if plan.sheet and len(rows) < MAX_SHEET_ROWS:
                rows.append([image, prepared.pixels, *samples])


@dataclass(frozen=True)
class _Plan:
    """The paths of all output files: in the folder ``out``, or the one file ``out``."""

    out: Path
    samples: int
    sheet: bool
    single: bool

    def check(self, stems: Sequence[Path], *, force: bool) -> None:
        """Raise UserError where ``out`` cannot hold all outputs, or a file already exists."""
        if self.single and not self.sheet and len(stems) * self.samples > 1:
            raise UserError(
                f"{self.out} is one file, and there are {len(stems) * self.samples} outputs: give "
                "a folder, or --grid for one picture of all"
            )
        files = [file for stem in stems for file in self._targets(stem)]
        if self.sheet:
            files.append(self._sheet)
        existing = [file for file in files if file.exists()]
        if existing and not force:
            more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
            raise UserError(f"{existing[0]}{more} exist already: give another folder, or --force")

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

    def write(self, stem: Path, samples: Sequence[Pixels], result: BatchResult) -> None:
        for file, image in zip(self._targets(stem), samples, strict=False):
            _save(file, image)
            result.outputs.append(file)

    def write_sheet(
        self, rows: Sequence[Sequence[Pixels]], result: BatchResult, columns: int | None
    ) -> None:
        side = max(MIN_TILE_SIDE, *(max(image.shape[:2]) for image in rows[0][-self.samples :]))
        tiles = [_tile(image, side) for row in rows for image in row]
        _save(self._sheet, grid(tiles, columns))
        result.outputs.append(self._sheet)


def _tile(image: Pixels, side: int) -> Pixels:
    """Return an image in the middle of a white square, uint8 [side, side, 3]."""
    height, width = image.shape[:2]
    longest = max(height, width)
    square = np.full((longest, longest, 3), 255, np.uint8)
    top, left = (longest - height) // 2, (longest - width) // 2
    square[top : top + height, left : left + width] = to_rgb(image)
    return square if longest == side else resize(square, side)


def _save(file: Path, image: Pixels) -> None:
    data = encode_png(image)
    try:
        with atomic_write(file, len(data)) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from None
