"""The pictures among a folder's files, how they lie in it, and the rows they become."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.data.datasets.files import Files

log = logging.getLogger(__name__)

ENDINGS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm",
    ".pgm", ".heic", ".heif", ".avif",
)  # fmt: skip


def pictures(files: Files) -> list[str]:
    """The files that are pictures by their ending; the log counts those that are not.

    Raises UserError where there is none.
    """
    found = [name for name in files.names if name.lower().endswith(ENDINGS)]
    others = set(files.names) - set(found)
    counts = Counter(PurePosixPath(name).suffix or "without ending" for name in others)
    seen = ", ".join(f"{count} {ending}" for ending, count in sorted(counts.items()))
    if not found:
        have = f"only {seen}" if seen else "nothing"
        raise UserError(f"{files.path} has no pictures, {have} (pictures: {' '.join(ENDINGS)})")
    if seen:
        log.warning("%s: left out, since no pictures by their ending: %s", files.path, seen)
    return found


def stem(name: str) -> str:
    """A path without its ending."""
    return str(PurePosixPath(name).with_suffix(""))


def distinct(names: Sequence[str], ids: Iterable[str]) -> pd.DataFrame:
    """A row a file: id, source, rejected.

    The second of two files of one id is a rejected row whose id is its path; so is one whose name
    is no Unicode, which a table cannot hold.
    """
    given = list(ids)
    taken = set(given)
    first: dict[str, str] = {}
    rows = []
    for name, asked in zip(names, given, strict=True):
        shown, id_, why = readable(name), asked, None
        if shown != name:
            why = "its name is no Unicode"
        elif asked in first:
            why = f"has the name of another: {first[asked]}"
        if why:
            id_ = shown
            while id_ in taken:
                id_ += "'"
            taken.add(id_)
        else:
            first[asked] = name
        rows.append((id_, shown, why))
    return pd.DataFrame(rows, columns=["id", "source", "rejected"], dtype=object)


def readable(name: str) -> str:
    """A name that a table can hold: bytes that are no Unicode are replaced."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def empty(folder: str) -> pd.DataFrame:
    """The rejected row of a class that has no pictures."""
    name = f"{readable(folder)}/"
    row = {"id": name, "source": name, "rejected": "empty class: no pictures"}
    return pd.DataFrame([row], dtype=object)


@dataclass(frozen=True)
class Tree:
    """How pictures lie in a folder.

    ``root`` is the folder that holds all of them, with a ``/`` at its end ("" for the one that was
    given); ``folders`` are the pictures below each of its sub-folders, ``beside`` those in none.
    """

    root: str
    folders: dict[str, list[str]]
    beside: list[str]

    @classmethod
    def of(cls, names: Sequence[str]) -> Tree:
        """The tree of these pictures, of which there is at least one."""
        parents = [PurePosixPath(name).parent for name in names]
        common = PurePosixPath(os.path.commonpath(parents))
        if common in parents:  # pictures lie in it: it may be a class, or A without a B
            common = common.parent
        root = "" if str(common) == "." else f"{common}/"
        folders: dict[str, list[str]] = {}
        beside = []
        for name in names:
            first, *rest = name.removeprefix(root).split("/")
            if rest:
                folders.setdefault(first, []).append(name)
            else:
                beside.append(name)
        return cls(root, folders, beside)

    def __str__(self) -> str:
        seen = [f"{name}/ ({len(found)})" for name, found in self.folders.items()]
        shown = [*seen[:5], f"{len(seen) - 5} more"] if len(seen) > 6 else seen
        return ", ".join(shown + ([f"{len(self.beside)} in no sub-folder"] if self.beside else []))

    def stems(self, folder: str) -> set[str]:
        """The paths of a sub-folder's pictures below it, without their endings."""
        return {stem(name.removeprefix(f"{self.root}{folder}/")) for name in self.folders[folder]}

    def with_empty(self, files: Files) -> list[str]:
        """The names of the sub-folders, of those without pictures too."""
        below = [name.removeprefix(self.root).split("/") for name in files.under(self.root)]
        found = {first for first, *rest in below if rest}
        place = Path(files.path, self.root)
        if place.is_dir():
            found |= {one.name for one in place.iterdir() if one.is_dir() and one.name[0] != "."}
        return sorted(found | set(self.folders))
