"""A user's own pictures: one heap of them, pairs, two domains, strips, or classes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode
from s2f_core.data.datasets import strips
from s2f_core.data.datasets.crops import cutter
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.folder_tree import Tree, distinct, empty, pictures, readable, stem
from s2f_core.data.datasets.photos import Photos, Squares
from s2f_core.data.datasets.source import Opened
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

Layout = Literal["images", "pairs", "unpaired", "strips", "classes"]

SAMPLE = 16  # pictures that are looked at to tell strips
ALIKE = 1.02  # how much wider, for its height, one of a pair may be than the other


class Folder(Photos):
    """``{source: folder, path: my/photos, layout: auto, a: A, b: B, side: AB, …}``.

    What the pictures under ``path`` are, those in zips that lie there included:

    - ``images``: photos at any depth.
    - ``pairs``: sketches in ``A/`` and photos in ``B/``, a pair where the names are the same but
      for the ending.
    - ``unpaired``: two domains in ``A/`` and ``B/``, any number in each.
    - ``strips``: sketch and photo side by side in one picture twice as wide as high; the sketch is
      left where ``side`` is ``AB``, right where it is ``BA``.
    - ``classes``: each sub-folder is a class.

    ``auto`` tells by what is there, and the log says why. ``a`` and ``b`` are the names of the two
    folders. ``limit`` takes the first so many: pairs, pictures of each domain, of each class.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()

    source: Literal["folder"]
    layout: Layout | Literal["auto"] = Field(
        "auto",
        description=(
            "How the pictures lie in the folder; auto looks at what is there and logs its reason."
        ),
    )
    a: str = Field("A", min_length=1, description="Sub-folder of the sketches.")
    b: str = Field("B", min_length=1, description="Sub-folder of the photos.")
    side: Literal["AB", "BA"] = Field(
        "AB", description="Strips: AB has the sketch on the left, BA on the right."
    )

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.a == self.b:
            raise ValueError(f"a and b must differ, both are {self.a!r}")
        return self

    def open(self, path: Path, size: int, assets: Path) -> Opened:
        """The pictures, uint8 [size, size, 3]; ``given`` are the sketches, where there is an A.

        An id is the path without its ending, for pairs below their folders. A second file of an
        id, a sketch or photo without partner, a pair of two shapes, a strip of another shape and
        an empty class are rejected rows. Raises UserError where there is no picture, or they do
        not lie as the layout wants it.
        """
        files = Files(path)
        names = pictures(files)
        tree = Tree.of(names)
        layout = self.layout
        if layout == "auto":
            layout, why = self._told(files, names, tree)
            log.info("%s: layout %s, since %s", path, layout, why)
        if self.crop == "face" and layout in {"pairs", "strips"}:
            raise UserError(f"{path}: crop face would cut the two of a pair apart; layout {layout}")
        work = _Work(self, files, names, tree, cutter(self.crop, size, self.seed, assets))
        ways: dict[Layout, Callable[[], Opened]] = {
            "images": work.images,
            "pairs": work.pairs,
            "unpaired": work.unpaired,
            "strips": work.strips,
            "classes": work.classes,
        }
        return ways[layout]()

    def _told(self, files: Files, names: Sequence[str], tree: Tree) -> tuple[Layout, str]:
        """The layout, and what tells it; raises UserError where it could be more than one."""
        stems = {folder: tree.stems(folder) for folder in tree.folders}
        if {self.a, self.b} <= stems.keys():
            shared = len(stems[self.a] & stems[self.b])
            if len(stems) > 2 or tree.beside:
                raise _unclear(files, tree, f"more than {self.a}/ and {self.b}/")
            if 0 < shared < min(len(stems[self.a]), len(stems[self.b])) / 2:
                raise _unclear(files, tree, f"only {shared} names are in both")
            seen = f"{self.a}/ and {self.b}/ are there and share {shared or 'no'} names"
            return ("pairs" if shared else "unpaired"), seen
        if _all_strips(files, names):
            return "strips", "the pictures are twice as wide as high"
        if len(stems) > 1 and not tree.beside:
            one, other, *more = stems
            shared = len(stems[one] & stems[other])
            if not more and 2 * shared >= min(len(stems[one]), len(stems[other])):
                raise _unclear(files, tree, f"{shared} names are in both")
            return "classes", f"there are sub-folders: {tree}"
        return "images", f"there are {len(names)} pictures: {tree}"


@dataclass(frozen=True)
class _Work:
    """The layouts, each of which makes domains of the pictures."""

    asked: Folder
    files: Files
    names: Sequence[str]
    tree: Tree
    cut: Callable[[Pixels, str], Pixels]

    def images(self) -> Opened:
        return Opened(self._plain(self.names[: self.asked.limit]))

    def classes(self) -> Opened:
        if not self.tree.folders:
            raise self._otherwise("sub-folders")
        tables = []
        for name in self.tree.with_empty(self.files):
            found = self.tree.folders.get(name, [])[: self.asked.limit]
            rows = distinct(found, map(stem, found)) if found else empty(name)
            tables.append(rows.assign(**{"class": readable(name)}))
        if beside := self.tree.beside:
            rows = distinct(beside, map(stem, beside))
            tables.append(rows.assign(rejected="in no class's folder"))
        return Opened(self._made(pd.concat(tables, ignore_index=True)))

    def unpaired(self) -> Opened:
        given, images = (self._plain(names[: self.asked.limit]) for names in self._two_folders())
        return Opened(images, given)

    def pairs(self) -> Opened:
        folders = self.asked.a, self.asked.b
        below = [len(f"{self.tree.root}{folder}/") for folder in folders]
        a, b = (
            distinct(names, [stem(name[length:]) for name in names])
            for names, length in zip(self._two_folders(), below, strict=True)
        )
        within = sorted({*a["id"], *b["id"]})[: self.asked.limit]
        given = self._with_partners(a[a["id"].isin(within)], b, folders[1])
        return Opened(self._with_partners(b[b["id"].isin(within)], a, folders[0]), given)

    def strips(self) -> Opened:
        names = tuple(self.names[: self.asked.limit])
        rows = distinct(names, map(stem, names))
        left, right = (Domain(rows, Half(self.files, names, side, self.cut)) for side in (0, 1))
        return Opened(right, left) if self.asked.side == "AB" else Opened(left, right)

    def _plain(self, names: Sequence[str]) -> Domain:
        return self._made(distinct(names, map(stem, names)))

    def _made(self, rows: pd.DataFrame) -> Domain:
        return Domain(rows, Squares(self.files, tuple(rows["source"]), self.cut))

    def _with_partners(self, rows: pd.DataFrame, others: pd.DataFrame, folder: str) -> Domain:
        usable = others[others["rejected"].isna()]
        partners = rows["id"].map(dict(zip(usable["id"], usable["source"], strict=True)))
        alone = rows["rejected"].isna() & partners.isna()
        told = rows.assign(rejected=rows["rejected"].mask(alone, f"no partner in {folder}/"))
        make = Paired(
            self.files,
            tuple(rows["source"]),
            tuple(partners.fillna("")),
            tuple(rows["id"]),
            self.cut,
        )
        return Domain(told.reset_index(drop=True), make)

    def _two_folders(self) -> tuple[list[str], list[str]]:
        """The pictures in A/ and those in B/; the log counts those in neither."""
        a, b = self.asked.a, self.asked.b
        if not {a, b} <= self.tree.folders.keys():
            raise self._otherwise(f"{a}/ and {b}/ (other names go under 'a' and 'b')")
        left = len(self.names) - len(self.tree.folders[a]) - len(self.tree.folders[b])
        if left:
            log.warning("%s: %d left out: neither in %s/ nor in %s/", self.files.path, left, a, b)
        return self.tree.folders[a], self.tree.folders[b]

    def _otherwise(self, wanted: str) -> UserError:
        given = f"layout {self.asked.layout} wants {wanted}"
        return UserError(f"{self.files.path}: {given}; there is {self.tree}")


@dataclass(frozen=True)
class Paired:
    """Makes one of each pair; random crops are of the same place in both, by ``keys``."""

    files: Files
    names: tuple[str, ...]
    partners: tuple[str, ...]
    keys: tuple[str, ...]
    cut: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """The image of a row; raises ImageError also for what its partner has."""
        photo = decode(self.files.read(self.names[row]))
        try:
            partner = decode(self.files.read(self.partners[row]))
        except ImageError as reason:
            raise ImageError(f"its partner is {reason}") from None
        one, other = (image.shape[1] / image.shape[0] for image in (photo, partner))
        if max(one, other) > ALIKE * min(one, other):
            shapes = [f"{image.shape[1]}x{image.shape[0]}" for image in (photo, partner)]
            raise ImageError(f"another shape than its partner: {', '.join(shapes)}")
        return self.cut(photo, self.keys[row])


@dataclass(frozen=True)
class Half:
    """Makes the left (0) or right (1) half of strips."""

    files: Files
    names: tuple[str, ...]
    side: Literal[0, 1]
    cut: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """The image of a row; raises ImageError where the picture is no strip."""
        name = self.names[row]
        return self.cut(strips.cut(decode(self.files.read(name)))[self.side], name)


def _all_strips(files: Files, names: Sequence[str]) -> bool:
    """Whether all pictures of a sample that can be read are twice as wide as high."""
    chosen = np.unique(np.linspace(0, len(names) - 1, SAMPLE).astype(int))
    shapes = []
    for place in chosen:
        try:
            shapes.append(decode(files.read(names[place])).shape[:2])
        except ImageError:
            continue
    return bool(shapes) and all(width == 2 * height for height, width in shapes)


def _unclear(files: Files, tree: Tree, why: str) -> UserError:
    return UserError(
        f"{files.path} has {tree}; {why}. Say what it is under 'layout': images, pairs or unpaired "
        "(sketches in the folder that 'a' names, photos in that of 'b'), strips or classes"
    )
