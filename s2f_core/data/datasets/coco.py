"""Single persons of COCO (Lin et al. 2014), with the skeletons of their keypoints."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, ImageError, Pixels, decode, resize
from s2f_core.data.datasets.crops import MIN_SIDE
from s2f_core.data.datasets.files import SourceFiles
from s2f_core.data.datasets.source import DatasetContents
from s2f_core.data.landmarks.skeleton import draw_skeleton, from_coco17
from s2f_core.data.tables import Domain

log = logging.getLogger(__name__)

JOINTS = 17
MAX_COORDINATE = 2**16  # pixels
VISIBLE = 2  # COCO's visibility v: 0 not labelled, 1 labelled but hidden, 2 visible

Box = tuple[float, float, float, float]  # left, top, width, height, in pixels
Square = tuple[int, int, int]  # left, top, side


@dataclass(frozen=True, slots=True)
class CocoImage:
    """The entry of an image; sizes in pixels."""

    id: int
    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Person:
    """The annotation of a person; ``points`` float32 [17, 3] are x, y and COCO's visibility.

    ``fault`` is the reason why the annotation cannot be used, or None.
    """

    id: int
    image_id: int
    box: Box
    points: Floats
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
    min_height: int = Field(
        96, ge=MIN_SIDE, le=10**5, description="Least height of the box in pixels."
    )
    min_keypoints: int = Field(8, ge=1, le=JOINTS, description="Least number of visible keypoints.")
    limit: int | None = Field(
        None, ge=1, description="Use only the first so many persons (P2: 20,000)."
    )

    def open(self, path: Path, size: int, _assets: Path) -> DatasetContents:
        """Return the crops, and as ``own_inputs`` their skeletons, both uint8 [size, size, 3].

        A row is an annotated person; its id, such as ``000000000036-453166``, has image and
        annotation, and its group is the image. A person is rejected if it is a crowd, is too small,
        has too few keypoints, fits in no square of the image or is not alone in it. Raises
        UserError if the files or the annotations are missing or damaged.
        """
        files = SourceFiles(path)
        images, persons = read_annotations(files, f"person_keypoints_{self.subset}.json")
        paths = {
            PurePosixPath(name).name: name
            for name in files.names
            if PurePosixPath(name).parent.name == self.subset
        }
        if not paths:
            raise UserError(
                f"{path} has no {self.subset}/*.jpg ({len(files)} files); fetch it again"
            )
        rows, squares, sizes, points = [], [], [], []
        left = len(persons) if self.limit is None else self.limit
        for person, others in _with_companions(persons):
            image = images.get(person.image_id)
            name = image.name if image else f"{person.image_id:012d}.jpg"
            square = self._square(person, image)
            fault = next(self._faults(person, image, square, others), None)
            if fault is None and name not in paths:
                fault = f"no such file in {self.subset}"
            stem = PurePosixPath(name).stem
            location = paths.get(name, f"{self.subset}/{name}")
            rows.append((f"{stem}-{person.id}", location, stem, fault))
            squares.append(square)
            sizes.append((image.width, image.height) if image else (0, 0))
            points.append(person.points)
            left -= fault is None
            if not left:
                break
        index = pd.DataFrame(rows, columns=["id", "source", "group", "rejected"], dtype=object)
        usable = int(index["rejected"].isna().sum())
        log.info("%s: %d of %d annotated persons can be used", path, usable, len(index))
        return DatasetContents(
            Domain(
                index,
                PersonCrops(files, tuple(index["source"]), tuple(sizes), tuple(squares), size),
            ),
            Domain(index, PersonSkeletons(np.array(points, np.float32), tuple(squares), size)),
        )

    def _faults(
        self, person: Person, image: CocoImage | None, crop: Square, others: Iterable[Person]
    ) -> Iterator[str]:
        """Yield the reasons to reject a person."""
        if person.fault:
            yield person.fault
        if image is None:
            yield "its image is not listed"
        if person.crowd:
            yield "a crowd, not a person"
        if person.box[3] < self.min_height:
            yield f"too small: {person.box[3]:.0f} px high, at least {self.min_height} needed"
        visible = int((person.points[:, 2] == VISIBLE).sum())
        if visible < self.min_keypoints:
            yield f"{visible} visible keypoints, at least {self.min_keypoints} needed"
        if crop[2] < max(person.box[2:]) - 1:
            yield "the image has no square around the person"
        for other in others:
            if _overlaps(other.box, crop):
                yield "a crowd in the crop" if other.crowd else "another person in the crop"

    def _square(self, person: Person, image: CocoImage | None) -> Square:
        """The square around a person, within the image."""
        if person.fault or image is None:
            return 0, 0, 0
        left, top, width, height = person.box
        side = round(max(width, height) * (1 + 2 * self.margin))
        side = min(side, image.width, image.height)
        x = round(left + (width - side) / 2)
        y = round(top + (height - side) / 2)
        return min(max(x, 0), image.width - side), min(max(y, 0), image.height - side), side


def _with_companions(persons: Sequence[Person]) -> Iterable[tuple[Person, list[Person]]]:
    """Yield each person with the others of its image, sorted by image and annotation."""
    groups = defaultdict(list)
    for person in sorted(persons, key=lambda person: (person.image_id, person.id)):
        groups[person.image_id].append(person)
    for group in groups.values():
        for person in group:
            yield person, [other for other in group if other is not person]


def _overlaps(box: Box, crop: Square) -> bool:
    left, top, width, height = box
    x, y, side = crop
    return left < x + side and x < left + width and top < y + side and y < top + height


@dataclass(frozen=True)
class PersonCrops:
    """Crops the square of each row from its image; ``sizes`` are the annotated [width, height]."""

    files: SourceFiles
    names: tuple[str, ...]
    sizes: tuple[tuple[int, int], ...]
    squares: tuple[Square, ...]
    size: int

    def __call__(self, row: int) -> Pixels:
        """Return the crop; raises ImageError if the image is damaged or of another size."""
        photo = decode(self.files.read(self.names[row]))
        size, annotated = "{}x{}".format(*photo.shape[1::-1]), "{}x{}".format(*self.sizes[row])
        if size != annotated:
            raise ImageError("another size than annotated", f"{size}, not {annotated}")
        left, top, side = self.squares[row]
        return resize(photo[top : top + side, left : left + side], self.size)


@dataclass(frozen=True)
class PersonSkeletons:
    """Draws the keypoints float32 [n, 17, 3], hidden ones too, where the crops show them."""

    points: Floats
    squares: tuple[Square, ...]
    size: int

    def __call__(self, row: int) -> Pixels:
        """Return the skeleton, uint8 [size, size, 3] on black."""
        left, top, side = self.squares[row]
        points = self.points[row].copy()
        # A keypoint is a pixel's index; the pixel's middle is half a pixel further.
        points[:, :2] = (points[:, :2] + 0.5 - (left, top)) * self.size / side
        return draw_skeleton(from_coco17(points), self.size)


def read_annotations(
    files: SourceFiles, filename: str
) -> tuple[dict[int, CocoImage], list[Person]]:
    """Return the images by id, and the persons, of COCO's file of keypoints.

    Its 240 MB are parsed once; unused values, most of them outlines, are dropped during parsing.
    Raises UserError if the file is missing or not a file of COCO's keypoints.
    """
    path = files.find(filename)
    where = f"{files.path}/{path}"
    try:
        content = json.loads(files.read(path), object_hook=_parse_entry)
    except (ValueError, RecursionError, ImageError) as error:
        raise UserError(f"{where} cannot be read: {error}; fetch it again") from None
    keys = "images", "annotations"
    lists = [content.get(key) if isinstance(content, dict) else None for key in keys]
    for type_, key, entries in zip((CocoImage, Person), keys, lists, strict=True):
        if not isinstance(entries, list):
            raise UserError(f"{where} has no list '{key}': it is not a file of COCO's keypoints")
        for number, entry in enumerate(entries):
            if not isinstance(entry, type_):
                raise UserError(
                    f"{where}: entry {number} of '{key}' is not in COCO's format: {entry!r:.100}"
                )
    images, persons = lists
    return {image.id: image for image in images or ()}, persons or []


def _parse_entry(entry: dict[str, Any]) -> Any:
    """Return the image or person of a JSON object as it is parsed, or else the object itself."""
    match entry:
        case {"image_id": int(image_id), "id": int(id_), "keypoints": points, "bbox": box}:
            return _parse_person(id_, image_id, box, points, bool(entry.get("iscrowd")))
        case {
            "id": int(id_),
            "file_name": str(name),
            "width": int(width),
            "height": int(height),
        } if name.isascii() and 0 < width <= MAX_COORDINATE and 0 < height <= MAX_COORDINATE:
            return CocoImage(id_, name, width, height)
    return entry


def _parse_person(id_: int, image_id: int, box: Any, points: Any, crowd: bool) -> Person:
    fault = None
    joints = np.zeros((JOINTS, 3), np.float32)
    try:
        with np.errstate(over="ignore"):  # overflow gives infinity, which is rejected below
            joints = np.array(points, np.float32).reshape(JOINTS, 3)
        left, top, width, height = map(float, box)
    except (TypeError, ValueError, OverflowError):
        left = top = width = height = 0.0
        fault = "its annotation does not have 4 numbers of a box and 51 of keypoints"
    numbers = np.abs([left, top, width, height, *joints.flat])
    if not np.isfinite(numbers).all():
        fault = "its annotation has numbers that are not finite"
    elif (numbers > MAX_COORDINATE).any():
        fault = f"its annotation has numbers over {MAX_COORDINATE}"
    return Person(id_, image_id, (left, top, width, height), joints, crowd, fault)
