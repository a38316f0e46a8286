"""Room on the disk, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from s2f_core.common.errors import UserError

MIB = 2**20


class DiskFullError(UserError):
    """There is too little room; no other source would help, so none is tried."""


def require_space(folder: Path, needed: int) -> None:
    """Raise DiskFullError where ``folder``'s disk has fewer than ``needed`` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise disk_full_error(folder, needed, free)


def disk_full_error(path: Path, needed: int, free: int) -> DiskFullError:
    """The error for a disk without room, sizes in bytes."""
    return DiskFullError(
        f"{path.absolute()}: the disk is full: {needed / MIB:.1f} MiB needed, "
        f"{free / MIB:.1f} MiB free. Free some; S2F_CACHE moves the cache"
    )


@contextmanager
def explain_disk_full(path: Path, needed: int) -> Iterator[None]:
    """Turn "no space left" and "quota exceeded" on ``path`` into DiskFullError."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise disk_full_error(path, needed, shutil.disk_usage(path.parent).free) from None


@contextmanager
def atomic_write(target: Path, needed: int) -> Iterator[Path]:
    """Give a path to write ``needed`` bytes to; it becomes ``target`` once the block succeeds.

    The path is in a folder beside ``target`` that is gone afterwards, so that a reader sees the
    old file or the new one and a failure leaves nothing. Raises DiskFullError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    require_space(target.parent, needed)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unfinished-") as folder:
        unfinished = Path(folder, target.name)
        with explain_disk_full(target, needed):
            yield unfinished
        unfinished.replace(target)
