"""The user's cache: files that experiments and clones share, and that can be made again."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_dir

from s2f_core.common.errors import UserError


def cache_folder(name: str) -> Path:
    """Return a folder of the cache, under ``S2F_CACHE`` or the system's cache; create it if needed.

    Raises UserError if it cannot be created.
    """
    root = Path(os.environ.get("S2F_CACHE") or user_cache_dir("s2f"))
    path = root / name
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error}; set S2F_CACHE to move the cache"
        ) from None
    return path
