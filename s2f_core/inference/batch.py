"""Translate pictures into files one batch at a time, and list the inputs that cannot be used."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from s2f_core.common.errors import UserError, is_out_of_memory
from s2f_core.common.images import (
    MAX_PIXELS,
    ImageError,
    Pixels,
    decode,
    grid,
    limit_side,
    resize,
    to_rgb,
)
from s2f_core.data.sketch.normalise import Square
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options
from s2f_core.inference.output_files import OutputError, OutputFiles, single_format
from s2f_core.inference.sources import Source
from s2f_core.networks.generate import batches

MAX_SHEET_ROWS = 100
MIN_TILE_SIDE, MAX_TILE_SIDE = 128, 1024  # pixels

log = logging.getLogger(__name__)


@dataclass
class BatchResult:
    """The output files, and for each unusable input, by its label, the reason."""

    outputs: list[Path] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def translate(
    model: Model,
    sources: Sequence[Source],
    options: Options,
    out: str | Path,
    *,
    sheet: bool = False,
    force: bool = False,
) -> BatchResult:
    """Write the outputs of pictures, and log in the end the inputs that cannot be used.

    ``out`` is a folder, in which an output has its input's name and ends in .png, with a number
    where there are several samples; or one file in a format of
    :data:`s2f_core.inference.output_files.FORMATS`. A generator of noise takes no pictures; its
    outputs have the variant's name. ``sheet`` adds a picture with a row of input, generator input
    and outputs for each of the first hundred pictures; where ``out`` is a file, only that picture
    is written. Files are written atomically. Memory holds a batch, and the sheet.

    Raises UserError where a file exists without ``force``, an input would be overwritten, and where
    the model does not support the options.
    """
    takes_noise = model.takes_noise
    if takes_noise == bool(sources):
        name = model.description.variant
        raise UserError(
            f"{name} makes images from noise: use --samples and no pictures"
            if takes_noise
            else f"{name} needs pictures: give files, folders, patterns, or - for standard input"
        )
    model.check(options)
    files = OutputFiles(Path(out), single_format(out), options.samples, sheet=sheet, force=force)
    noise = Source(model.description.variant, Path(model.description.variant), bytes)
    files.check([noise] if takes_noise else [each for each in sources if not each.problem])
    result = BatchResult()
    try:
        sample_sheet = Sheet(len(sources), options.samples) if sheet else None
        if takes_noise:
            _sample(model, options, files, result, sample_sheet)
        else:
            _translate(model, sources, options, files, result, sample_sheet)
        if sample_sheet is not None and sample_sheet.rows:
            files.save(files.sheet_path, sample_sheet.image())
            result.outputs.append(files.sheet_path)
    finally:
        for label, why in result.errors.items():
            log.warning("%s: %s", label, why)
    return result


def _sample(
    model: Model, options: Options, files: OutputFiles, result: BatchResult, sheet: Sheet | None
) -> None:
    stem = Path(model.description.variant)
    for number, image in enumerate(model.iter_samples(options), start=1):
        _save(files, stem, number, image, result, str(stem))
        if sheet is not None:
            sheet.add("", image)


def _translate(
    model: Model,
    sources: Sequence[Source],
    options: Options,
    files: OutputFiles,
    result: BatchResult,
    sheet: Sheet | None,
) -> None:
    for part in tqdm(batches(len(sources)), "translate", unit="batch", disable=None):
        inputs = list(_read(model, sources[part.start : part.stop], options, result))
        squares = [each.square for each in inputs]
        for number in range(1, options.samples + 1):
            one_sample = replace(options, samples=1, seed=options.seed + number - 1)
            outputs = model.outputs(squares, one_sample)
            for each, (image,) in zip(inputs, outputs, strict=True):
                _save(files, each.source.stem, number, image, result, each.source.label)
                if sheet is not None:
                    before = [each.thumbnail, each.square.pixels] if number == 1 else []
                    sheet.add(each.source.label, *before, image)
        for each in inputs:
            each.square.log_notes(each.source.label)


@dataclass(frozen=True)
class _Input:
    """A picture that was read: a small copy to show, and the generator's input."""

    source: Source
    thumbnail: Pixels
    square: Square


def _read(
    model: Model, sources: Sequence[Source], options: Options, result: BatchResult
) -> Iterator[_Input]:
    """Yield the inputs of usable pictures, one decoded at a time, and note why others are not."""
    for source in sources:
        if source.problem:
            result.errors[source.label] = source.problem
            continue
        try:
            image = decode(source.read())
            yield _Input(source, limit_side(image, MAX_TILE_SIDE), model.prepare(image, options))
        except ImageError as error:
            result.errors[source.label] = str(error)
        except Exception as error:  # each library has a class of its own for too little memory
            if not is_out_of_memory(error):
                raise
            result.errors[source.label] = "there is not enough memory for it"


def _save(
    files: OutputFiles, stem: Path, number: int, image: Pixels, result: BatchResult, label: str
) -> None:
    for file in files.target(stem, number):
        try:
            files.save(file, image)
            result.outputs.append(file)
        except OutputError as error:
            result.errors.setdefault(label, str(error))


class Sheet:
    """Rows of square tiles: input, generator input and outputs of each picture, or noise's outputs.

    A tile has the side of an output, at least ``MIN_TILE_SIDE``, or less so that the sheet has at
    most ``MAX_PIXELS``.
    """

    def __init__(self, pictures: int, samples: int) -> None:
        self.columns = samples + 2 if pictures else None
        self.rows: dict[str, list[Pixels]] = {}
        tiles = min(pictures, MAX_SHEET_ROWS) * (samples + 2) if pictures else samples
        self._side, self._max_side = 0, max(1, math.isqrt(MAX_PIXELS // tiles))

    def add(self, row: str, *images: Pixels) -> None:
        """Append images uint8 [H, W, 1 or 3] to a row, the last of which is an output."""
        if row not in self.rows and len(self.rows) == MAX_SHEET_ROWS:
            return
        self._side = self._side or min(self._max_side, max(MIN_TILE_SIDE, *images[-1].shape[:2]))
        self.rows.setdefault(row, []).extend(_tile(image, self._side) for image in images)

    def image(self) -> Pixels:
        """Return the sheet, uint8 [H, W, 3]."""
        return grid([tile for row in self.rows.values() for tile in row], self.columns)


def _tile(image: Pixels, side: int) -> Pixels:
    """Return an image in the middle of a white square, uint8 [side, side, 3]."""
    height, width = image.shape[:2]
    longest = max(height, width)
    square = np.full((longest, longest, 3), 255, np.uint8)
    top, left = (longest - height) // 2, (longest - width) // 2
    square[top : top + height, left : left + width] = to_rgb(image)
    return square if longest == side else resize(square, side)
