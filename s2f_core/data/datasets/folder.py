"""A user's own images: a plain collection, pairs, two domains, strips, or classes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.common.names import visible
from s2f_core.data.datasets.crops import make_cropper
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import (
    SIDES,
    FolderTree,
    FolderWords,
    Place,
    empty_class_row,
    file_rows,
    image_names,
    to_unicode,
    without_extension,
)
from s2f_core.data.datasets.layouts import Layout, LayoutDetector
from s2f_core.data.datasets.pairing import PairedImages, alike_names, partners_note
from s2f_core.data.datasets.photos import CroppedPhotos, PhotoSource
from s2f_core.data.datasets.shapes import StripHalves, StripShape
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

StripSide = Literal["AB", "BA", "A-over-B", "B-over-A"]


class Folder(PhotoSource):
    """``{source: folder, path: my/photos, layout: auto, a: A, b: B, side: AB, …}``.

    ``layout`` says how the images under ``path`` are arranged, including those in zips:

    - ``images``: photos at any depth.
    - ``pairs``: sketches in ``A/`` and photos in ``B/``; files of the same name, up to the
      extension, are a pair. Case and Unicode forms do not count.
    - ``unpaired``: two domains in ``A/`` and ``B/``, any number in each.
    - ``strips``: sketch and photo in one image, as two equal halves; ``side`` says where.
    - ``classes``: each sub-folder is a class.

    Folders ``train``, ``val`` and ``test`` anywhere in the paths are the publisher's parts, as in
    ``train/A``, ``A/train`` and ``trainA``.

    ``auto`` detects the layout. ``a`` and ``b`` are the names of the two folders. ``limit`` takes
    the first so many of each part: pairs, images of each domain, of each class.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()

    source: Literal["folder"]
    layout: Layout | Literal["auto"] = Field(
        "auto",
        description=(
            "How the pictures lie in the folder; auto looks at all of them and logs its reason."
        ),
    )
    a: str = Field("A", min_length=1, description="Sub-folder of the sketches.")
    b: str = Field("B", min_length=1, description="Sub-folder of the photos.")
    side: StripSide = Field(
        "AB",
        description=(
            "Strips: AB has the sketch on the left, BA on the right, A-over-B above and B-over-A "
            "below the photo."
        ),
    )

    @model_validator(mode="after")
    def _check_folders(self) -> Self:
        for name in (self.a, self.b):
            if "/" in name or "\\" in name:
                raise ValueError(f"a and b are names of folders, without / and \\, not {name!r}")
        if visible(self.a) == visible(self.b):
            raise ValueError(f"a and b must differ, both are {self.a!r}")
        return self

    def open(self, path: Path, size: int, assets: Path) -> DatasetContents:
        """Return the images, uint8 [size, size, 3]; ``own_inputs`` are the sketches, if any.

        An id is the path without its extension, for pairs relative to their folders. A second file
        of an id, a sketch or photo without partner, a pair of two shapes, a strip of another shape
        and an empty class are rejected rows. Raises UserError if there are no images, or they are
        not arranged as the layout requires.
        """
        files = SourceFiles(path, zips_as_folders=True)
        names = image_names(files)
        words = FolderWords(self.a, self.b)
        layout, reason = self.layout, "as set"
        tree = FolderTree.from_files(files, names, words, sides=True)
        sides_set = bool({"a", "b"} & self.model_fields_set)
        detector = LayoutDetector(files, names, tree, words, sides_set)
        if layout == "auto":
            layout, reason = detector.detect()
        if self.crop == "face" and layout in {"pairs", "strips"}:
            raise UserError(
                f"{path}: crop 'face' cannot be used with layout '{layout}': it would crop the two "
                "images of a pair differently; use centre or random"
            )
        if layout not in {"pairs", "unpaired"}:
            tree = FolderTree.from_files(files, names, words, sides=False)
        crop = make_cropper(self.crop, size, self.seed, assets)
        reader = _LayoutReader(self, files, detector, tree, crop, layout, reason)
        readers: dict[Layout, Callable[[], DatasetContents]] = {
            "images": reader.images,
            "pairs": reader.pairs,
            "unpaired": reader.unpaired,
            "strips": reader.strips,
            "classes": reader.classes,
        }
        return readers[layout]()


@dataclass(frozen=True)
class _LayoutReader:
    """Makes the domains of each layout."""

    section: Folder
    files: SourceFiles
    detector: LayoutDetector
    tree: FolderTree
    crop: Callable[[Pixels, str], Pixels]
    layout: Layout
    reason: str

    def images(self) -> DatasetContents:
        return self._contents(self._domain(self.tree.places))

    def classes(self) -> DatasetContents:
        classes = self.tree.classes()
        if not classes.images:
            raise self._layout_error("sub-folders")
        tables = [
            self._rows(places).assign(**{"class": to_unicode(name)})
            for name, places in classes.images.items()
        ]
        tables += [
            empty_class_row(name).assign(**{"class": to_unicode(name)}) for name in classes.empty
        ]
        if names := [place.name for place in classes.loose]:
            rows = file_rows(names, map(without_extension, names))
            tables.append(rows.assign(rejected="not in the folder of a class"))
        notes = [f"{'/ and '.join(names)}/ are read as one class" for names in classes.alike]
        rows = pd.concat(tables, ignore_index=True)
        return self._contents(self._domain_of_rows(rows), None, *map(to_unicode, notes))

    def unpaired(self) -> DatasetContents:
        own_inputs, images = map(self._domain, self._two_sides())
        return self._contents(images, own_inputs)

    def pairs(self) -> DatasetContents:
        sides = self._two_sides()
        keys_a, keys_b = ([place.key for place in places] for places in sides)
        alike = alike_names(set(keys_a), set(keys_b))
        keys_a = [alike.get(key, key) for key in keys_a]
        folders = self.section.a, self.section.b
        notes = (
            partners_note(keys_a, keys_b, *folders),
            partners_note(keys_b, keys_a, *reversed(folders)),
        )
        rows_a, rows_b = map(self._with_ids, sides, (keys_a, keys_b))
        both = pd.concat([rows_a, rows_b])
        ids = self._limited(dict(zip(both["id"], both["part"], strict=True)))
        own_inputs = self._with_partners(rows_a[rows_a["id"].isin(ids)], rows_b, folders[1])
        images = self._with_partners(rows_b[rows_b["id"].isin(ids)], rows_a, folders[0])
        return self._contents(images, own_inputs, *filter(None, notes))

    def strips(self) -> DatasetContents:
        rows, shapes = self._rows(self.tree.places), self.detector.shapes
        stacked = self.section.side in {"A-over-B", "B-over-A"}
        square = 2 * (shapes.high if stacked else shapes.wide) > len(shapes.sizes)
        shape = StripShape(stacked, square)
        problems = {name: shape.problem(size) for name, size in shapes.sizes.items()}
        reasons = {name: f"not a strip: {text}" for name, text in problems.items() if text}
        rows["rejected"] = rows["rejected"].fillna(rows["source"].map(reasons))
        names = tuple(rows["source"])
        first, second = (
            Domain(rows, StripHalves(self.files, names, half, shape, self.crop)) for half in (0, 1)
        )
        notes = []
        if not square:
            form = "high as wide" if stacked else "wide as high"
            notes.append(f"most pictures are not twice as {form}: all are cut in the middle")
        if self.section.side in {"AB", "A-over-B"}:
            return self._contents(second, first, *notes)
        return self._contents(first, second, *notes)

    def _contents(
        self, images: Domain, own_inputs: Domain | None = None, *notes: str
    ) -> DatasetContents:
        """The result, with notes on parts and links."""
        more = list(notes)
        words = sorted(part for part in self.tree.parts if part)
        if words and not self.tree.has_parts and len(self.tree.parts) > 1:
            outside = self.tree.parts[None]
            more.append(f"{outside} images are in no folder {', '.join(words)}: no parts are kept")
        if self.files.linked:
            more.append(
                f"DVC does not look behind links to folders ({self.files.linked[0]}): "
                "after a change there, run 'dvc repro -s -f dataset@ROLE'"
            )
        for note in more:
            log.warning("%s: %s", self.files.path, note)
        return DatasetContents(
            images, own_inputs, layout=self.layout, reason=self.reason, notes=tuple(more)
        )

    def _domain(self, places: Sequence[Place]) -> Domain:
        return self._domain_of_rows(self._rows(places))

    def _rows(self, places: Sequence[Place]) -> pd.DataFrame:
        """The rows of the first images of each part, by their paths."""
        names = self._limited({place.name: place.part for place in places})
        limited = [place for place in places if place.name in names]
        return self._with_ids(limited, [without_extension(place.name) for place in limited])

    def _limited(self, parts: dict[str, str | None]) -> set[str]:
        """The first so many names of each part."""
        counts: Counter[str | None] = Counter()
        names = set()
        for name in sorted(parts):
            counts[parts[name]] += 1
            if self.section.limit is None or counts[parts[name]] <= self.section.limit:
                names.add(name)
        return names

    def _with_ids(self, places: Sequence[Place], ids: Sequence[str]) -> pd.DataFrame:
        rows = file_rows([place.name for place in places], ids)
        rows["part"] = pd.Series([place.part for place in places], dtype=object)
        return rows

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

    def _two_sides(self) -> tuple[list[Place], list[Place]]:
        """Return the images in A/ and those in B/; log a warning that counts the others."""
        a, b = self.section.a, self.section.b
        sides = [self.tree.of_side(side) for side in SIDES]
        if not all(sides):
            raise self._layout_error(f"{a}/ and {b}/ (set 'a' and 'b' for other names)")
        if others := len(self.tree.places) - sum(map(len, sides)):
            log.warning(
                "%s: %d images are ignored: neither in %s/ nor in %s/",
                self.files.path,
                others,
                a,
                b,
            )
        return sides[0], sides[1]

    def _layout_error(self, needed: str) -> UserError:
        return UserError(
            f"{self.files.path}: layout {self.section.layout} needs {needed}; there is {self.tree}"
        )
