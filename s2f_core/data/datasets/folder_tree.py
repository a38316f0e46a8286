"""The images among a folder's files, how they are arranged, and their table rows."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.data.datasets.files import SourceFiles

log = logging.getLogger(__name__)

IMAGE_EXTENSIONS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm",
    ".pgm", ".heic", ".heif", ".avif",
)  # fmt: skip


def image_names(files: SourceFiles) -> list[str]:
    """Return the files with an image extension; log a warning that counts the others.

    Raises UserError if there is no image.
    """
    names = [name for name in files.names if name.lower().endswith(IMAGE_EXTENSIONS)]
    others = set(files.names) - set(names)
    counts = Counter(PurePosixPath(name).suffix or "without extension" for name in others)
    summary = ", ".join(f"{count} {extension}" for extension, count in sorted(counts.items()))
    if not names:
        content = f"only {summary}" if summary else "no files"
        allowed = " ".join(IMAGE_EXTENSIONS)
        raise UserError(f"{files.path} has no images, {content} (image extensions: {allowed})")
    if summary:
        log.warning("%s: files without an image extension are ignored: %s", files.path, summary)
    return names


def without_extension(name: str) -> str:
    """A path without its extension."""
    return str(PurePosixPath(name).with_suffix(""))


def file_rows(names: Sequence[str], ids: Iterable[str]) -> pd.DataFrame:
    """Return a row per file: id, source, rejected.

    The second of two files of one id is rejected and gets its path as id. A file whose name is not
    valid Unicode, which a table cannot hold, is rejected too.
    """
    requested = list(ids)
    used = set(requested)
    first: dict[str, str] = {}
    rows = []
    for name, id_ in zip(names, requested, strict=True):
        source, row_id, reason = to_unicode(name), id_, None
        if source != name:
            reason = "its name is not valid Unicode"
        elif id_ in first:
            reason = f"has the same name as {first[id_]}"
        if reason:
            row_id = source
            while row_id in used:
                row_id += "'"
            used.add(row_id)
        else:
            first[id_] = name
        rows.append((row_id, source, reason))
    return pd.DataFrame(rows, columns=["id", "source", "rejected"], dtype=object)


def to_unicode(name: str) -> str:
    """A name that a table can hold: bytes that are not valid Unicode are replaced."""
    return name.encode(errors="surrogateescape").decode(errors="replace")


def empty_class_row(folder: str) -> pd.DataFrame:
    """The rejected row of a class without images."""
    name = f"{to_unicode(folder)}/"
    row = {"id": name, "source": name, "rejected": "empty class: no images"}
    return pd.DataFrame([row], dtype=object)


@dataclass(frozen=True)
class FolderTree:
    """The arrangement of images in a folder.

    ``root`` is the deepest folder that contains all of them, with a ``/`` at its end ("" for the
    folder itself). ``folders`` are the images under each of its sub-folders, ``loose`` the images
    directly in it.
    """

    root: str
    folders: dict[str, list[str]]
    loose: list[str]

    @classmethod
    def from_names(cls, names: Sequence[str]) -> FolderTree:
        """Return the tree of these images; there must be at least one."""
        parents = [PurePosixPath(name).parent for name in names]
        common = PurePosixPath(os.path.commonpath(parents))
        if common in parents:  # it has images itself: it may be a class, or A without a B
            common = common.parent
        root = "" if str(common) == "." else f"{common}/"
        folders: dict[str, list[str]] = {}
        loose = []
        for name in names:
            first, *rest = name.removeprefix(root).split("/")
            if rest:
                folders.setdefault(first, []).append(name)
            else:
                loose.append(name)
        return cls(root, folders, loose)

    def __str__(self) -> str:
        parts = [f"{name}/ ({len(names)})" for name, names in self.folders.items()]
        if len(parts) > 6:
            parts = [*parts[:5], f"{len(parts) - 5} more"]
        if self.loose:
            parts.append(f"{len(self.loose)} in no sub-folder")
        return ", ".join(parts)

    def stems(self, folder: str) -> set[str]:
        """The paths of a sub-folder's images relative to it, without extensions."""
        prefix = f"{self.root}{folder}/"
        return {without_extension(name.removeprefix(prefix)) for name in self.folders[folder]}

    def all_folders(self, files: SourceFiles) -> list[str]:
        """The names of the sub-folders, including those without images."""
        paths = [name.removeprefix(self.root).split("/") for name in files.under(self.root)]
        names = {first for first, *rest in paths if rest}
        root = Path(files.path, self.root)
        if root.is_dir():
            names |= {path.name for path in root.iterdir() if path.is_dir() and path.name[0] != "."}
        return sorted(names | set(self.folders))
