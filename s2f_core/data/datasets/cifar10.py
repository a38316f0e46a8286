"""CIFAR-10 (Krizhevsky 2009), as Python pickles, of which no code is run."""

from __future__ import annotations

import io
import logging
import pickle
import pickletools
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, resize
from s2f_core.data.datasets.classes import Classes, chosen
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

SIDE = 32
CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
BATCHES = {
    "train": tuple(f"data_batch_{number}" for number in range(1, 6)),
    "test": ("test_batch",),
}
_DAMAGE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    Warning,  # of the text of a damaged file, where warnings are errors
)


class Cifar10(Section):
    """CIFAR-10's 60,000 pictures of 32×32, enlarged: ``{source: cifar10}``."""

    ASSETS: ClassVar[tuple[str, ...]] = ("cifar10",)

    source: Literal["cifar10"]
    path: Path = Field(description="Folder or file that the table is made from.")
    batches: tuple[Literal["train", "test"], ...] = Field(
        ("train", "test"), min_length=1, description="Which of the publisher's parts to use."
    )
    classes: Classes = Field(None, description="Classes to use; null uses all.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many pictures of each class."
    )

    def open(self, path: Path, size: int, _assets: Path) -> Opened:
        """The pictures, uint8 [size, size, 3], class by class.

        Ids are the class, the file and the row in it, from 0: ``airplane-data_batch_1-0042``. A
        label that is none of the ten classes makes a rejected row. Raises UserError where a file is
        missing, damaged, or holds anything but what CIFAR-10's do.
        """
        files = Files(path)
        found = [
            (_named(label), part, batch, row, label)
            for part, batches in BATCHES.items()
            if part in self.batches
            for batch in batches
            for row, label in enumerate(labels(files, batch))
        ]
        rows = pd.DataFrame(found, columns=["class", "part", "source", "row", "label"])
        wanted = chosen(self.classes, CLASSES, path)
        unknown = rows[rows["class"].isna()]
        tables = [rows[rows["class"] == name].head(self.limit or len(rows)) for name in wanted]
        if self.classes is None:
            tables.append(unknown)
        rows = pd.concat(tables, ignore_index=True)
        rows["id"] = [
            f"{name if isinstance(name, str) else 'unknown'}-{batch}-{row:04d}"
            for name, batch, row in zip(rows["class"], rows["source"], rows["row"], strict=True)
        ]
        rows["rejected"] = [
            None if isinstance(name, str) else f"label {label!r:.40}: 0 to 9 are known"
            for name, label in zip(rows["class"], rows["label"], strict=True)
        ]
        places = tuple(zip(rows["source"], rows["row"].tolist(), strict=True))
        return Opened(Domain(rows, Enlarged(files, places, size)))


def _named(label: Any) -> str | None:
    known = isinstance(label, int) and 0 <= label < len(CLASSES)
    return CLASSES[label] if known else None


class Enlarged:
    """Makes pictures uint8 [size, size, 3] of (batch, row); a batch is read when first needed."""

    def __init__(self, files: Files, places: tuple[tuple[str, int], ...], size: int) -> None:
        self.files, self.places, self.size = files, places, size
        self._batches: dict[str, Pixels] = {}
        self._reading = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Enlarged, (self.files, self.places, self.size)

    def __call__(self, row: int) -> Pixels:
        """The image of a row."""
        batch, place = self.places[row]
        with self._reading:
            if batch not in self._batches:
                self._batches[batch] = pixels(self.files, batch)
            photo = self._batches[batch][place]
        return resize(
            np.ascontiguousarray(photo.reshape(3, SIDE, SIDE).transpose(1, 2, 0)), self.size
        )


def labels(files: Files, batch: str) -> list[Any]:
    """The label of each row of a batch; raises UserError."""
    held = _held(files, batch)
    found = held.get(b"labels")
    rows = len(held[b"data"].pixels)
    if not isinstance(found, list) or len(found) != rows:
        raise UserError(f"{files.path}: {batch} has no list of {rows} labels; fetch it again")
    return found


def pixels(files: Files, batch: str) -> Pixels:
    """The pictures of a batch, uint8 [n, 3072]: red, green and blue, row by row."""
    found: Pixels = _held(files, batch)[b"data"].pixels
    return found


def _held(files: Files, batch: str) -> dict[Any, Any]:
    names = [name for name in files.names if PurePosixPath(name).name == batch]
    if len(names) != 1:
        raise UserError(f"{files.path}: {len(names)} files named {batch}, 1 is needed; fetch it")
    try:
        data = files.read(names[0])
        _refuse_bomb(data)
        held = _Harmless(io.BytesIO(data), encoding="bytes").load()
    except (*_DAMAGE, ImageError) as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{files.path}/{names[0]} is no batch of CIFAR-10: {reason}") from None
    array = held.get(b"data") if isinstance(held, dict) else None
    if not isinstance(array, _Array) or array.pixels is None:
        raise UserError(f"{files.path}/{names[0]} is no batch of CIFAR-10: it has no array 'data'")
    found: dict[Any, Any] = held
    return found


def _refuse_bomb(data: bytes) -> None:
    """Raise UnpicklingError for a memo larger than the file: it would be filled up to its end."""
    for code, given, _place in pickletools.genops(data):
        if "PUT" in code.name and (given or 0) > len(data):
            raise pickle.UnpicklingError(f"a memo of {given} entries")


class _Array:
    """Takes the place of a numpy array while a batch is read."""

    pixels: Pixels | None = None

    def __setstate__(self, state: Any) -> None:
        _version, shape, kind, fortran, data = state
        if not isinstance(kind, _Kind) or kind.code not in {b"u1", "u1"}:
            raise pickle.UnpicklingError("an array of other numbers than uint8")
        if len(shape) != 2 or shape[1] != 3 * SIDE * SIDE or not isinstance(data, bytes):
            raise pickle.UnpicklingError(f"an array of shape {shape}, not [n, {3 * SIDE * SIDE}]")
        values = np.frombuffer(data, np.uint8)
        self.pixels = values.reshape(shape, order="F" if fortran else "C")


class _Kind:
    """Takes the place of a numpy dtype."""

    def __init__(self, given: tuple[Any, ...]) -> None:
        self.code = given[0]

    def __setstate__(self, _state: Any) -> None:
        """Byte order and fields, which uint8 has not."""


class _Harmless(pickle.Unpickler):
    """Unpickles lists, dicts, text, numbers and arrays; a file can name no code but stand-ins."""

    def find_class(self, module: str, name: str, /) -> Any:
        made: dict[str, Callable[..., Any]] = {
            "numpy.core.multiarray._reconstruct": lambda *_: _Array(),
            "numpy._core.multiarray._reconstruct": lambda *_: _Array(),
            "numpy.ndarray": lambda *_: None,
            "numpy.dtype": lambda *given: _Kind(given),
        }
        if f"{module}.{name}" not in made:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not allowed")
        return made[f"{module}.{name}"]
