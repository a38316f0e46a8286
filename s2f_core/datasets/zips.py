"""The zip in which a fetched asset of many files lies."""

from __future__ import annotations

import zipfile
from pathlib import Path

from s2f_core.errors import UserError


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a fetched zip; raises UserError where it is missing or damaged."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read: {error}; fetch it again") from None
