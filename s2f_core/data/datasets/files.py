"""The files of a source, in a folder or in the zips that it is published as."""

from __future__ import annotations

import struct
import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError

ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others cannot be unpacked in pieces
MAX_BYTES = 2**28  # of a file that is read as a whole; COCO's keypoints have 239 million
READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # encrypted, or an unknown compression
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


class SourceFiles:
    """The files under a folder, including the members of the zips directly in it.

    ``names`` are their paths, sorted, with ``/``; hidden files and macOS's own are left out. Safe
    to share between threads; unpickling opens the folder again. Raises UserError if ``path`` is not
    a folder, a zip is damaged, or two files have the same path.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise UserError(f"{path} is not a folder: fetch it, or set 'path' to another folder")
        self.path = path.absolute()
        self._lock = threading.Lock()  # a zip has one handle
        self._locations: dict[str, Path | zipfile.ZipFile] = {}
        for file in sorted(self.path.rglob("*")):
            if not file.is_file():
                continue
            if file.suffix == ".zip" and file.parent == self.path:
                self._add_members(file)
            else:
                self._add(file.relative_to(self.path).as_posix(), file)
        self.names = tuple(sorted(self._locations))

    def __reduce__(self) -> tuple[Any, ...]:
        return SourceFiles, (self.path,)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._locations

    def _add_members(self, file: Path) -> None:
        try:
            archive = zipfile.ZipFile(file)
        except READ_ERRORS as error:
            raise UserError(f"{file} cannot be read: {error}; fetch it again") from None
        for info in archive.infolist():
            if info.compress_type not in ZIP_METHODS:
                raise UserError(
                    f"{file}: {info.filename} is compressed by method {info.compress_type}; only "
                    "deflate is supported"
                )
            if not info.is_dir():
                self._add(info.filename, archive)

    def _add(self, name: str, location: Path | zipfile.ZipFile) -> None:
        parts = PurePosixPath(name).parts
        if not parts or parts[0] == "__MACOSX" or any(part.startswith(".") for part in parts):
            return
        if name in self._locations:
            raise UserError(
                f"{self.path}: {name} exists twice, in two zips or in a zip and outside"
            )
        self._locations[name] = location

    def under(self, *prefixes: str) -> tuple[str, ...]:
        """The names that start with one of the prefixes."""
        return tuple(name for name in self.names if name.startswith(prefixes))

    def find(self, filename: str) -> str:
        """The path of the one file of this name, in any folder; raises UserError otherwise."""
        names = [name for name in self.names if PurePosixPath(name).name == filename]
        if len(names) != 1:
            raise UserError(
                f"{self.path} has {len(names)} files named {filename}, but 1 is needed; fetch it"
            )
        return names[0]

    def read(self, name: str) -> bytes:
        """Read a file; raises ImageError if it is damaged, missing or over ``MAX_BYTES``."""
        location = self._locations[name]
        try:
            if isinstance(location, Path):
                with location.open("rb") as file:
                    data = file.read(MAX_BYTES + 1)
            else:
                # A limit on the bytes read, since the sizes that a zip declares may be forged.
                with self._lock, location.open(name) as member:
                    data = member.read(MAX_BYTES + 1)
        except READ_ERRORS as error:
            raise ImageError(f"unreadable: {error}") from None
        if len(data) > MAX_BYTES:
            raise ImageError(f"over {MAX_BYTES:,} bytes")
        return data


def fingerprint(path: Path) -> str:
    """A text that changes with the names, sizes and times of a file or the files of a folder."""
    files = sorted(file for file in [path, *path.rglob("*")] if file.is_file())
    stats = ((file, file.stat()) for file in files)
    return "".join(f"{file}:{stat.st_size}:{stat.st_mtime_ns};" for file, stat in stats)
