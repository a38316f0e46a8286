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
    """Keys of every source of photos."""

    path: Path = Field(description="Folder or file that the table is made from.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many photos; null uses all."
    )
    crop: Crop = Field(
        "centre",
        description="Square that is kept: the centre, a random one, or one around the face.",
    )
    seed: int = Field(0, ge=0, description="Seed of random crops.")

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
