"""CelebA's aligned faces (Liu et al. 2015), from an archive of JPEGs."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from s2f_core.errors import UserError
from s2f_core.images import Pixels, decode
from s2f_core.params import Section


class CelebA1k(Section):
    """The first 999 aligned faces, 178×218 JPEG. No identities are known for them."""

    source: Literal["celeba-1k"]
    limit: int | None = Field(None, ge=1)

    def open(self, asset: Path) -> tuple[pd.DataFrame, Callable[[int], Pixels]]:
        """The rows of the source, and what decodes one of them.

        ``asset`` is the fetched folder. Raises UserError where its archive is missing or damaged.
        """
        path = asset / "celeba-1k.zip"
        try:
            archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} cannot be read: {error}; fetch it again") from None
        names = sorted(archive.namelist())[: self.limit]
        reading = threading.Lock()  # one file handle is shared by the threads that decode

        def load(row: int) -> Pixels:
            with reading:
                data = archive.read(names[row])
            return decode(data)

        stems = [Path(name).stem for name in names]
        return pd.DataFrame({"id": stems, "source": names}), load
