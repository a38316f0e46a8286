"""A|B strips: an input and its target side by side in one picture, as pix2pix's data is published.

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
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.folder_tree import pictures
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain

SHAPE = (256, 512)
_PLACE = re.compile(r"(?:.*/)?(train|val)/(?:(\d+)_AB\.jpg|[^/]+)")


def cut(photo: Pixels) -> tuple[Pixels, Pixels]:
    """The left and the right half of a strip [H, 2·H, C]; raises ImageError for another shape."""
    height, width = photo.shape[:2]
    if width != 2 * height:
        raise ImageError(f"no strip: {width}x{height}, the width must be twice the height")
    return photo[:, :height], photo[:, height:]


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

    def open(self, path: Path, size: int, _assets: Path) -> Opened:
        """Photos uint8 [size, size, 3], and as ``given`` their edges [size, size, 1]: pairs.

        Ids are ``train-17``. A picture that has another name or is not 512×256 is a rejected row.
        Raises UserError where a part that is asked for is not there.
        """
        files = Files(path)
        found: dict[str, list[tuple[int, str]]] = {}
        odd: list[tuple[str, str]] = []
        rows: list[tuple[str, str, str, str | None]] = []
        for name in pictures(files):
            place = _PLACE.fullmatch(name)
            if place and place[2]:
                found.setdefault(place[1], []).append((int(place[2]), name))
            elif place:
                odd.append((place[1], name))
        parts = sorted(found) if self.parts is None else self.parts
        missing = ", ".join(f"{part}/" for part in parts or ("train", "val") if part not in found)
        if missing:
            raise UserError(f"{path} has no strips N_AB.jpg in {missing} ({len(files)} files)")
        for part in parts:
            strips = sorted(found[part])[: self.limit]
            rows += [(f"{part}-{number}", name, part, None) for number, name in strips]
        rows += [(name, name, part, "not named N_AB.jpg") for part, name in odd if part in parts]
        index = pd.DataFrame(rows, columns=["id", "source", "part", "rejected"], dtype=object)
        names = tuple(index["source"])
        return Opened(
            Domain(index, Half(files, names, 1, size)), Domain(index, Half(files, names, 0, size))
        )


@dataclass(frozen=True)
class Half:
    """Makes the edges (0) or the photo (1) of strips."""

    files: Files
    names: tuple[str, ...]
    side: Literal[0, 1]
    size: int

    def __call__(self, row: int) -> Pixels:
        """The image of a row, edges in one channel; raises ImageError where there is none."""
        strip = decode(self.files.read(self.names[row]))
        if strip.shape[:2] != SHAPE:
            raise ImageError(f"{strip.shape[1]}x{strip.shape[0]}, not {SHAPE[1]}x{SHAPE[0]}")
        half = cut(strip)[self.side]
        return resize(half if self.side else grey(half), self.size)


def grey(image: Pixels) -> Pixels:
    """One channel uint8 [H, W, 1] of an image [H, W, 3]."""
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(image.dtype)[..., None]
