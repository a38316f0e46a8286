"""The user's cache: files that experiments and clones share, and that can be made again."""

from __future__ import annotations

import logging
import os
from functools import cache
from pathlib import Path

from platformdirs import user_cache_dir

from s2f_core.common import project
from s2f_core.common.errors import UserError

log = logging.getLogger(__name__)


def cache_folder(name: str) -> Path:
    """Return a folder of the cache; create it if needed.

    The cache is ``S2F_CACHE`` or the system's, and ``.s2f/cache`` in the project where the system's
    cannot be written, as without a home. Raises UserError if the folder cannot be created.
    """
    override = os.environ.get("S2F_CACHE")
    path = Path(override or user_cache_dir("s2f")) / name
    error = _create(path)
    root = os.environ.get("DVC_ROOT") or project.find_root()  # DVC's copies: the original
    if error and not override and root is not None:
        path = Path(root).absolute() / ".s2f" / "cache" / name
        error = _create(path)
        _log_fallback(path.parent, user_cache_dir("s2f"))
    if error:
        raise UserError(f"{path} cannot be written: {error}; set S2F_CACHE to move the cache")
    return path


def _create(path: Path) -> OSError | None:
    """Create a folder; return the error where it cannot be created or written to."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            return PermissionError("it is read-only")
    except OSError as error:
        return error
    return None


@cache
def _log_fallback(used: Path, default: str) -> None:
    """Say it once in a process."""
    log.info("%s cannot be written: the cache is %s; S2F_CACHE chooses another", default, used)
