"""Sketchy: photos paired with people's sketches of them (Sangkloy et al. 2016)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.entry_names import Classes
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, resize
from s2f_core.data.datasets.classes import select_classes
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import image_names
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.datasets.strips import to_grey
from s2f_core.data.tables import Domain

_PATH = re.compile(r"(?:.*/)?(photo|sketch)/tx_000000000000/([^/]+)/([^/]+)\.(?:jpg|png)")
_SKETCH_STEM = re.compile(r"(.+)-(\d+)")

FilesByStem = dict[str, str]


class Sketchy(Section):
    """``{source: sketchy, path: data/assets/sketchy, classes: [apple], limit: 100, …}``.

    Photos ``256x256/photo/tx_000000000000/<class>/N.jpg`` and sketches of them,
    ``256x256/sketch/tx_000000000000/<class>/N-K.png``: 125 classes of 100 photos, at least five
    sketches each. ``limit`` takes the first so many pairs of each class (P3: 100 of apple, pizza
    and tree). ``sketches: first`` takes one sketch of each photo. With ``all`` the table repeats
    the photo for each of its sketches. That takes six times the space (3.7 GB at 128 pixels, not
    0.6), but a pair is two rows of one id, as everywhere else.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("sketchy",)

    source: Literal["sketchy"]
    path: Path = Field(description="Folder or file that the table is made from.")
    classes: Classes = Field(None, description="Classes to use; null uses all.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many pairs of each class."
    )
    sketches: Literal["all", "first"] = Field(
        "all", description="all pairs every sketch with its photo; first takes one sketch a photo."
    )

    def open(self, path: Path, size: int, _assets: Path) -> DatasetContents:
        """Return photos uint8 [size, size, 3], paired with sketches [size, size, 1].

        An id is the class and the sketch's name, ``apple-n07739125_10116-3``; the group is the
        photo, so that no two splits share it. A photo without a sketch, a sketch without its photo,
        another file name and an empty class are rejected rows. Raises UserError if there are no
        files, or a class is unknown.
        """
        files = SourceFiles(path)
        photos, sketches = _sort_files(files)
        names = select_classes(self.classes, photos.keys() | sketches.keys(), path)
        rows = pd.DataFrame(
            [row for name in names for row in self._class(name, photos[name], sketches[name])],
            columns=["id", "class", "group", "rejected", "photo", "sketch"],
            dtype=object,
        )

        def domain(kind: Literal["photo", "sketch"]) -> Domain:
            other = rows["sketch" if kind == "photo" else "photo"]
            source = rows[kind].fillna(other)
            return Domain(
                rows.drop(columns=["photo", "sketch"]).assign(source=source),
                SquareImages(files, tuple(source), size, in_grey=kind == "sketch"),
            )

        return DatasetContents(domain("photo"), domain("sketch"))

    def _class(
        self, name: str, photos: FilesByStem, sketches: FilesByStem
    ) -> list[tuple[str | None, ...]]:
        if not (photos or sketches):
            return [(f"{name}/", name, None, "empty class: no images", f"{name}/", None)]
        matches = {stem: _SKETCH_STEM.fullmatch(stem) for stem in sketches}
        named = sorted((match[1], int(match[2]), stem) for stem, match in matches.items() if match)
        pairs: list[tuple[str | None, ...]] = []
        rejected: list[tuple[str | None, ...]] = [
            (f"{name}-{stem}", name, None, "not named PHOTO-K.png", None, sketches[stem])
            for stem, match in matches.items()
            if not match
        ]
        sketched: set[str] = set()
        for photo, _, stem in named:
            row = (f"{name}-{stem}", name, photo)
            if photo not in photos:
                rejected.append((*row, "no photo of this sketch", None, sketches[stem]))
            elif self.sketches == "all" or photo not in sketched:
                pairs.append((*row, None, photos[photo], sketches[stem]))
            sketched.add(photo)
        rejected += [
            (f"{name}-{photo}", name, photo, "no sketch of this photo", photos[photo], None)
            for photo in sorted(photos.keys() - sketched)
        ]
        return pairs[: self.limit] + rejected


def _sort_files(
    files: SourceFiles,
) -> tuple[defaultdict[str, FilesByStem], defaultdict[str, FilesByStem]]:
    """Return the files of photos and of sketches by class and stem; empty folders are classes."""
    kinds = {
        "photo": defaultdict[str, FilesByStem](dict),
        "sketch": defaultdict[str, FilesByStem](dict),
    }
    for name in image_names(files):
        if match := _PATH.fullmatch(name):
            kind, class_, stem = match.groups()
            if other := kinds[kind][class_].get(stem):
                raise UserError(f"{files.path}: {other} and {name} have the same name; remove one")
            kinds[kind][class_][stem] = name
    for kind, classes in kinds.items():
        if not classes:
            folder = f"256x256/{kind}/tx_000000000000/<class>/"
            raise UserError(f"{files.path} has no files in {folder} ({len(files)} files in all)")
        for path in files.path.glob(f"256x256/{kind}/tx_000000000000/*/"):
            classes.setdefault(path.name, {})
    return kinds["photo"], kinds["sketch"]


@dataclass(frozen=True)
class SquareImages:
    """Decodes and resizes square images, to one channel if ``in_grey``."""

    files: SourceFiles
    names: tuple[str, ...]
    size: int
    in_grey: bool

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if it cannot be used."""
        image = decode(self.files.read(self.names[row]))
        height, width = image.shape[:2]
        if height != width:
            raise ImageError("not square", f"{width}x{height}")
        return resize(to_grey(image) if self.in_grey else image, self.size)
