"""CIFAR-10 (Krizhevsky 2009), read from Python pickles without running their code."""

from __future__ import annotations

import io
import logging
import pickle
import pickletools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.entry_names import Classes
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, resize
from s2f_core.data.datasets.classes import select_classes
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.source import DatasetContents
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
READ_ERRORS = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    Warning,  # raised for damaged text if warnings are errors
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

    def open(self, path: Path, size: int, _assets: Path) -> DatasetContents:
        """Return the images, uint8 [size, size, 3], class by class.

        Ids are the class, the file and the row in it, from 0: ``airplane-data_batch_1-0042``. An
        unknown label makes a rejected row. Raises UserError if a file is missing or damaged, or
        its content is not that of a CIFAR-10 batch.
        """
        files = SourceFiles(path)
        entries = [
            (_class_name(label), part, batch, row, label)
            for part, batches in BATCHES.items()
            if part in self.batches
            for batch in batches
            for row, label in enumerate(read_labels(files, batch))
        ]
        rows = pd.DataFrame(entries, columns=["class", "part", "source", "row", "label"])
        classes = select_classes(self.classes, CLASSES, path)
        unknown = rows[rows["class"].isna()]
        tables = [rows[rows["class"] == name].head(self.limit or len(rows)) for name in classes]
        if self.classes is None:
            tables.append(unknown)
        rows = pd.concat(tables, ignore_index=True)
        rows["id"] = [
            f"{name if isinstance(name, str) else 'unknown'}-{batch}-{row:04d}"
            for name, batch, row in zip(rows["class"], rows["source"], rows["row"], strict=True)
        ]
        rows["rejected"] = [
            None if isinstance(name, str) else f"unknown label {label!r:.40}: 0 to 9 are allowed"
            for name, label in zip(rows["class"], rows["label"], strict=True)
        ]
        locations = tuple(zip(rows["source"], rows["row"].tolist(), strict=True))
        return DatasetContents(Domain(rows, ResizedImages(files, locations, size)))


def _class_name(label: Any) -> str | None:
    known = isinstance(label, int) and 0 <= label < len(CLASSES)
    return CLASSES[label] if known else None


class ResizedImages:
    """Images uint8 [size, size, 3] by their (batch, row); a batch is read at its first use."""

    def __init__(
        self, files: SourceFiles, locations: tuple[tuple[str, int], ...], size: int
    ) -> None:
        self.files, self.locations, self.size = files, locations, size
        self._batches: dict[str, Pixels] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return ResizedImages, (self.files, self.locations, self.size)

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row."""
        batch, index = self.locations[row]
        with self._lock:
            if batch not in self._batches:
                self._batches[batch] = read_pixels(self.files, batch)
            photo = self._batches[batch][index]
        return resize(
            np.ascontiguousarray(photo.reshape(3, SIDE, SIDE).transpose(1, 2, 0)), self.size
        )


def read_labels(files: SourceFiles, batch: str) -> list[Any]:
    """Return the label of each row of a batch; raises UserError."""
    content = _read_batch(files, batch)
    labels = content.get(b"labels")
    rows = len(content[b"data"].pixels)
    if not isinstance(labels, list) or len(labels) != rows:
        raise UserError(f"{files.path}: {batch} has no list of {rows} labels; fetch it again")
    return labels


def read_pixels(files: SourceFiles, batch: str) -> Pixels:
    """Return the images of a batch, uint8 [n, 3072]: red, green and blue planes, row by row."""
    pixels: Pixels = _read_batch(files, batch)[b"data"].pixels
    return pixels


def _read_batch(files: SourceFiles, batch: str) -> dict[Any, Any]:
    name = files.find(batch)
    where = f"{files.path}/{name}"
    try:
        data = files.read(name)
        _refuse_bomb(data)
        content = _SafeUnpickler(io.BytesIO(data), encoding="bytes").load()
    except (*READ_ERRORS, ImageError) as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{where} is not a batch of CIFAR-10: {reason}") from None
    array = content.get(b"data") if isinstance(content, dict) else None
    if not isinstance(array, _ArrayStandIn) or array.pixels is None:
        raise UserError(f"{where} is not a batch of CIFAR-10: it has no array 'data'")
    checked: dict[Any, Any] = content
    return checked


def _refuse_bomb(data: bytes) -> None:
    """Raise UnpicklingError for a memo index beyond the file's size: it would fill the memory."""
    for code, index, _offset in pickletools.genops(data):
        if "PUT" in code.name and (index or 0) > len(data):
            raise pickle.UnpicklingError(f"a memo of {index} entries")


class _ArrayStandIn:
    """Replaces a numpy array during unpickling; checks and keeps its pixels."""

    pixels: Pixels | None = None

    def __setstate__(self, state: Any) -> None:
        _version, shape, dtype, fortran, data = state
        if not isinstance(dtype, _DtypeStandIn) or dtype.code not in {b"u1", "u1"}:
            raise pickle.UnpicklingError("an array that is not uint8")
        if len(shape) != 2 or shape[1] != 3 * SIDE * SIDE or not isinstance(data, bytes):
            raise pickle.UnpicklingError(f"an array of shape {shape}, not [n, {3 * SIDE * SIDE}]")
        values = np.frombuffer(data, np.uint8)
        self.pixels = values.reshape(shape, order="F" if fortran else "C")


class _DtypeStandIn:
    """Replaces a numpy dtype during unpickling."""

    def __init__(self, arguments: tuple[Any, ...]) -> None:
        self.code = arguments[0]

    def __setstate__(self, _state: Any) -> None:
        """Ignore byte order and fields, which do not apply to uint8."""


class _SafeUnpickler(pickle.Unpickler):
    """Unpickles lists, dicts, text, numbers and arrays, and refuses all other types."""

    def find_class(self, module: str, name: str, /) -> Any:
        stand_ins: dict[str, Callable[..., Any]] = {
            "numpy.core.multiarray._reconstruct": lambda *_: _ArrayStandIn(),
            "numpy._core.multiarray._reconstruct": lambda *_: _ArrayStandIn(),
            "numpy.ndarray": lambda *_: None,
            "numpy.dtype": lambda *arguments: _DtypeStandIn(arguments),
        }
        if f"{module}.{name}" not in stand_ins:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not allowed")
        return stand_ins[f"{module}.{name}"]
