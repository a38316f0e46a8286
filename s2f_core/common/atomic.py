"""Files and folders that appear whole or not at all, and errors for a full disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from s2f_core.common.errors import UserError

MIB = 2**20
MAX_NAME = 255  # bytes of a file's name, on all usual file systems
UNFINISHED = ".unfinished-"  # prefix of a file or folder that is being written


class DiskFullError(UserError):
    """The disk is full. Another download source would not help, so none is tried."""


def require_space(folder: Path, needed: int) -> None:
    """Raise DiskFullError if the disk of ``folder`` has fewer than ``needed`` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise disk_full_error(folder, needed, free)


def disk_full_error(path: Path, needed: int, free: int) -> DiskFullError:
    """Return the error for a full disk; sizes are in bytes."""
    return DiskFullError(
        f"{path.absolute()}: the disk is full: {needed / MIB:.1f} MiB needed, "
        f"{free / MIB:.1f} MiB free. Free some space, or set S2F_CACHE to move the cache"
    )


def check_new_file(target: Path, endings: Collection[str], *, force: bool | None = None) -> None:
    """Raise UserError unless a file of one of ``endings`` may be written, before any work.

    An older file is overwritten with ``force`` only, a folder never. None: the command has no
    ``--force``.
    """
    hint = "" if force is None else ", or add --force"
    if target.suffix.lower() not in endings:
        raise UserError(f"cannot write {target} (allowed endings: {', '.join(endings)})")
    if target.is_dir():
        raise UserError(f"{target} is a folder: choose another name")
    if target.exists() and not force:
        raise UserError(f"{target} exists already: choose another name{hint}")
    parent = next(folder for folder in target.absolute().parents if folder.exists())
    if not parent.is_dir():
        raise UserError(f"{target} cannot be written: {parent} is a file, not a folder")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise UserError(f"{target} cannot be written: no permission to write to {parent}")


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
def atomic_write(
    target: Path, needed: int | None = None, *, shared: bool = False
) -> Iterator[Path]:
    """Yield a path beside ``target`` to write to; it becomes ``target`` once the block succeeds.

    A reader sees the old file or the new one, also after a power cut. A failure leaves nothing; a
    kill leaves the hidden file ``.unfinished-NAME``, which the next write replaces. ``shared``:
    several processes may write the target at once, so each has a path of its own. With ``needed``
    bytes, raises DiskFullError if the disk has fewer or becomes full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = _beside(target, f".unfinished-{os.getpid()}-" if shared else UNFINISHED)
    try:
        if needed is None:
            yield unfinished
        else:
            require_space(target.parent, needed)
            with explain_disk_full(target, needed):
                yield unfinished
        _sync(unfinished)
        unfinished.replace(target)
        _sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(target: Path, text: str) -> None:
    """Write UTF-8 with the line endings of ``text``, by :func:`atomic_write`."""
    with atomic_write(target) as unfinished:
        unfinished.write_text(text, encoding="utf-8", newline="\n")


def write_json(target: Path, data: Any) -> None:
    """Write ``data`` as indented JSON, by :func:`atomic_write`.

    Raises ValueError where it has NaN or an infinity, which are no JSON.
    """
    write_text(target, json.dumps(data, indent=2, allow_nan=False) + "\n")


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target`` to fill; it becomes ``target`` as a whole.

    A failure leaves ``target`` as it was; a kill leaves the hidden folder ``.unfinished-NAME``,
    which the next write removes.
    """
    unfinished = _beside(target, UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        replace_folder(unfinished, target)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def replace_folder(finished: Path, target: Path) -> None:
    """Rename a folder to ``target``. An older ``target`` is removed last."""
    for path in finished.rglob("*"):
        _sync(path)
    old = _beside(target, ".old-")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    finished.rename(target)
    _sync(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _beside(target: Path, prefix: str) -> Path:
    """A hidden neighbour with the extension of ``target``, since some libraries go by it.

    A name that the prefix would make too long is replaced by its hash.
    """
    name = prefix + target.name
    if len(os.fsencode(name)) > MAX_NAME:
        name = prefix + sha256(os.fsencode(target.name)).hexdigest()[:16] + target.suffix
    return target.with_name(name)


def _sync(path: Path) -> None:
    """Flush a file's bytes, or the names in a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a folder
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
