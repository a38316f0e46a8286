"""The user's cache: what experiments and clones share and can be fetched or computed again."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_dir

from s2f_core.common.errors import UserError


def cache_folder(name: str) -> Path:
    """A folder of the cache, made if need be: under ``S2F_CACHE``, else the system's place.

    Raises UserError where it cannot be made.
    """
    root = Path(os.environ.get("S2F_CACHE") or user_cache_dir("s2f"))
    path = root / name
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error}; S2F_CACHE chooses another place for the cache"
        ) from None
    return path
