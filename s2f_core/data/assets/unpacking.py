"""From what a source gives to the file that is wanted: as it is, pieces of it joined, or a zip.

A tar is read once, from front to back, so what is wanted is kept until all has come: in memory as
long as it is little, else on the disk. Its thousands of files then become a zip, because a tar
has to be read from its start for each.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from s2f_core.common.atomic import explain_disk_full
from s2f_core.common.errors import UserError
from s2f_core.data.assets.archives import CHUNK, Limits, matches, members
from s2f_core.data.assets.asset import File, Source

SLACK = 2**20  # sizes in the catalogue are rough: twice as much and this is the limit
LOOSE = 2**32  # bytes of a package, whose other members nobody wants
IN_MEMORY = 2**26  # bytes


def unpack(file: File, source: Source, got: Path, made: Path) -> None:
    """Make ``made`` of ``got``, which may be a user's own file and is not changed then.

    Raises UserError where the archive is refused, or lacks what is wanted, and DiskFullError.
    """
    with explain_disk_full(made, file.size):
        if source.member is not None:
            _take(file, source, got, made)
        elif made.parent in got.parents:
            got.replace(made)
        else:
            shutil.copyfile(got, made)


def _take(file: File, source: Source, got: Path, made: Path) -> None:
    patterns = (source.member,) if isinstance(source.member, str) else source.member or ()
    limit = 2 * file.size + SLACK
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(made.parent)) as spool:
        pieces = _Pieces(got.name, spool, limit)
        limits = Limits(member=max(LOOSE, limit), total=max(LOOSE, limit))
        for member in members(got, patterns, limits):
            pieces.add(member.name, member.size, member.chunks)
        if made.suffix == ".zip":
            _zip(pieces, patterns, source.below, made)
        else:
            _join(pieces, patterns, made)


@dataclass
class _Pieces:
    """The members that are wanted, one behind the other in a file."""

    archive: str
    spool: IO[bytes]
    limit: int

    def __post_init__(self) -> None:
        self.places: dict[str, tuple[int, int]] = {}

    def add(self, name: str, size: int, chunks: Iterator[bytes]) -> None:
        left = self.limit - self.spool.tell()
        if size > left:
            raise UserError(f"{self.archive}: {name} has {size:,} bytes; {left:,} are allowed")
        self.places[name] = (self.spool.tell(), size)
        self.spool.writelines(chunks)

    def read(self, name: str) -> Iterator[bytes]:
        start, left = self.places[name]
        self.spool.seek(start)
        while left:
            chunk = self.spool.read(min(CHUNK, left))
            left -= len(chunk)
            yield chunk


def _join(pieces: _Pieces, patterns: tuple[str, ...], made: Path) -> None:
    """Write the members, one for each pattern, one behind the other."""
    with made.open("wb") as file:
        for pattern in patterns:
            found = [name for name in pieces.places if matches(name, (pattern,))]
            if not found:
                raise UserError(f"{pieces.archive} has no member {pattern}")
            if len(found) > 1:
                told = f"{pattern} gives {found[0]} and {found[1]}, not one"
                raise UserError(f"{pieces.archive}: {told}")
            file.writelines(pieces.read(found[0]))


def _zip(pieces: _Pieces, patterns: tuple[str, ...], below: str | None, made: Path) -> None:
    """Write the members to a zip that is the same, byte for byte, wherever it is written."""
    for pattern in patterns:
        if not any(matches(name, (pattern,)) for name in pieces.places):
            raise UserError(f"{pieces.archive} has no member {pattern}")
    names: dict[str, str] = {}
    for name in pieces.places:
        inside = _inside(pieces.archive, name, below)
        if inside in names:
            raise UserError(f"{pieces.archive} gives two files named {inside}")
        names[inside] = name
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for inside in sorted(names):
            info = zipfile.ZipInfo(inside, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # else it would tell the system that wrote it
            info.external_attr = 0o644 << 16
            _, info.file_size = pieces.places[names[inside]]
            with archive.open(info, "w") as file:
                file.writelines(pieces.read(names[inside]))


def _inside(archive: str, name: str, below: str | None) -> str:
    """What a member is to be called in the zip."""
    path = PurePosixPath(name)
    if below is None:
        return path.name
    if not path.is_relative_to(below):
        raise UserError(f"{archive}: {name} does not lie below {below!r}")
    return path.relative_to(below).as_posix()
