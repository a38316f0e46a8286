"""The files of a source, whether they lie in a folder or still in the zips it was published in."""

from __future__ import annotations

import struct
import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError

KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others cannot be unpacked bit by bit
LARGEST = 2**28  # bytes of a file that is read as a whole; COCO's keypoints have 239 million
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # encrypted, or an unknown compression
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


class Files:
    """The files under a folder; the members of a zip that lies in it are files of the folder.

    ``names`` are their paths, sorted, with ``/``; hidden files and macOS's own are left out.
    Threads may share it; a pickled one opens the folder anew. Raises UserError where ``path`` is no
    folder, a zip is damaged, or two files have one name.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise UserError(f"{path} is not a folder: fetch it, or name another under 'path'")
        self.path = path.absolute()
        self._reading = threading.Lock()  # a zip has one handle
        self._places: dict[str, Path | zipfile.ZipFile] = {}
        for file in sorted(self.path.rglob("*")):
            if not file.is_file():
                continue
            if file.suffix == ".zip" and file.parent == self.path:
                self._add_members(file)
            else:
                self._add(file.relative_to(self.path).as_posix(), file)
        self.names = tuple(sorted(self._places))

    def __reduce__(self) -> tuple[Any, ...]:
        return Files, (self.path,)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def _add_members(self, file: Path) -> None:
        try:
            opened = zipfile.ZipFile(file)
        except _DAMAGE as error:
            raise UserError(f"{file} cannot be read: {error}; fetch it again") from None
        for info in opened.infolist():
            if info.compress_type not in KNOWN:
                method = f"packed by method {info.compress_type}"
                raise UserError(f"{file}: {info.filename} is {method}; deflate alone is read")
            if not info.is_dir():
                self._add(info.filename, opened)

    def _add(self, name: str, place: Path | zipfile.ZipFile) -> None:
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts):
            return
        if name in self._places:
            raise UserError(f"{self.path}: {name} is there twice, in zips or beside one")
        self._places[name] = place

    def under(self, *prefixes: str) -> tuple[str, ...]:
        """The names that start with one of these."""
        return tuple(name for name in self.names if name.startswith(prefixes))

    def read(self, name: str) -> bytes:
        """Read a file; raises ImageError if it is damaged, missing or over ``LARGEST`` bytes."""
        place = self._places[name]
        try:
            if isinstance(place, Path):
                with place.open("rb") as file:
                    data = file.read(LARGEST + 1)
            else:
                # Of so many bytes as are asked for, a zip's own word on its sizes decides nothing.
                with self._reading, place.open(name) as member:
                    data = member.read(LARGEST + 1)
        except _DAMAGE as error:
            raise ImageError(f"unreadable: {error}") from None
        if len(data) > LARGEST:
            raise ImageError(f"over {LARGEST:,} bytes")
        return data


def stamp(path: Path) -> str:
    """Text that changes where a file, or one of a folder, does: names, sizes, times."""
    files = sorted(file for file in [path, *path.rglob("*")] if file.is_file())
    told = ((file, file.stat()) for file in files)
    return "".join(f"{file}:{stat.st_size}:{stat.st_mtime_ns};" for file, stat in told)
