"""Persons of COCO (Lin et al. 2014), cut out one by one, with the skeletons of their keypoints."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, resize
from s2f_core.data.datasets.crops import MIN_SIDE
from s2f_core.data.datasets.files import Files
from s2f_core.data.datasets.source import Opened
from s2f_core.data.landmarks.skeleton import draw_skeleton, from_coco17
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

JOINTS = 17
FARTHEST = 2**16  # pixels: no coordinate or side is larger
VISIBLE = 2  # COCO's v: 0 not labelled, 1 labelled but hidden, 2 visible

Box = tuple[float, float, float, float]  # left, top, width, height, in pixels
Square = tuple[int, int, int]  # left, top, side


@dataclass(frozen=True, slots=True)
class Picture:
    """What is kept of an image's entry; sizes in pixels."""

    id: int
    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Person:
    """What is kept of an annotation; ``points`` float32 [17, 3] are x, y and COCO's v."""

    id: int
    picture: int
    box: Box
    points: npt.NDArray[np.float32]
    crowd: bool
    fault: str | None = None


class CocoPersons(Section):
    """Square crops around one person each, with skeletons: ``{source: coco-persons}``.

    The inputs of the condition ``given`` are OpenPose skeletons of the annotated keypoints. The
    square stays within the picture: no pixel is invented.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("coco-persons",)

    source: Literal["coco-persons"]
    path: Path = Field(description="Folder or file that the table is made from.")
    subset: Literal["train2017", "val2017"] = Field("train2017", description="Part of COCO 2017.")
    margin: float = Field(
        0.1,
        ge=0,
        le=2,
        description="Margin around the person's box, as a share of its longer side.",
    )
    min_height: int = Field(96, ge=MIN_SIDE, description="Least height of the box in pixels.")
    min_keypoints: int = Field(8, ge=1, le=JOINTS, description="Least number of visible keypoints.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many persons (P2: 20,000)."
    )

    def open(self, path: Path, size: int, _assets: Path) -> Opened:
        """The crops and their skeletons, both uint8 [size, size, 3].

        A row an annotated person, by picture: ``000000000036-453166`` has picture and annotation;
        its group is the picture. One that is a crowd, too small, has too few keypoints, fits in no
        square of its picture or is not alone in it is a rejected row. Raises UserError where the
        files or the annotations are missing or damaged.
        """
        files = Files(path)
        pictures, persons = read_annotations(files, f"person_keypoints_{self.subset}.json")
        places = {
            PurePosixPath(name).name: name
            for name in files.names
            if PurePosixPath(name).parent.name == self.subset
        }
        if not places:
            raise UserError(f"{path} has no {self.subset}/*.jpg ({len(files)} files); fetch it")
        rows, squares, sizes, points = [], [], [], []
        left = len(persons) if self.limit is None else self.limit
        for person, others in _by_picture(persons):
            picture = pictures.get(person.picture)
            name = picture.name if picture else f"{person.picture:012d}.jpg"
            square = self._square(person, picture)
            fault = next(self._faults(person, picture, square, others), None)
            if fault is None and name not in places:
                fault = f"no such file in {self.subset}"
            stem = PurePosixPath(name).stem
            place = places.get(name, f"{self.subset}/{name}")
            rows.append((f"{stem}-{person.id}", place, stem, fault))
            squares.append(square)
            sizes.append((picture.width, picture.height) if picture else (0, 0))
            points.append(person.points)
            left -= fault is None
            if not left:
                break
        index = pd.DataFrame(rows, columns=["id", "source", "group", "rejected"], dtype=object)
        usable = int(index["rejected"].isna().sum())
        log.info("%s: %d persons looked at, %d to be cut out", path, len(index), usable)
        cuts = tuple(squares)
        return Opened(
            Domain(index, Crops(files, tuple(index["source"]), tuple(sizes), cuts, size)),
            Domain(index, Skeletons(np.array(points, np.float32), cuts, size)),
        )

    def _faults(
        self, person: Person, picture: Picture | None, crop: Square, others: Iterable[Person]
    ) -> Iterator[str]:
        """Why a person is left out, the first reason first."""
        if person.fault:
            yield person.fault
        if picture is None:
            yield "a picture that is not listed"
        if person.crowd:
            yield "a crowd, no person"
        if person.box[3] < self.min_height:
            yield f"too small: {person.box[3]:.0f} px high, {self.min_height} wanted"
        visible = int((person.points[:, 2] == VISIBLE).sum())
        if visible < self.min_keypoints:
            yield f"{visible} visible keypoints, {self.min_keypoints} wanted"
        if crop[2] < max(person.box[2:]) - 1:
            yield "the picture has no square around the person"
        for other in others:
            if _overlaps(other.box, crop):
                yield "a crowd in the crop" if other.crowd else "another person in the crop"

    def _square(self, person: Person, picture: Picture | None) -> Square:
        """The square around a person, within the picture."""
        if person.fault or picture is None:
            return 0, 0, 0
        left, top, width, height = person.box
        wanted = round(max(width, height) * (1 + 2 * self.margin))
        side = min(wanted, picture.width, picture.height)
        x = round(left + (width - side) / 2)
        y = round(top + (height - side) / 2)
        return min(max(x, 0), picture.width - side), min(max(y, 0), picture.height - side), side


def _by_picture(persons: Sequence[Person]) -> Iterable[tuple[Person, list[Person]]]:
    """Each person with the others of its picture, in the order of their numbers."""
    together = defaultdict(list)
    for person in sorted(persons, key=lambda one: (one.picture, one.id)):
        together[person.picture].append(person)
    for all_ in together.values():
        for person in all_:
            yield person, [other for other in all_ if other is not person]


def _overlaps(box: Box, crop: Square) -> bool:
    left, top, width, height = box
    x, y, side = crop
    return left < x + side and x < left + width and top < y + side and y < top + height


@dataclass(frozen=True)
class Crops:
    """Cuts the square of each row out of its picture."""

    files: Files
    names: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    squares: tuple[Square, ...]
    size: int

    def __call__(self, row: int) -> Pixels:
        """The crop; raises ImageError where the picture is damaged or of another size."""
        photo = decode(self.files.read(self.names[row]))
        found, said = "{}x{}".format(*photo.shape[1::-1]), "{}x{}".format(*self.sizes[row])
        if found != said:
            raise ImageError(f"{found}, but annotated as {said}")
        left, top, side = self.squares[row]
        return resize(photo[top : top + side, left : left + side], self.size)


@dataclass(frozen=True)
class Skeletons:
    """Draws the keypoints float32 [n, 17, 3] where the crops have them, hidden ones too."""

    points: npt.NDArray[np.float32]
    squares: tuple[Square, ...]
    size: int

    def __call__(self, row: int) -> Pixels:
        """The skeleton, uint8 [size, size, 3] on black."""
        left, top, side = self.squares[row]
        points = self.points[row].copy()
        # A keypoint is the number of a pixel, whose middle is half a pixel on.
        points[:, :2] = (points[:, :2] + 0.5 - (left, top)) * self.size / side
        return draw_skeleton(from_coco17(points), self.size)


def read_annotations(files: Files, base: str) -> tuple[dict[int, Picture], list[Person]]:
    """The pictures by number, and the persons, of COCO's file of keypoints.

    Its 240 MB are parsed once, and what is not needed, most of it outlines, is dropped while they
    are. Raises UserError where the file is missing or no such file.
    """
    found = [name for name in files.names if PurePosixPath(name).name == base]
    if len(found) != 1:
        raise UserError(f"{files.path}: {len(found)} files named {base}, 1 is needed; fetch it")
    place = f"{files.path}/{found[0]}"
    try:
        held = json.loads(files.read(found[0]), object_hook=_kept)
    except (ValueError, RecursionError, ImageError) as error:
        raise UserError(f"{place} cannot be read: {error}; fetch it again") from None
    lists = [held.get(key) if isinstance(held, dict) else None for key in ("images", "annotations")]
    for wanted, key, entries in zip(
        (Picture, Person), ("images", "annotations"), lists, strict=True
    ):
        if not isinstance(entries, list):
            raise UserError(f"{place} has no list of {key}: it is no file of COCO's keypoints")
        for number, entry in enumerate(entries):
            if not isinstance(entry, wanted):
                raise UserError(f"{place}: {key}, entry {number} is none of COCO's: {entry!r:.100}")
    pictures, persons = lists
    return {picture.id: picture for picture in pictures or ()}, persons or []


def _kept(entry: dict[str, Any]) -> Any:
    """What is needed of a JSON object, as it is parsed; the object itself where it is another."""
    match entry:
        case {"image_id": int(picture), "id": int(id_), "keypoints": points, "bbox": box}:
            return _person(id_, picture, box, points, bool(entry.get("iscrowd")))
        case {
            "id": int(id_),
            "file_name": str(name),
            "width": int(width),
            "height": int(height),
        } if name.isascii() and 0 < width <= FARTHEST and 0 < height <= FARTHEST:
            return Picture(id_, name, width, height)
    return entry


def _person(id_: int, picture: int, box: Any, points: Any, crowd: bool) -> Person:
    fault = None
    joints = np.zeros((JOINTS, 3), np.float32)
    try:
        with np.errstate(over="ignore"):  # infinite then, which is a fault of its own
            joints = np.array(points, np.float32).reshape(JOINTS, 3)
        left, top, width, height = map(float, box)
    except (TypeError, ValueError, OverflowError):
        left = top = width = height = 0.0
        fault = "its annotation has not 4 numbers of a box and 51 of keypoints"
    numbers = np.abs([left, top, width, height, *joints.flat])
    if not np.isfinite(numbers).all():
        fault = "its annotation has numbers that are not finite"
    elif (numbers > FARTHEST).any():
        fault = f"its annotation has numbers over {FARTHEST}"
    return Person(id_, picture, (left, top, width, height), joints, crowd, fault)
