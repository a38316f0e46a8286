"""The base of sources of photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels, decode
from s2f_core.common.seeding import Seed
from s2f_core.data.datasets.crops import Crop, make_cropper
from s2f_core.data.datasets.files import SourceFiles


class PhotoSource(Section):
    """Keys of every source of photos."""

    path: Path = Field(description="Folder or file that the table is made from.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many photos; null uses all."
    )
    crop: Crop = Field(
        "centre",
        description="Square that is kept: the centre, a random one, or one around the face.",
    )
    seed: Seed = Field(0, description="Seed of random crops.")

    def cropped(
        self, files: SourceFiles, names: Sequence[str], size: int, assets: Path
    ) -> CroppedPhotos:
        """Return the maker of images uint8 [size, size, 3] from these files."""
        return CroppedPhotos(files, tuple(names), make_cropper(self.crop, size, self.seed, assets))


@dataclass(frozen=True)
class CroppedPhotos:
    """Decodes and crops the file of a row."""

    files: SourceFiles
    names: tuple[str, ...]
    crop: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError with the reason if there is none."""
        name = self.names[row]
        return self.crop(decode(self.files.read(name)), name)
