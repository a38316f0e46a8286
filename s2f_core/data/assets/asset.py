"""What an asset is: files under one name, known by their content, and where each comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """One place a file can be had from.

    ``address`` is ``https://…``, ``pypi:NAME==VERSION``, ``npm:NAME@VERSION`` or ``file:PATH``;
    ``download`` the rough number of bytes that travel, ``options`` are further ones for ``pip
    download``, ``checksum`` is that of what travels, where only that is published.

    ``member`` names what is wanted of the archive that comes, by one path or several, or globs
    whose ``*`` also crosses ``/``; without it the download itself is the file. All that match
    become the members of a file that is a zip, under their base names, or, where ``below`` names
    a folder of the archive, under their paths in it ("" is the whole archive). Of any other file
    each ``member`` is one piece, and they are joined as listed.
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

    ``filename`` is its path in the asset's folder, ``size`` its rough number of bytes.
    ``checksum`` is ``sha256:…`` or ``md5:…`` of the file, ``members:…``, the sha256 of the bytes
    of all files in a zip joined in name order, or "" where none is published: then what came
    first is remembered.
    """

    filename: str
    size: int
    checksum: str
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Collection:
    """An asset: what it is, what may be done with it, and its files.

    ``page`` is where people read about it. ``by_hand`` says how to get what no program may fetch;
    its files have no sources, and may be folders.
    """

    name: str
    description: str
    licence: str
    citation: str
    page: str
    files: tuple[File, ...]
    by_hand: str = ""

    @property
    def download(self) -> int:
        """The rough number of bytes that travel where the first sources work."""
        return sum(file.sources[0].download if file.sources else file.size for file in self.files)

    def here(self, folder: Path) -> str:
        """Whether the files are in ``folder``: "yes", "part" or "no"; their bytes are not read."""
        found = [(folder / file.filename).exists() for file in self.files]
        return "yes" if all(found) else "part" if any(found) else "no"
