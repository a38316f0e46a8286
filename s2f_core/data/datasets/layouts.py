"""How a folder's pictures are arranged, from evidence over all of them, or an error that asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from s2f_core.common.errors import UserError
from s2f_core.common.names import visible
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.folder_tree import SIDES, FolderTree, FolderWords, Place
from s2f_core.data.datasets.pairing import alike_names, numbered_alike
from s2f_core.data.datasets.shapes import Shapes, drawn_half

Layout = Literal["images", "pairs", "unpaired", "strips", "classes"]

MOST = 0.9  # share of the pictures that must be strips
FEW = 0.25  # share of the pictures that may have the shape of strips and be photos
SKETCH_WORDS = ("sketch", "drawing", "drawn", "edges", "contour", "doodle", "lineart", "input")


@dataclass(frozen=True)
class LayoutDetector:
    """Finds the layout of a folder's pictures; ``sides_set``: whether a user named the sides."""

    files: SourceFiles
    names: Sequence[str]
    tree: FolderTree
    words: FolderWords
    sides_set: bool = False

    @cached_property
    def shapes(self) -> Shapes:
        """The sizes of all pictures."""
        return Shapes.of(self.files, self.names)

    def detect(self) -> tuple[Layout, str]:
        """Return the layout and the reason for it; raises UserError if it is ambiguous."""
        self._require_whole_parts()
        return self._sides() or self._strips() or self._classes()

    def _require_whole_parts(self) -> None:
        words = sorted(part for part in self.tree.parts if part)
        top = {self.words.part(folder) for folder in self.tree.top_folders}
        if words and None in self.tree.parts and (len(words) > 1 or top & set(words)):
            outside = self.tree.parts[None]
            raise self._error(
                f"{outside} of {len(self.names)} pictures are in no train, val or test folder, the "
                "others are"
            )

    def _sides(self) -> tuple[Layout, str] | None:
        a, b = self.words.a, self.words.b
        sides, top = self.tree.sides, self.tree.top_folders
        if {"a", "b"} <= sides.keys():
            if None in sides:
                other = next(place.name for place in self.tree.places if place.side is None)
                raise self._error(f"more than {a}/ and {b}/, such as {other}")
            return self._pairs()
        (side,) = sides.keys() & {"a", "b"} or {None}
        above = self.tree.root.rstrip("/").rpartition("/")[2]
        if side is None:
            side = self.words.side(above) if above else None
        elif None in sides and (len(top) > 2 or not any(map(self.words.side, top))):
            return None  # a class, or a folder further below, that has the name of a side
        if side is not None:
            one, other = (a, b) if side == "a" else (b, a)
            raise self._error(f"there is {one}/ but no {other}/ with pictures")
        if self.sides_set:
            raise self._error(f"there is no folder {a}/ and no {b}/")
        return None

    def _pairs(self) -> tuple[Layout, str]:
        keys = [{place.key for place in self.tree.of_side(side)} for side in SIDES]
        alike = alike_names(*keys)
        shared = len(keys[0] & keys[1]) + len(alike)
        count = f"{shared} names" if shared else "no names"
        reason = f"{self.words.a}/ and {self.words.b}/ share {count}"
        if not shared:
            hint = numbered_alike(*map(sorted, keys))
            return "unpaired", reason + (f"; {hint}" if hint else "")
        if 2 * shared < max(map(len, keys)):
            raise self._error(
                f"only {shared} names are in both: {len(keys[0])} in {self.words.a}/, "
                f"{len(keys[1])} in {self.words.b}/"
            )
        return "pairs", reason

    def _strips(self) -> tuple[Layout, str] | None:
        shapes = self.shapes
        count = len(shapes.sizes)
        wide = f"{shapes.wide} of {count} pictures are twice as wide as high"
        high = f"{shapes.high} of {count} pictures are twice as high as wide"
        least, few = MOST * count, FEW * count
        if shapes.wide and shapes.wide >= least:
            return "strips", wide
        if shapes.nearly_wide > few:
            raise self._error(
                f"{wide}, {shapes.nearly_wide - shapes.wide} nearly so: if each is a sketch and a "
                "photo, set layout: strips"
            )
        if shapes.high > few:
            raise self._error(
                f"{high}: if each has a sketch above a photo, set layout: strips and side: A-over-B"
            )
        if half := drawn_half(self.files, self.names):
            side = {"left": "AB", "right": "BA", "top": "A-over-B", "bottom": "B-over-A"}[half]
            raise self._error(
                f"the {half} half of most pictures has no colours and the other has: if each is a "
                f"sketch and a photo, set layout: strips and side: {side}"
            )
        return None

    def _classes(self) -> tuple[Layout, str]:
        classes = self.tree.classes()
        if len(classes.images) < 2 or classes.loose:
            return "images", str(self.tree) + self._size_hint()
        if len(classes.images) == 2:
            self._require_no_domains(classes.images)
        return "classes", f"sub-folders: {self.tree}"

    def _size_hint(self) -> str:
        """Return a note for strips of two portraits, whose shape is that of photos."""
        width, height = self.shapes.common_size or (0, 0)
        if width <= height:
            return ""
        return f"; all are {width}x{height}: if each is a sketch beside a photo, set layout: strips"

    def _require_no_domains(self, classes: Mapping[str, Sequence[Place]]) -> None:
        """Raise UserError if two folders look like sketches and photos, not like classes."""
        one, other = classes
        names = [{place.key.rpartition("/")[2] for place in classes[name]} for name in (one, other)]
        shared = len(names[0] & names[1])
        if 2 * shared >= min(map(len, names)):
            raise self._error(f"{shared} names are in both")
        for a, b in ((one, other), (other, one)):
            if _names_sketches(a) and not _names_sketches(b):
                raise self._error(
                    f"if {a}/ and {b}/ are sketches and photos, set a: {a} and b: {b}"
                )

    def _error(self, reason: str) -> UserError:
        return UserError(
            f"{self.files.path} has {self.tree}; {reason}. Set 'layout' to images, pairs or "
            "unpaired (sketches in the folder named by 'a', photos in that of 'b'), strips or "
            "classes"
        )


def _names_sketches(folder: str) -> bool:
    return any(word in visible(folder) for word in SKETCH_WORDS)
