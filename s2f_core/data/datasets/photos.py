"""What sources of photos share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels, decode
from s2f_core.data.datasets.crops import Crop, cutter
from s2f_core.data.datasets.files import Files


class Photos(Section):
    """The keys of every source of photos.

    ``limit`` takes the first so many. ``crop``: which square of a photo is kept, its centre, one at
    random (by ``seed`` and the photo's name) or one around its face.
    """

    path: Path
    limit: int | None = Field(None, ge=1)
    crop: Crop = "centre"
    seed: int = Field(0, ge=0)

    def squares(self, files: Files, names: Sequence[str], size: int, assets: Path) -> Squares:
        """What makes the image uint8 [size, size, 3] of each of these files."""
        return Squares(files, tuple(names), cutter(self.crop, size, self.seed, assets))


@dataclass(frozen=True)
class Squares:
    """Decodes a file and cuts its square."""

    files: Files
    names: tuple[str, ...]
    cut: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """The image of a row; raises ImageError with the reason why there is none."""
        name = self.names[row]
        return self.cut(decode(self.files.read(name)), name)
