"""Strokes of Quick, Draw!, drawn at any size.

A "simplified" drawing is a list of strokes, each a list of x and one of y from 0 to 255, from the
top left (Google's preprocessing: scaled so that the longer side is 255, Ramer-Douglas-Peucker with
ε = 2). A line is a JSON object, ``{"word": …, "recognized": …, "drawing": [[xs, ys], …]}``.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.errors import UserError
from s2f_core.common.images import Doubles, ImageError, Pixels
from s2f_core.common.rejections import why_unopened

Points = Doubles

MARGIN = 16  # 256ths of the side: empty paper around a drawing, as in Google's bitmaps
MIN_THICKNESS = 12  # pixels of a stroke on the fine canvas that is then averaged
LINE_EXCESS = 1.25  # pixels by which OpenCV's antialiased lines are too thick (measured)
SUBPIXEL_BITS = 8  # fractional bits of OpenCV's coordinates
MAX_LINE_BYTES = 2**20
_UNRECOGNIZED = re.compile(rb'"recognized"\s*:\s*false')


@dataclass(frozen=True, eq=False)
class StrokeDrawings:
    """Drawings of a class by the offsets of their lines in ``file``.

    ``numbers`` are the numbers of the drawings in the file, ``offsets`` those of their lines in
    bytes, both int64 [n]. ``width`` is the stroke width in 256ths of the side. With ``recognized``
    a drawing must be marked as recognised.
    """

    file: Path
    numbers: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    width: float
    recognized: bool

    def draw(self, index: int, size: int) -> Pixels:
        """Return the drawing ``numbers[index]``, uint8 [size, size, 1]; raises ImageError."""
        try:
            with self.file.open("rb") as file:
                file.seek(int(self.offsets[index]))
                line = file.readline(MAX_LINE_BYTES)
        except OSError as error:
            raise ImageError(*why_unopened(error)) from None
        entry = _parse_line(line)
        if self.recognized and entry.get("recognized") is not True:
            raise ImageError("it does not say whether the drawing was recognised")
        return draw_strokes(parse_strokes(entry.get("drawing")), size, self.width)


def index_strokes(
    file: Path, *, width: float, recognized: bool, limit: int | None
) -> StrokeDrawings:
    """Return the first ``limit`` drawings of a file; with ``recognized`` skip unrecognised ones.

    Only the offsets of lines are kept. Raises UserError if the file cannot be read.
    """
    numbers, offsets, number, offset = [], [], 0, 0
    try:
        with file.open("rb") as stream:
            for line in iter(partial(stream.readline, MAX_LINE_BYTES), b""):
                if line.strip():
                    if not (recognized and _UNRECOGNIZED.search(line)):
                        numbers.append(number)
                        offsets.append(offset)
                    number += 1
                offset += len(line)
                if len(numbers) == limit:
                    break
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    return StrokeDrawings(
        file, np.asarray(numbers, int), np.asarray(offsets, int), width, recognized
    )


def _parse_line(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        raise ImageError("not a JSON object") from None
    if not isinstance(entry, dict):
        raise ImageError("not a JSON object")
    return entry


def parse_strokes(drawing: object) -> list[Points]:
    """Return the strokes of a ``drawing``, float64 [n, 2] each: x and y from 0 to 255.

    Raises ImageError if it is empty or not a list of strokes.
    """
    if not isinstance(drawing, list):
        raise ImageError("not a list of strokes")
    if not drawing:
        raise ImageError("a drawing without strokes")
    return [_parse_stroke(stroke) for stroke in drawing]


def _parse_stroke(stroke: object) -> Points:
    try:
        values = np.asarray(stroke, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise ImageError("a stroke is not two lists, x and y") from None
    if values.ndim != 2 or not values.size:
        raise ImageError("a stroke is not two lists, x and y")
    if len(values) == 3:
        raise ImageError("a stroke has x, y and time", "use the simplified format, not the raw one")
    if len(values) != 2:
        raise ImageError("a stroke is not two lists, x and y", f"it has {len(values)}")
    if not ((values >= 0) & (values <= 255)).all():
        raise ImageError("coordinates outside 0 to 255")
    return values.T


def draw_strokes(strokes: list[Points], size: int, width: float) -> Pixels:
    """Return dark strokes on white, uint8 [size, size, 1], round at their ends and joints.

    The drawing's bounding box is centred, as in Google's bitmaps, and a drawing 255 long leaves a
    margin of 16 of 256 on both sides. ``width`` is in 256ths of the side. A pixel is as dark as the
    share of it that strokes cover: they are drawn on a canvas at least twice as fine, whose side
    makes the thickness of OpenCV's lines equal ``width``.
    """
    thick = 2 * math.ceil(max(MIN_THICKNESS, size * width / 128) / 2)
    side = round((thick + LINE_EXCESS) * 256 / width)
    every = np.concatenate(strokes)
    middle = (every.min(axis=0) + every.max(axis=0)) / 2
    scale = (256 - 2 * MARGIN - width) / 255 * side / 256
    canvas = np.full((side, side), 255, np.uint8)
    for stroke in strokes:
        points = (stroke - middle) * scale + side / 2 - 0.5  # OpenCV's origin is a pixel's middle
        line = np.rint(points * 2**SUBPIXEL_BITS).astype(np.int32)
        line = np.concatenate([line, line[-1:]])  # so that a single point is drawn as a dot
        cv2.polylines(canvas, [line], False, 0, thick, cv2.LINE_AA, SUBPIXEL_BITS)
    averaged = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return averaged.astype(np.uint8)[..., None]
