"""Read members out of zip, tar and tar.gz archives that nobody vouches for.

Nothing is unpacked to where an archive says. Its members are streamed one after the other, and
an archive is refused that holds a path out of its folder, a link, a device, two files of one
name, or more bytes than the limits allow.
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

CHUNK = 2**20
_DAMAGE = (
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
    """What an archive may hold: bytes a member, bytes in all (unpacked), and entries."""

    member: int = 4 * 2**30
    total: int = 32 * 2**30
    entries: int = 1_000_000


GENEROUS = Limits()


@dataclass(frozen=True)
class Member:
    """A regular file in an archive; ``chunks`` must be read before the next member is asked for."""

    name: str
    size: int
    chunks: Iterator[bytes]


def members(
    archive: Path, patterns: tuple[str, ...] = ("*",), limits: Limits = GENEROUS
) -> Iterator[Member]:
    """The regular files whose path is or matches one of ``patterns``.

    Those of a zip come by name, those of a tar in its own order. The ``*`` of a pattern also
    crosses ``/``. Raises UserError, naming archive and member, where
    the file is no archive, is damaged or unsafe (see the module), or where a member holds more or
    less than it declares. Members nobody asked for are checked like the others.
    """
    with _explained(archive):
        if _is_zip(archive):
            with zipfile.ZipFile(archive) as opened:
                yield from _zip(archive, opened, patterns, limits)
        else:
            yield from _tar(archive, patterns, limits)


def _is_zip(archive: Path) -> bool:
    """Told by the first bytes: a zip's directory is at its end, where a tar.gz may hold one too."""
    with archive.open("rb") as file:
        start = file.read(512)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return True
    if start.startswith(b"\x1f\x8b") or start[257:262] == b"ustar":
        return False
    raise UserError(f"{archive} is neither zip, tar nor tar.gz: it starts with {start[:16]!r}")


class _Gate:
    """Lets an archive's entries through one by one, as long as all is well with them."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self.archive, self.limits = archive, limits
        self.names: set[str] = set()
        self.total = 0
        self.entries = 0

    def refuse(self, name: str, reason: str) -> UserError:
        return UserError(f"{self.archive}: member {name!r} {reason}: the archive is refused")

    def name(self, raw: str) -> str:
        """The entry's path, with ``/`` and without ``.``."""
        self.entries += 1
        if self.entries > self.limits.entries:
            raise self.refuse(raw, f"is one of more than {self.limits.entries:,} entries")
        path = PurePosixPath(raw.replace("\\", "/"))
        if path.is_absolute() or re.match("[A-Za-z]:", raw):
            raise self.refuse(raw, "has an absolute path")
        if ".." in path.parts:
            raise self.refuse(raw, "has a path that leaves its folder ('..')")
        return str(path)

    def file(self, raw: str, size: int) -> str:
        """The path of a regular file of ``size`` bytes."""
        name = self.name(raw)
        if name in self.names:
            raise self.refuse(raw, "is there twice")
        self.names.add(name)
        if size > self.limits.member:
            raise self.refuse(raw, f"has {size:,} bytes; {self.limits.member:,} are allowed")
        self.total += size
        if self.total > self.limits.total:
            raise self.refuse(raw, f"brings the total over the {self.limits.total:,} bytes allowed")
        return name

    def chunks(self, name: str, size: int, stream: IO[bytes]) -> Iterator[bytes]:
        read = 0
        with _explained(self.archive, name):
            while chunk := stream.read(CHUNK):
                read += len(chunk)
                if read > size:
                    raise self.refuse(name, f"holds more than the {size:,} bytes it declares")
                yield chunk
            if read < size:
                raise self.refuse(name, f"declares {size:,} bytes and holds {read:,}")


def _zip(
    archive: Path, opened: zipfile.ZipFile, patterns: tuple[str, ...], limits: Limits
) -> Iterator[Member]:
    gate = _Gate(archive, limits)
    wanted: list[tuple[str, zipfile.ZipInfo]] = []
    for info in opened.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise gate.refuse(info.filename, "is a link")
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise gate.refuse(info.filename, "is a device or the like")
        if info.is_dir():
            gate.name(info.filename)
            continue
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise gate.refuse(info.filename, "is packed by another method than deflate")
        if info.flag_bits & 1:
            raise gate.refuse(info.filename, "is encrypted")
        name = gate.file(info.filename, info.file_size)
        if matches(name, patterns):
            wanted.append((name, info))
    for name, info in sorted(wanted, key=itemgetter(0)):
        with opened.open(info) as stream:
            yield Member(name, info.file_size, gate.chunks(name, info.file_size, stream))


def _tar(archive: Path, patterns: tuple[str, ...], limits: Limits) -> Iterator[Member]:
    gate = _Gate(archive, limits)
    with archive.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        counted = _Counted(archive, plain, limits)
        with tarfile.open(fileobj=counted, mode="r|") as opened:  # type: ignore[call-overload]
            for info in opened:
                if info.issym() or info.islnk():
                    raise gate.refuse(info.name, "is a link")
                if info.isdir():
                    gate.name(info.name)
                    continue
                stream = opened.extractfile(info) if info.isreg() else None
                if stream is None:
                    raise gate.refuse(info.name, "is a device or the like")
                name = gate.file(info.name, info.size)
                if matches(name, patterns):
                    yield Member(name, info.size, gate.chunks(name, info.size, stream))


class _Counted:
    """Reads of an unpacked tar, stopped at the limit: its headers can be a bomb as well."""

    def __init__(self, archive: Path, stream: BinaryIO, limits: Limits) -> None:
        self.archive, self.stream = archive, stream
        # An entry's header and padding are under 2 KiB unless it has a long name.
        self.left = limits.total + 4096 * min(limits.entries, 10_000) + CHUNK

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise UserError(f"{self.archive} unpacks to more than is allowed: it is refused")
        return data


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a member's path is, or matches, one of the patterns."""
    return any(name == pattern or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@contextmanager
def _explained(archive: Path, member: str = "") -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        where = f"{archive}: member {member!r}" if member else str(archive)
        raise UserError(f"{where} cannot be read: {error or type(error).__name__}") from error
