"""The files of a source, in a folder or in the zips that it is published as."""

from __future__ import annotations

import logging
import re
import struct
import threading
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.common.rejections import Reason, why_unopened
from s2f_core.data.datasets.walk import FileWalk, is_hidden

log = logging.getLogger(__name__)

ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others cannot be unpacked in pieces
MAX_BYTES = 2**28  # of a file that is read as a whole; COCO's keypoints have 239 million
UTF8_FLAG, ENCRYPTED_FLAG, FOLDER_ATTRIBUTE = 0x800, 0x1, 0x10  # of a zip's member
READ_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # encrypted, or an unknown compression
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
Member = tuple[zipfile.ZipFile, zipfile.ZipInfo]


class SourceFiles:
    """The files under a folder, including the members of the zips directly in it; or of one zip.

    ``names`` are their paths, sorted, with ``/``; hidden files and those of operating systems are
    left out. ``folders`` are the paths of all folders, also of those without files. Links to
    folders are followed; see :class:`FileWalk`. Safe to share between threads; unpickling opens the
    folder again.

    ``zips_as_folders``: a zip with files at its top is a folder of its name, unless there is
    nothing else. So ``A.zip`` and ``B.zip`` stay apart.

    Raises UserError if ``path`` is no folder and no zip, a folder cannot be listed, a zip is
    damaged, or two files have the same path.
    """

    def __init__(self, path: Path, *, zips_as_folders: bool = False) -> None:
        self.path = path.absolute()
        self.zips_as_folders = zips_as_folders
        self._lock = threading.Lock()  # a zip has one handle
        self._locations: dict[str, Path | Member | Reason] = {}  # a text is why it cannot be read
        self._folders: set[str] = set()
        self.linked: tuple[str, ...] = ()
        if path.is_file() and _is_zip(path):
            self._add_members(path, "")
        elif path.is_dir():
            self._add_folder()
        else:
            raise UserError(
                f"{path} is not a folder: fetch it, or set 'path' to another folder or zip"
            )
        self.names = tuple(sorted(self._locations))
        self.folders = tuple(sorted(self._folders))

    def __reduce__(self) -> tuple[Any, ...]:
        return _open, (self.path, self.zips_as_folders)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        return name in self._locations

    def _add_folder(self) -> None:
        walk = FileWalk(self.path)
        for folder, reason in walk.skipped:
            log.warning("%s is not followed: %s", folder, reason)
        zips = [file for file in walk.files if _is_zip(file) and file.parent == self.path]
        alone = len(walk.files) == 1
        for file in walk.files:
            if file in zips:
                self._add_members(file, "" if alone or not self.zips_as_folders else file.stem)
            else:
                self._add(file.relative_to(self.path).as_posix(), file)
        for file, reason in walk.unusable:
            self._add(file.relative_to(self.path).as_posix(), reason)
        self._folders |= {folder.relative_to(self.path).as_posix() for folder in walk.folders}
        self.linked = tuple(folder.relative_to(self.path).as_posix() for folder in walk.linked)

    def _add_members(self, file: Path, folder: str) -> None:
        try:
            archive = zipfile.ZipFile(file)
        except READ_ERRORS as error:
            raise UserError(f"{file} cannot be read: {error}; fetch it again") from None
        members: list[tuple[str, zipfile.ZipInfo | None]] = []
        for info in archive.infolist():
            if info.compress_type not in ZIP_METHODS:
                raise UserError(
                    f"{file}: {info.filename} is compressed by method {info.compress_type}; only "
                    "deflate is supported"
                )
            name = _member_name(info)
            if not name or is_hidden(name):
                continue
            is_folder = info.filename.endswith(("/", "\\")) or (
                not info.file_size and info.external_attr & FOLDER_ATTRIBUTE
            )
            members.append((name, None if is_folder else info))
        flat = any(info and "/" not in name for name, info in members)
        for name, member in members:
            path = f"{folder}/{name}" if folder and flat else name
            above = [str(parent) for parent in PurePosixPath(path).parents if parent.name]
            self._folders.update(above if member else [path, *above])
            if member:
                self._add(path, (archive, member))

    def _add(self, name: str, location: Path | Member | Reason) -> None:
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
        data = self.read_start(name, MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ImageError("too large", f"over {MAX_BYTES:,} bytes")
        return data

    def read_start(self, name: str, count: int) -> bytes:
        """Read the first bytes of a file; raises ImageError if it is damaged or missing."""
        location = self._locations[name]
        if isinstance(location, str):
            raise ImageError(location)
        try:
            if isinstance(location, Path):
                with location.open("rb") as file:
                    return file.read(count)
            archive, info = location
            # A limit on the bytes read, since the sizes that a zip declares may be forged.
            with self._lock, archive.open(info) as member:
                return member.read(count)
        except READ_ERRORS as error:
            raise _unreadable(error, location) from None


def _open(path: Path, zips_as_folders: bool) -> SourceFiles:
    return SourceFiles(path, zips_as_folders=zips_as_folders)


def _is_zip(file: Path) -> bool:
    return file.suffix.lower() == ".zip"


def _member_name(info: zipfile.ZipInfo) -> str:
    r"""The path of a member with ``/``; Windows wrote ``\``, and some tools ``C:\``, ``./``, ``/``.

    macOS writes UTF-8 without saying so.
    """
    name = info.filename
    if not info.flag_bits & UTF8_FLAG:
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:
            name = info.filename
    parts = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in {"", ".", ".."})


def _unreadable(error: Exception, location: Path | Member) -> ImageError:
    if isinstance(location, Path):
        return ImageError(*why_unopened(error))
    encrypted = location[1].flag_bits & ENCRYPTED_FLAG
    return ImageError("encrypted in its zip" if encrypted else "damaged in its zip")


def fingerprint(path: Path) -> str:
    """A text that changes with the names, sizes and times of a file or the files of a folder."""
    files = FileWalk(path).files if path.is_dir() else [path] * path.is_file()
    stats = ((file, file.stat()) for file in files)
    return "".join(f"{file}:{stat.st_size}:{stat.st_mtime_ns};" for file, stat in stats)
