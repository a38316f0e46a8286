"""Find the pictures that a person names, and read each within limits."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.common.rejections import why_unopened
from s2f_core.data.datasets.folder_tree import IMAGE_EXTENSIONS
from s2f_core.data.datasets.walk import FileWalk

STDIN = "-"
MAX_DEPTH = 100  # folders in one another
MAX_BYTES = 256 * 2**20  # of an input file


@dataclass(frozen=True)
class Source:
    """A picture to read: its label in messages, and the path of its output without a suffix.

    ``read`` raises ImageError. ``path`` is None for standard input. With a ``problem`` it is not
    read, but reported.
    """

    label: str
    stem: Path
    read: Callable[[], bytes]
    path: Path | None = None
    problem: str = ""


def find_sources(inputs: Sequence[str], stdin: BinaryIO) -> list[Source]:
    """Return the pictures of files, folders, patterns such as ``a/*.png``, and ``-`` for stdin.

    A folder yields all pictures below it, by their suffix and without hidden ones; the outputs keep
    its subfolders. Links are followed. What cannot be read is a source too, with the reason. An
    input that is given twice counts once. Raises UserError where an input does not exist.
    """
    sources: list[Source] = []
    for text in inputs:
        if text == STDIN:
            sources.append(Source("standard input", Path("stdin"), partial(_read_limited, stdin)))
        else:
            sources += _find(text)
    unique: dict[Path | None, Source] = {}
    for source in sources:
        unique.setdefault(source.path, source)
    return list(unique.values())


def _find(text: str) -> Iterator[Source]:
    if os.path.lexists(text):
        matches = [text]
    elif not (matches := sorted(glob.glob(text, recursive=True))):  # noqa: PTH207
        if not _may_exist(Path(text)):
            raise UserError(
                f"{text} does not exist (allowed: files, folders, patterns, - for standard input)"
            )
        matches = [text]
    for match in matches:
        path = Path(match)
        if os.path.isdir(match):  # noqa: PTH112  # Path.is_dir raises for a loop of links
            yield from _folder_sources(path)
        else:
            stem = Path(path.name).with_suffix("")
            may_block = match != text and path.exists() and not path.is_file()
            problem = "a pipe or a device, not a file" if may_block else ""
            yield Source(printable(path), stem, partial(read_file, path), path, problem)


def _may_exist(path: Path) -> bool:
    """Whether a path is there, or cannot be looked at: reading it then says why."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _folder_sources(folder: Path) -> list[Source]:
    problems = _problems(walk := FileWalk(folder, strict=False))
    pictures = [file for file in walk.files if _is_picture(file)]
    if not pictures and not problems:
        raise UserError(f"{folder} has no pictures (allowed: {' '.join(IMAGE_EXTENSIONS)})")
    sources = []
    for path in sorted([*pictures, *problems]):
        below = path.relative_to(folder)
        if len(below.parts) > MAX_DEPTH:
            problems[path] = f"over {MAX_DEPTH} folders deep"
        stem = below if path in problems else below.with_suffix("")
        read = partial(read_file, path)
        sources.append(Source(printable(path), stem, read, path, problems.get(path, "")))
    return sources


def _problems(walk: FileWalk) -> dict[Path, str]:
    """Return why paths below a folder are no pictures though they look so, or may hold some."""
    with_files = {parent for file in walk.files for parent in file.parents}
    posing = [path for path in walk.folders if _is_picture(path) and path not in with_files]
    problems = dict.fromkeys(posing, "a folder, not a picture")
    for path, reason in walk.unusable:
        if _is_picture(path) or not path.suffix or os.path.isdir(path):  # noqa: PTH112
            problems[path] = reason
    return problems


def _is_picture(path: Path) -> bool:
    return path.name.lower().endswith(IMAGE_EXTENSIONS)


def read_file(file: Path) -> bytes:
    """Read a file of at most ``MAX_BYTES``. Raises ImageError."""
    try:
        with file.open("rb") as stream:
            return _read_limited(stream)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP} and file.is_symlink():
            raise ImageError("a link to a file that does not exist") from None
        raise ImageError(*why_unopened(error)) from None


def _read_limited(stream: BinaryIO) -> bytes:
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ImageError("too large", f"over {MAX_BYTES:,} bytes")
    return data


def printable(name: str | Path) -> str:
    """A file's name for a message of one line: control characters and raw bytes are escaped."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in str(name)
    )
