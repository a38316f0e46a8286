"""Read members out of zip, tar and tar.gz archives from untrusted sources.

Members are streamed one by one; nothing is written to the paths an archive names. An archive is
refused if it holds a path outside its folder, a link, a device, two files of one name, or more
bytes or entries than the limits allow.
"""

from __future__ import annotations

import fnmatch
import gzip
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from s2f_core.common.errors import UserError

CHUNK_BYTES = 2**20
READ_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # zipfile: an unknown compression
)


@dataclass(frozen=True)
class Limits:
    """Limits of an archive: unpacked bytes per member, unpacked bytes in all, and entries."""

    member: int = 4 * 2**30
    total: int = 32 * 2**30
    entries: int = 1_000_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Member:
    """A regular file in an archive; read ``chunks`` before asking for the next member."""

    name: str
    size: int
    chunks: Iterator[bytes]


def read_members(
    archive: Path, patterns: tuple[str, ...] = ("*",), limits: Limits = DEFAULT_LIMITS
) -> Iterator[Member]:
    """Yield the regular files whose path equals or matches one of ``patterns``.

    Members of a zip come sorted by name, members of a tar in archive order. The ``*`` of a pattern
    also crosses ``/``. All entries are checked, also those that no pattern matches. Raises
    UserError, naming archive and member, if the file is not an archive, is damaged or unsafe (see
    the module), or if a member's size is not the declared one.
    """
    with _explain_read_errors(archive):
        if _is_zip(archive):
            with zipfile.ZipFile(archive) as file:
                yield from _zip_members(archive, file, patterns, limits)
        else:
            yield from _tar_members(archive, patterns, limits)


def _is_zip(archive: Path) -> bool:
    """Decide by the first bytes: a zip's directory is at its end, where a tar.gz may hold one."""
    with archive.open("rb") as file:
        start = file.read(512)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return True
    if start.startswith(b"\x1f\x8b") or start[257:262] == b"ustar":
        return False
    raise UserError(f"{archive} is not a zip, tar or tar.gz archive: it starts with {start[:16]!r}")


class _EntryChecker:
    """Checks the entries of one archive against the rules and the limits."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.names: set[str] = set()
        self.total = 0
        self.entries = 0

    def error(self, name: str, reason: str) -> UserError:
        return UserError(f"{self.archive}: the archive is refused: member {name!r} {reason}")

    def check_path(self, name: str) -> str:
        """Return the path of an entry with ``/`` as separator and without ``.``."""
        self.entries += 1
        if self.entries > self.limits.entries:
            raise self.error(name, f"exceeds the limit of {self.limits.entries:,} entries")
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or re.match("[A-Za-z]:", name):
            raise self.error(name, "has an absolute path")
        if ".." in path.parts:
            raise self.error(name, "has a path that leaves its folder ('..')")
        return str(path)

    def check_file(self, name: str, size: int) -> str:
        """Return the path of a regular file of ``size`` bytes."""
        path = self.check_path(name)
        if path in self.names:
            raise self.error(name, "appears twice")
        self.names.add(path)
        if size > self.limits.member:
            raise self.error(name, f"has {size:,} bytes; {self.limits.member:,} are allowed")
        self.total += size
        if self.total > self.limits.total:
            raise self.error(name, f"brings the total over the {self.limits.total:,} bytes allowed")
        return path

    def read_chunks(self, name: str, size: int, stream: IO[bytes]) -> Iterator[bytes]:
        """Yield the bytes of a member; raise if there are more or fewer than ``size``."""
        count = 0
        with _explain_read_errors(self.archive, name):
            while chunk := stream.read(CHUNK_BYTES):
                count += len(chunk)
                if count > size:
                    raise self.error(name, f"holds more than the {size:,} bytes it declares")
                yield chunk
            if count < size:
                raise self.error(name, f"declares {size:,} bytes but holds {count:,}")


def _zip_members(
    archive: Path, file: zipfile.ZipFile, patterns: tuple[str, ...], limits: Limits
) -> Iterator[Member]:
    checker = _EntryChecker(archive, limits)
    matching: list[tuple[str, zipfile.ZipInfo]] = []
    for info in file.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise checker.error(info.filename, "is a link")
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise checker.error(info.filename, "is a device or another special file")
        if info.filename.endswith("/"):
            checker.check_path(info.filename)
            continue
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise checker.error(info.filename, "is compressed by a method other than deflate")
        if info.flag_bits & 1:
            raise checker.error(info.filename, "is encrypted")
        path = checker.check_file(info.filename, info.file_size)
        if matches_any(path, patterns):
            matching.append((path, info))
    for path, info in sorted(matching, key=itemgetter(0)):
        with file.open(info) as stream:
            yield Member(path, info.file_size, checker.read_chunks(path, info.file_size, stream))


def _tar_members(archive: Path, patterns: tuple[str, ...], limits: Limits) -> Iterator[Member]:
    checker = _EntryChecker(archive, limits)
    with archive.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain: BinaryIO = gzip.GzipFile(fileobj=raw) if is_gzip else raw  # type: ignore[assignment]
        limited = _LimitedReader(archive, plain, limits)
        with tarfile.open(fileobj=limited, mode="r|") as file:  # type: ignore[call-overload]
            for info in file:
                if info.issym() or info.islnk():
                    raise checker.error(info.name, "is a link")
                if info.isdir():
                    checker.check_path(info.name)
                    continue
                stream = file.extractfile(info) if info.isreg() else None
                if stream is None:
                    raise checker.error(info.name, "is a device or another special file")
                path = checker.check_file(info.name, info.size)
                if matches_any(path, patterns):
                    yield Member(path, info.size, checker.read_chunks(path, info.size, stream))


class _LimitedReader:
    """Reads an unpacked tar up to the limit: its headers can be a bomb as well."""

    def __init__(self, archive: Path, stream: BinaryIO, limits: Limits) -> None:
        self.archive, self.stream = archive, stream
        # An entry's header and padding are under 2 KiB unless it has a long name.
        self.left = limits.total + 4096 * min(limits.entries, 10_000) + CHUNK_BYTES

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise UserError(
                f"{self.archive}: the archive is refused: it unpacks to more bytes than allowed"
            )
        return data


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether the path of a member equals or matches one of the patterns."""
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@contextmanager
def _explain_read_errors(archive: Path, member: str = "") -> Iterator[None]:
    """Turn the errors of a damaged archive into a UserError that names archive and member."""
    try:
        yield
    except READ_ERRORS as error:
        where = f"{archive}: member {member!r}" if member else str(archive)
        raise UserError(f"{where} cannot be read: {error or type(error).__name__}") from error
