"""Sketchy: people's sketches of photos, in pairs (Sangkloy et al. 2016)."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, resize
from s2f_core.data.datasets.classes import Classes, chosen
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.folder_tree import pictures
from s2f_core.data.datasets.source import Opened
from s2f_core.data.datasets.strips import grey
from s2f_core.data.tables import Domain

_PLACE = re.compile(r"(?:.*/)?(photo|sketch)/tx_000000000000/([^/]+)/([^/]+)\.(?:jpg|png)")
_SKETCH = re.compile(r"(.+)-(\d+)")

Stems = dict[str, str]  # the file of each stem


class Sketchy(Section):
    """``{source: sketchy, path: data/assets/sketchy, classes: [apple], limit: 100, …}``.

    ``256x256/photo/tx_000000000000/<class>/N.jpg`` and the sketches of it,
    ``256x256/sketch/tx_000000000000/<class>/N-K.png``: 125 classes of 100 photos, at least five
    sketches each. ``limit`` takes the first so many pairs of each class (P3: 100 of apple, pizza
    and tree). ``sketches: first`` takes one of each photo. With ``all`` the photo stands in the
    table once for each of its sketches, which costs six times the space (3.7 GB at 128 pixels,
    not 0.6) and keeps a pair what it is everywhere else: two rows of one id.
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

    def open(self, path: Path, size: int, _assets: Path) -> Opened:
        """Photos uint8 [size, size, 3], and as ``given`` the sketches [size, size, 1]: pairs.

        An id is the class and the sketch's name, ``apple-n07739125_10116-3``; the group is the
        photo, so that no split has it twice. A photo without a sketch, a sketch without its photo,
        another name and an empty class are rejected rows. Raises UserError where there is nothing,
        or no such class.
        """
        files = Files(path)
        photos, sketches = _found(files)
        names = chosen(self.classes, photos.keys() | sketches.keys(), path)
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
                Square(files, tuple(source), size, in_grey=kind == "sketch"),
            )

        return Opened(domain("photo"), domain("sketch"))

    def _class(self, name: str, photos: Stems, sketches: Stems) -> list[tuple[str | None, ...]]:
        if not (photos or sketches):
            return [(f"{name}/", name, None, "empty class: no pictures", f"{name}/", None)]
        of = {stem: _SKETCH.fullmatch(stem) for stem in sketches}
        drawn = sorted((match[1], int(match[2]), stem) for stem, match in of.items() if match)
        pairs: list[tuple[str | None, ...]] = []
        odd: list[tuple[str | None, ...]] = [
            (f"{name}-{stem}", name, None, "not named PHOTO-K.png", None, sketches[stem])
            for stem, match in of.items()
            if not match
        ]
        seen: set[str] = set()
        for photo, _, stem in drawn:
            row = (f"{name}-{stem}", name, photo)
            if photo not in photos:
                odd.append((*row, "no photo of this sketch", None, sketches[stem]))
            elif self.sketches == "all" or photo not in seen:
                pairs.append((*row, None, photos[photo], sketches[stem]))
            seen.add(photo)
        odd += [
            (f"{name}-{photo}", name, photo, "no sketch of this photo", photos[photo], None)
            for photo in sorted(photos.keys() - seen)
        ]
        return pairs[: self.limit] + odd


def _found(files: Files) -> tuple[defaultdict[str, Stems], defaultdict[str, Stems]]:
    """The files of photos and of sketches, by class and stem; an empty folder is a class too."""
    kinds = {"photo": defaultdict[str, Stems](dict), "sketch": defaultdict[str, Stems](dict)}
    for name in pictures(files):
        if place := _PLACE.fullmatch(name):
            kind, class_, stem = place.groups()
            if other := kinds[kind][class_].get(stem):
                raise UserError(f"{files.path}: {other} and {name} have one name; remove one")
            kinds[kind][class_][stem] = name
    for kind, classes in kinds.items():
        if not classes:
            wanted = f"256x256/{kind}/tx_000000000000/<class>/"
            raise UserError(f"{files.path} has no {wanted} ({len(files)} files)")
        for folder in files.path.glob(f"256x256/{kind}/tx_000000000000/*/"):
            classes.setdefault(folder.name, {})
    return kinds["photo"], kinds["sketch"]


@dataclass(frozen=True)
class Square:
    """Decodes a picture that is square already, to one channel where ``in_grey``."""

    files: Files
    names: tuple[str, ...]
    size: int
    in_grey: bool

    def __call__(self, row: int) -> Pixels:
        """The image of a row; raises ImageError where it cannot be used."""
        image = decode(self.files.read(self.names[row]))
        height, width = image.shape[:2]
        if height != width:
            raise ImageError(f"{width}x{height} is no square")
        return resize(grey(image) if self.in_grey else image, self.size)
