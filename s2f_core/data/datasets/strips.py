"""Strips: an input and its target side by side in one image, the format of pix2pix's data.

``edges2shoes`` and ``edges2handbags`` (Isola et al. 2017) are ``train/N_AB.jpg`` and
``val/N_AB.jpg``, 512×256, HED edges on the left and the photo on the right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, resize
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import image_names
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain

STRIP_SHAPE = (256, 512)
_PATH = re.compile(r"(?:.*/)?(train|val)/(?:(\d+)_AB\.jpg|[^/]+)")


def split_strip(strip: Pixels) -> tuple[Pixels, Pixels]:
    """Return the left and right half of a strip [H, 2·H, C]; raises ImageError for other shapes."""
    height, width = strip.shape[:2]
    if width != 2 * height:
        raise ImageError("not a strip", f"{width}x{height}, the width must be twice the height")
    return strip[:, :height], strip[:, height:]


class Strips(Section):
    """HED edges and photos of shoes or handbags: ``{source: edges2shoes}``, ``edges2handbags``.

    The publisher has no test images: pix2pix was tested on ``val``.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("edges2shoes", "edges2handbags")

    source: Literal["edges2shoes", "edges2handbags"]
    path: Path = Field(description="Folder or file that the table is made from.")
    parts: tuple[Literal["train", "val"], ...] | None = Field(
        None, min_length=1, description="Parts to use; null uses both."
    )
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many pairs of each part."
    )

    def open(self, path: Path, size: int, _assets: Path) -> DatasetContents:
        """Return photos uint8 [size, size, 3], paired with their edges [size, size, 1].

        Ids are such as ``train-17``. An image with another name or size is a rejected row. Raises
        UserError if a requested part is missing.
        """
        files = SourceFiles(path)
        strips: dict[str, list[tuple[int, str]]] = {}
        misnamed: list[tuple[str, str]] = []
        rows: list[tuple[str, str, str, str | None]] = []
        for name in image_names(files):
            match = _PATH.fullmatch(name)
            if match and match[2]:
                strips.setdefault(match[1], []).append((int(match[2]), name))
            elif match:
                misnamed.append((match[1], name))
        parts = sorted(strips) if self.parts is None else self.parts
        missing = ", ".join(f"{part}/" for part in parts or ("train", "val") if part not in strips)
        if missing:
            raise UserError(f"{path} has no strips N_AB.jpg in {missing} ({len(files)} files)")
        for part in parts:
            selected = sorted(strips[part])[: self.limit]
            rows += [(f"{part}-{number}", name, part, None) for number, name in selected]
        rows += [
            (name, name, part, "not named N_AB.jpg") for part, name in misnamed if part in parts
        ]
        index = pd.DataFrame(rows, columns=["id", "source", "part", "rejected"], dtype=object)
        names = tuple(index["source"])
        return DatasetContents(
            Domain(index, EdgesOrPhotos(files, names, 1, size)),
            Domain(index, EdgesOrPhotos(files, names, 0, size)),
        )


@dataclass(frozen=True)
class EdgesOrPhotos:
    """The edges (``side`` 0) or the photo (1) of strips."""

    files: SourceFiles
    names: tuple[str, ...]
    side: Literal[0, 1]
    size: int

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row, edges in one channel; raises ImageError if there is none."""
        strip = decode(self.files.read(self.names[row]))
        if strip.shape[:2] != STRIP_SHAPE:
            size = f"{strip.shape[1]}x{strip.shape[0]}, not {STRIP_SHAPE[1]}x{STRIP_SHAPE[0]}"
            raise ImageError("another size than the dataset's", size)
        half = split_strip(strip)[self.side]
        return resize(half if self.side else to_grey(half), self.size)


def to_grey(image: Pixels) -> Pixels:
    """Return one channel uint8 [H, W, 1] of an image [H, W, 3]."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(image.dtype)[..., None]
