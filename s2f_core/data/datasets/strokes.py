"""Strokes of Quick, Draw!, drawn at the size that is asked for.

The "simplified" drawings are lists of strokes, each a list of x and one of y from 0 to 255, from
the top left (Google's preprocessing: scaled so that the longer side is 255, Ramer-Douglas-Peucker
with ε = 2). One JSON object a line, ``{"word": …, "recognized": …, "drawing": [[xs, ys], …]}``.
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
from s2f_core.common.images import ImageError, Pixels

Points = npt.NDArray[np.float64]

MARGIN = 16  # of 256: the paper left on all sides, as in Google's own bitmaps
THICK = 12  # a stroke is drawn that thick at least, on a canvas that is then averaged
OVER = 1.25  # pixels that OpenCV's smooth lines of an even thickness are thicker (measured)
SUB = 8  # bits of a pixel's fraction that OpenCV takes
LONGEST = 2**20  # bytes of a line
_NOT = re.compile(rb'"recognized"\s*:\s*false')


@dataclass(frozen=True, eq=False)
class Strokes:
    """Drawings of a class, by the places of their lines in ``file``.

    ``numbers`` are those of the drawings in the file, ``offsets`` their bytes, int64 [n] both.
    ``width`` is the strokes', in 256ths of the side. ``recognized``: only such a drawing will do.
    """

    file: Path
    numbers: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    width: float
    recognized: bool

    def draw(self, place: int, size: int) -> Pixels:
        """The drawing at a place of ``numbers``, uint8 [size, size, 1]; raises ImageError."""
        try:
            with self.file.open("rb") as file:
                file.seek(int(self.offsets[place]))
                line = file.readline(LONGEST)
        except OSError as error:
            raise ImageError(f"unreadable: {error.strerror}") from None
        found = _object(line)
        if self.recognized and found.get("recognized") is not True:
            raise ImageError("not marked as recognised or not")
        return draw_strokes(to_strokes(found.get("drawing")), size, self.width)


def find_strokes(file: Path, *, width: float, recognized: bool, limit: int | None) -> Strokes:
    """The first ``limit`` drawings of a file, those marked as not recognised left out if asked.

    Lines are read up to the last of them and none is kept. Raises UserError where the file cannot
    be read.
    """
    numbers, offsets, number, offset = [], [], 0, 0
    try:
        with file.open("rb") as opened:
            for line in iter(partial(opened.readline, LONGEST), b""):
                if line.strip():
                    if not (recognized and _NOT.search(line)):
                        numbers.append(number)
                        offsets.append(offset)
                    number += 1
                offset += len(line)
                if len(numbers) == limit:
                    break
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    return Strokes(file, np.asarray(numbers, int), np.asarray(offsets, int), width, recognized)


def _object(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ImageError("not a JSON object") from None
    if not isinstance(found, dict):
        raise ImageError("not a JSON object")
    return found


def to_strokes(drawing: object) -> list[Points]:
    """The strokes of a ``drawing``, float64 [n, 2] each: x and y from 0 to 255.

    Raises ImageError where it is no list of such, or empty.
    """
    if not isinstance(drawing, list):
        raise ImageError("no list of strokes")
    if not drawing:
        raise ImageError("no stroke")
    return [_points(stroke) for stroke in drawing]


def _points(stroke: object) -> Points:
    try:
        values = np.asarray(stroke, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        raise ImageError("a stroke is not a list of x and one of y") from None
    if values.ndim != 2 or not values.size:
        raise ImageError("a stroke is not a list of x and one of y")
    if len(values) == 3:
        raise ImageError("a stroke of x, y and time: the raw format is not read, the simplified is")
    if len(values) != 2:
        raise ImageError(f"a stroke has {len(values)} lists, not x and y")
    if not ((values >= 0) & (values <= 255)).all():
        raise ImageError("coordinates outside 0 to 255")
    return values.T


def draw_strokes(strokes: list[Points], size: int, width: float) -> Pixels:
    """Dark strokes on white, uint8 [size, size, 1], round at their ends and joints.

    The middle of the drawing's box comes to the picture's, as in Google's bitmaps, and a drawing
    255 long leaves 16 of 256 free on both sides. ``width`` is in 256ths of the side. A pixel is as
    dark as the stroke covers it: the canvas is at least twice as fine, and as large as brings the
    line that OpenCV draws to the ``width``, whatever the size.
    """
    thick = 2 * math.ceil(max(THICK, size * width / 128) / 2)
    side = round((thick + OVER) * 256 / width)
    points = np.concatenate(strokes)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    scale = (256 - 2 * MARGIN - width) / 255 * side / 256
    canvas = np.full((side, side), 255, np.uint8)
    for stroke in strokes:
        places = (stroke - middle) * scale + side / 2 - 0.5  # OpenCV counts from a pixel's middle
        line = np.rint(places * 2**SUB).astype(np.int32)
        dot = np.concatenate([line, line[-1:]])  # a stroke of one point has a length of nothing
        cv2.polylines(canvas, [dot], False, 0, thick, cv2.LINE_AA, SUB)
    drawn = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    return drawn.astype(np.uint8)[..., None]
