"""The images among a folder's files, their table rows, and what the folders above them mean."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Literal, TypeVar

import pandas as pd

from s2f_core.common.errors import UserError
from s2f_core.common.names import normalise, visible
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.split import Part

log = logging.getLogger(__name__)

IMAGE_EXTENSIONS = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm",
    ".pgm", ".pbm", ".pnm", ".mpo", ".apng", ".dib", ".hif", ".heic", ".heif", ".avif",
)  # fmt: skip
ARCHIVE_EXTENSIONS = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
PART_WORDS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
    "testing": "test",
}
Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
T = TypeVar("T")
Folders = tuple[str, ...]


def image_names(files: SourceFiles) -> list[str]:
    """Return the files with an image extension; log a warning that counts the others.

    Raises UserError if there is no image.
    """
    names = [name for name in files.names if name.lower().endswith(IMAGE_EXTENSIONS)]
    others = set(files.names) - set(names)
    counts = Counter(PurePosixPath(name).suffix or "without extension" for name in others)
    summary = ", ".join(f"{count} {extension}" for extension, count in sorted(counts.items()))
    if not names:
        content = f"only {summary}" if summary else "no files but hidden ones"
        allowed = " ".join(IMAGE_EXTENSIONS)
        packed = any(extension.lower() in ARCHIVE_EXTENSIONS for extension in counts)
        advice = ": unpack the archives; only zips directly in the folder are read" * packed
        raise UserError(
            f"{files.path} has no images, {content}{advice} (image extensions: {allowed})"
        )
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
class FolderWords:
    """The folder names that have a meaning: parts, and the names of the two sides.

    Case and Unicode forms do not count. ``trainA``, ``train_A`` and ``A_train`` are both.
    """

    a: str
    b: str

    def part(self, folder: str) -> Part | None:
        """The part that a folder's name says."""
        return _read_word(folder, self.a, self.b)[0]

    def side(self, folder: str) -> Side | None:
        """The side that a folder's name says."""
        return _read_word(folder, self.a, self.b)[1]


@lru_cache(4096)
def _read_word(folder: str, a: str, b: str) -> tuple[Part | None, Side | None]:
    word = visible(folder)
    if word in PART_WORDS:
        return PART_WORDS[word], None
    parts = "|".join(PART_WORDS)
    for side, name in zip(SIDES, (visible(a), visible(b)), strict=True):
        if word == name:
            return None, side
        escaped = re.escape(name)
        if match := re.fullmatch(f"({parts})[ _-]?{escaped}|{escaped}[ _-]({parts})", word):
            return PART_WORDS[match[1] or match[2]], side
    return None, None


@dataclass(frozen=True)
class Place:
    """Where an image is: its part, its side, and the other folders above it."""

    name: str
    part: Part | None
    side: Side | None
    folders: Folders

    @property
    def key(self) -> str:
        """The path without side, with the part's own word, and without the extension."""
        stem = without_extension(PurePosixPath(self.name).name)
        parts = [self.part] if self.part else []
        return normalise("/".join([*parts, *self.folders, stem]))


@dataclass(frozen=True)
class FolderClasses:
    """The images of each class, those of none, and the classes without images.

    Folders whose names people read as equal are one class; ``alike`` lists them.
    """

    images: dict[str, list[Place]]
    loose: list[Place]
    empty: list[str]
    alike: list[list[str]]


@dataclass(frozen=True)
class FolderTree:
    """The places of all images under ``root``, the deepest folder that contains them.

    ``root`` has a ``/`` at its end ("" for the folder itself). ``parts`` and ``sides`` are what the
    folders' words say, and how many images have none. A word has its meaning only if every image
    has such a word, and there are two: a folder ``train`` beside ``bus`` and ``car`` is a class.
    """

    root: str
    places: tuple[Place, ...]
    parts: Counter[Part | None]
    sides: Counter[Side | None]
    empty_folders: tuple[Folders, ...]

    @classmethod
    def from_files(
        cls, files: SourceFiles, names: Sequence[str], words: FolderWords, *, sides: bool
    ) -> FolderTree:
        """Return the tree of these images, at least one.

        ``sides``: whether the names of sides count, also where some images have none.
        """
        paths = [PurePosixPath(name).parts[:-1] for name in names]
        root = _common(paths)
        paths = [path[len(root) :] for path in paths]
        part_of: list[Part | None] = [_first(map(words.part, path)) for path in paths]
        side_of: list[Side | None] = [_first(map(words.side, path)) for path in paths]
        parts, side_counts = Counter(part_of), Counter(side_of)
        has_parts = len(parts) > 1 and None not in parts
        has_sides = sides and {"a", "b"} <= side_counts.keys()

        def strip(path: Folders) -> Folders:
            left = list(path)
            for is_used, read in ((has_sides, words.side), (has_parts, words.part)):
                word = next(filter(read, path), None) if is_used else None
                if word in left:
                    left.remove(word)
            return tuple(left)

        places = tuple(
            Place(name, part if has_parts else None, side if has_sides else None, strip(path))
            for name, part, side, path in zip(names, part_of, side_of, paths, strict=True)
        )
        folders = [PurePosixPath(folder).parts for folder in files.folders]
        empty = [strip(path[len(root) :]) for path in folders if path[: len(root)] == root]
        return cls("".join(f"{part}/" for part in root), places, parts, side_counts, tuple(empty))

    @property
    def has_parts(self) -> bool:
        """Whether the images are in the publisher's parts."""
        return any(place.part for place in self.places)

    def of_side(self, side: Side) -> list[Place]:
        """The images of a side, without the folders that all of them share."""
        places = [place for place in self.places if place.side == side]
        shared = len(_common([place.folders for place in places], whole=True))
        return [Place(p.name, p.part, p.side, p.folders[shared:]) for p in places]

    def classes(self) -> FolderClasses:
        """The classes: the first folders that are no part and not shared by all images."""
        shared = _common([place.folders for place in self.places])
        names: dict[str, str] = {}
        spellings: dict[str, set[str]] = {}
        images: dict[str, list[Place]] = {}
        loose = []
        for place in self.places:
            if folders := place.folders[len(shared) :]:
                name = names.setdefault(visible(folders[0]), normalise(folders[0]))
                images.setdefault(name, []).append(place)
                spellings.setdefault(name, set()).add(folders[0])
            else:
                loose.append(place)
        below = [
            path[len(shared) :] for path in self.empty_folders if path[: len(shared)] == shared
        ]
        empty = {visible(path[0]): path[0] for path in below if path}
        return FolderClasses(
            images,
            loose,
            sorted(name for key, name in empty.items() if key not in names),
            [sorted(each) for each in spellings.values() if len(each) > 1],
        )

    def __str__(self) -> str:
        return ", ".join(self._describe_folders())

    def _describe_folders(self) -> Iterator[str]:
        firsts = [place.name.removeprefix(self.root).split("/") for place in self.places]
        counts = Counter(first for first, *rest in firsts if rest)
        yield from (f"{name}/ ({count})" for name, count in list(counts.items())[:6])
        if len(counts) > 6:
            yield f"{len(counts) - 6} more"
        if loose := len(firsts) - counts.total():
            yield f"{loose} in no sub-folder"

    @property
    def top_folders(self) -> list[str]:
        """The sub-folders of the root that have images."""
        paths = [place.name.removeprefix(self.root).split("/") for place in self.places]
        return sorted({first for first, *rest in paths if rest})


def _first(meanings: Iterable[T | None]) -> T | None:
    return next((meaning for meaning in meanings if meaning is not None), None)


def _common(paths: Sequence[Folders], *, whole: bool = False) -> Folders:
    """The folders that all paths begin with.

    One that is an image's own folder does not count, unless ``whole``: it may be a class, or a side
    without the other.
    """
    common = []
    for folders in zip(*paths, strict=False):
        if len(set(folders)) > 1:
            break
        common.append(folders[0])
    return tuple(common[:-1] if tuple(common) in paths and not whole else common)
