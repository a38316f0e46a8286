"""A user's own images: a plain collection, pairs, two domains, strips, or classes."""

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
from s2f_core.data.datasets.crops import make_cropper
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import (
    FolderTree,
    empty_class_row,
    file_rows,
    image_names,
    to_unicode,
    without_extension,
)
from s2f_core.data.datasets.photos import CroppedPhotos, PhotoSource
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

Layout = Literal["images", "pairs", "unpaired", "strips", "classes"]

SAMPLE_SIZE = 16  # images that are decoded to detect strips
MAX_ASPECT_RATIO = 1.02  # between the aspect ratios of the two images of a pair


class Folder(PhotoSource):
    """``{source: folder, path: my/photos, layout: auto, a: A, b: B, side: AB, …}``.

    ``layout`` says how the images under ``path`` are arranged, including those in zips:

    - ``images``: photos at any depth.
    - ``pairs``: sketches in ``A/`` and photos in ``B/``; files of the same name, up to the
      extension, are a pair.
    - ``unpaired``: two domains in ``A/`` and ``B/``, any number in each.
    - ``strips``: sketch and photo side by side in one image twice as wide as high; the sketch is
      left if ``side`` is ``AB``, right if it is ``BA``.
    - ``classes``: each sub-folder is a class.

    ``auto`` detects the layout and logs the reason. ``a`` and ``b`` are the names of the two
    folders. ``limit`` takes the first so many: pairs, images of each domain, of each class.
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
    def _check_folders(self) -> Self:
        if self.a == self.b:
            raise ValueError(f"a and b must differ, both are {self.a!r}")
        return self

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents:
        """Return the images, uint8 [size, size, 3]; ``own_inputs`` are the sketches, if any.

        An id is the path without its extension, for pairs relative to their folders. A second file
        of an id, a sketch or photo without partner, a pair of two shapes, a strip of another shape
        and an empty class are rejected rows. Raises UserError if there are no images, or they are
        not arranged as the layout requires.
        """
        files = SourceFiles(path)
        names = image_names(files)
        tree = FolderTree.from_names(names)
        layout = self.layout
        if layout == "auto":
            layout, reason = self._detect_layout(files, names, tree)
            log.info("%s: detected layout %s: %s", path, layout, reason)
        if self.crop == "face" and layout in {"pairs", "strips"}:
            raise UserError(
                f"{path}: crop 'face' cannot be used with layout '{layout}': it would crop the two "
                "images of a pair differently; use centre or random"
            )
        crop = make_cropper(self.crop, size, self.seed, assets)
        reader = _LayoutReader(self, files, names, tree, crop)
        readers: dict[Layout, Callable[[], DatasetContents]] = {
            "images": reader.images,
            "pairs": reader.pairs,
            "unpaired": reader.unpaired,
            "strips": reader.strips,
            "classes": reader.classes,
        }
        return readers[layout]()

    def _detect_layout(
        self, files: SourceFiles, names: Sequence[str], tree: FolderTree
    ) -> tuple[Layout, str]:
        """Return the layout and the reason for it; raises UserError if it is ambiguous."""
        stems = {folder: tree.stems(folder) for folder in tree.folders}
        if {self.a, self.b} <= stems.keys():
            shared = len(stems[self.a] & stems[self.b])
            if len(stems) > 2 or tree.loose:
                raise _ambiguous_layout_error(files, tree, f"more than {self.a}/ and {self.b}/")
            if 0 < shared < min(len(stems[self.a]), len(stems[self.b])) / 2:
                raise _ambiguous_layout_error(files, tree, f"only {shared} names are in both")
            reason = f"there are {self.a}/ and {self.b}/, which share {shared or 'no'} names"
            return ("pairs" if shared else "unpaired"), reason
        if _are_strips(files, names):
            return "strips", "the images are twice as wide as high"
        if len(stems) > 1 and not tree.loose:
            one, other, *more = stems
            shared = len(stems[one] & stems[other])
            if not more and 2 * shared >= min(len(stems[one]), len(stems[other])):
                raise _ambiguous_layout_error(files, tree, f"{shared} names are in both")
            return "classes", f"there are sub-folders: {tree}"
        return "images", f"there are {len(names)} images: {tree}"


@dataclass(frozen=True)
class _LayoutReader:
    """Makes the domains of each layout."""

    section: Folder
    files: SourceFiles
    names: Sequence[str]
    tree: FolderTree
    crop: Callable[[Pixels, str], Pixels]

    def images(self) -> DatasetContents:
        return DatasetContents(self._domain(self.names[: self.section.limit]))

    def classes(self) -> DatasetContents:
        if not self.tree.folders:
            raise self._layout_error("sub-folders")
        tables = []
        for folder in self.tree.all_folders(self.files):
            names = self.tree.folders.get(folder, [])[: self.section.limit]
            rows = empty_class_row(folder)
            if names:
                rows = file_rows(names, map(without_extension, names))
            tables.append(rows.assign(**{"class": to_unicode(folder)}))
        if loose := self.tree.loose:
            rows = file_rows(loose, map(without_extension, loose))
            tables.append(rows.assign(rejected="not in the folder of a class"))
        return DatasetContents(self._domain_of_rows(pd.concat(tables, ignore_index=True)))

    def unpaired(self) -> DatasetContents:
        limit = self.section.limit
        own_inputs, images = (self._domain(names[:limit]) for names in self._two_folders())
        return DatasetContents(images, own_inputs)

    def pairs(self) -> DatasetContents:
        folders = self.section.a, self.section.b
        prefixes = [len(f"{self.tree.root}{folder}/") for folder in folders]
        a, b = (
            file_rows(names, [without_extension(name[length:]) for name in names])
            for names, length in zip(self._two_folders(), prefixes, strict=True)
        )
        ids = sorted({*a["id"], *b["id"]})[: self.section.limit]
        own_inputs = self._with_partners(a[a["id"].isin(ids)], b, folders[1])
        images = self._with_partners(b[b["id"].isin(ids)], a, folders[0])
        return DatasetContents(images, own_inputs)

    def strips(self) -> DatasetContents:
        names = tuple(self.names[: self.section.limit])
        rows = file_rows(names, map(without_extension, names))
        left = Domain(rows, StripHalves(self.files, names, 0, self.crop))
        right = Domain(rows, StripHalves(self.files, names, 1, self.crop))
        if self.section.side == "AB":
            return DatasetContents(right, left)
        return DatasetContents(left, right)

    def _domain(self, names: Sequence[str]) -> Domain:
        return self._domain_of_rows(file_rows(names, map(without_extension, names)))

    def _domain_of_rows(self, rows: pd.DataFrame) -> Domain:
        return Domain(rows, CroppedPhotos(self.files, tuple(rows["source"]), self.crop))

    def _with_partners(self, rows: pd.DataFrame, others: pd.DataFrame, folder: str) -> Domain:
        usable = others[others["rejected"].isna()]
        partners = rows["id"].map(dict(zip(usable["id"], usable["source"], strict=True)))
        alone = rows["rejected"].isna() & partners.isna()
        checked = rows.assign(rejected=rows["rejected"].mask(alone, f"no partner in {folder}/"))
        make = PairedImages(
            self.files,
            tuple(rows["source"]),
            tuple(partners.fillna("")),
            tuple(rows["id"]),
            self.crop,
        )
        return Domain(checked.reset_index(drop=True), make)

    def _two_folders(self) -> tuple[list[str], list[str]]:
        """Return the images in A/ and those in B/; log a warning that counts the others."""
        a, b = self.section.a, self.section.b
        if not {a, b} <= self.tree.folders.keys():
            raise self._layout_error(f"{a}/ and {b}/ (set 'a' and 'b' for other names)")
        others = len(self.names) - len(self.tree.folders[a]) - len(self.tree.folders[b])
        if others:
            log.warning(
                "%s: %d images are ignored: neither in %s/ nor in %s/",
                self.files.path,
                others,
                a,
                b,
            )
        return self.tree.folders[a], self.tree.folders[b]

    def _layout_error(self, needed: str) -> UserError:
        return UserError(
            f"{self.files.path}: layout {self.section.layout} needs {needed}; there is {self.tree}"
        )


@dataclass(frozen=True)
class PairedImages:
    """One image of each pair; ``keys`` make random crops the same in both images of a pair."""

    files: SourceFiles
    names: tuple[str, ...]
    partners: tuple[str, ...]
    keys: tuple[str, ...]
    crop: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if it or its partner cannot be used."""
        image = decode(self.files.read(self.names[row]))
        try:
            partner = decode(self.files.read(self.partners[row]))
        except ImageError as reason:
            raise ImageError("its partner cannot be used", str(reason)) from None
        one, other = (each.shape[1] / each.shape[0] for each in (image, partner))
        if max(one, other) > MAX_ASPECT_RATIO * min(one, other):
            shapes = [f"{each.shape[1]}x{each.shape[0]}" for each in (image, partner)]
            raise ImageError("its shape differs from its partner's", ", ".join(shapes))
        return self.crop(image, self.keys[row])


@dataclass(frozen=True)
class StripHalves:
    """The left (0) or right (1) halves of strips."""

    files: SourceFiles
    names: tuple[str, ...]
    side: Literal[0, 1]
    crop: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if the file is not a strip."""
        name = self.names[row]
        half = strips.split_strip(decode(self.files.read(name)))[self.side]
        return self.crop(half, name)


def _are_strips(files: SourceFiles, names: Sequence[str]) -> bool:
    """Whether all readable images of a sample are twice as wide as high."""
    shapes = []
    for index in np.unique(np.linspace(0, len(names) - 1, SAMPLE_SIZE).astype(int)):
        try:
            shapes.append(decode(files.read(names[index])).shape[:2])
        except ImageError:
            continue
    return bool(shapes) and all(width == 2 * height for height, width in shapes)


def _ambiguous_layout_error(files: SourceFiles, tree: FolderTree, reason: str) -> UserError:
    return UserError(
        f"{files.path} has {tree}; {reason}. Set 'layout' to images, pairs or unpaired (sketches "
        "in the folder named by 'a', photos in that of 'b'), strips or classes"
    )
