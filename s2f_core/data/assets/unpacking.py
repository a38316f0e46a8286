"""Turn a download into the file of an asset: as it is, joined from members, or a zip of members.

A tar is read once, from front to back, so matching members are held until the end: in memory if
they are small, else on disk. A tar of thousands of files becomes a zip, because a tar has to be
read from its start for each file.
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
from s2f_core.data.assets.archives import CHUNK_BYTES, Limits, matches_any, read_members
from s2f_core.data.assets.asset import File, Source

SIZE_MARGIN = 2**20  # bytes: sizes in the catalogue are rough; the limit is twice that plus this
PACKAGE_BYTES = 2**32  # limit of a package, of which only some members are extracted
MEMORY_BYTES = 2**26  # members up to this size are held in memory


def unpack(file: File, source: Source, download: Path, target: Path) -> None:
    """Write ``target`` from ``download``, which is not changed if it is a user's own file.

    Raises UserError if the archive is refused or lacks a member, and DiskFullError.
    """
    with explain_disk_full(target, file.size):
        if source.member is not None:
            _extract(file, source, download, target)
        elif target.parent in download.parents:
            download.replace(target)
        else:
            shutil.copyfile(download, target)


def _extract(file: File, source: Source, download: Path, target: Path) -> None:
    patterns = (source.member,) if isinstance(source.member, str) else source.member or ()
    limit = 2 * file.size + SIZE_MARGIN
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES, dir=str(target.parent)) as spool:
        members = _MemberSpool(download.name, spool, limit)
        limits = Limits(member=max(PACKAGE_BYTES, limit), total=max(PACKAGE_BYTES, limit))
        for member in read_members(download, patterns, limits):
            members.add(member.name, member.size, member.chunks)
        if target.suffix == ".zip":
            _write_zip(members, patterns, source.below, target)
        else:
            _join_members(members, patterns, target)


@dataclass
class _MemberSpool:
    """The extracted members, one behind the other in a file; at most ``limit`` bytes."""

    archive: str
    spool: IO[bytes]
    limit: int

    def __post_init__(self) -> None:
        self.extents: dict[str, tuple[int, int]] = {}  # start and size in the spool, in bytes

    def add(self, name: str, size: int, chunks: Iterator[bytes]) -> None:
        left = self.limit - self.spool.tell()
        if size > left:
            raise UserError(f"{self.archive}: {name} has {size:,} bytes; {left:,} are allowed")
        self.extents[name] = (self.spool.tell(), size)
        self.spool.writelines(chunks)

    def read(self, name: str) -> Iterator[bytes]:
        start, left = self.extents[name]
        self.spool.seek(start)
        while left:
            chunk = self.spool.read(min(CHUNK_BYTES, left))
            left -= len(chunk)
            yield chunk

    def matching(self, pattern: str) -> list[str]:
        """The names that match; raises UserError if there is none."""
        names = [name for name in self.extents if matches_any(name, (pattern,))]
        if not names:
            raise UserError(f"{self.archive} has no member {pattern}")
        return names


def _join_members(members: _MemberSpool, patterns: tuple[str, ...], target: Path) -> None:
    """Write the members, one for each pattern, one behind the other."""
    with target.open("wb") as file:
        for pattern in patterns:
            name, *others = members.matching(pattern)
            if others:
                raise UserError(
                    f"{members.archive}: {pattern} matches {name} and {others[0]}, but must match "
                    "one member"
                )
            file.writelines(members.read(name))


def _write_zip(
    members: _MemberSpool, patterns: tuple[str, ...], below: str | None, target: Path
) -> None:
    """Write the members to a zip that has the same bytes on every machine."""
    for pattern in patterns:
        members.matching(pattern)
    names: dict[str, str] = {}
    for name in members.extents:
        path = _path_in_zip(members.archive, name, below)
        if path in names:
            raise UserError(f"{members.archive} has two files named {path}")
        names[path] = name
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(names):
            info = zipfile.ZipInfo(path, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # the default is that of the machine
            info.external_attr = 0o644 << 16
            _, info.file_size = members.extents[names[path]]
            with archive.open(info, "w") as file:
                file.writelines(members.read(names[path]))


def _path_in_zip(archive: str, name: str, below: str | None) -> str:
    path = PurePosixPath(name)
    if below is None:
        return path.name
    if not path.is_relative_to(below):
        raise UserError(f"{archive}: {name} is not inside the folder {below!r}")
    return path.relative_to(below).as_posix()
