"""CelebA's aligned faces (Liu et al. 2015), from an archive of JPEGs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from s2f_core.datasets.photos import square
from s2f_core.datasets.zips import open_zip
from s2f_core.images import Pixels, decode
from s2f_core.params import Section


class CelebA1k(Section):
    """``{source: celeba-1k, path: data/assets/celeba-1k, limit: null}``.

    The first 999 aligned faces, 178×218 JPEG. No identities are known for them. ``limit`` takes
    the first so many.
    """

    source: Literal["celeba-1k"]
    path: Path
    limit: int | None = Field(None, ge=1)

    def open(self, path: Path, size: int) -> tuple[pd.DataFrame, Callable[[int], Pixels]]:
        """The rows of the source, and what makes one's image, uint8 [size, size, 3].

        ``path`` is the fetched folder. Photos are cut to their centred square (rows 20 to 198) and
        resized. Raises UserError where the archive is missing or damaged.
        """
        archive = open_zip(path / "celeba-1k.zip")
        names = sorted(archive.namelist())[: self.limit]
        reading = threading.Lock()  # one file handle is shared by the threads that decode

        def load(row: int) -> Pixels:
            with reading:
                data = archive.read(names[row])
            return square(decode(data), size)

        stems = [Path(name).stem for name in names]
        return pd.DataFrame({"id": stems, "source": names}), load
