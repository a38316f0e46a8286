"""COCO's persons: one in each crop, with the skeleton of its keypoints in the same place."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from archives import (
    coco_archives,
    encode_image,
    fetch_from_loopback,
    own_inputs,
    picture,
    reasons,
    write_files,
)
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.coco import CocoPersons
from s2f_core.data.landmarks.skeleton import COLOURS as JOINT_COLOURS
from s2f_core.data.landmarks.skeleton import JOINTS
from s2f_core.data.tables import Table

NOSE, LEFT_WRIST = 0, 9  # among COCO's 17


def _entry(number: int, width: int = 200, height: int = 160) -> dict[str, object]:
    name = f"{number:012d}.jpg"
    urls = {"license": 3, "coco_url": "http://x", "flickr_url": "http://y"}
    return {"id": number, "file_name": name, "width": width, "height": height, **urls}


def _person(number: int, of: int, box: list[float], **other: object) -> dict[str, object]:
    """A person whose 17 keypoints are visible, spread over the diagonal of the box."""
    left, top, width, height = box
    shares = (np.arange(17) + 1) / 18
    points = [[round(left + share * width), round(top + share * height), 2] for share in shares]
    return {
        "id": number,
        "image_id": of,
        "bbox": box,
        "keypoints": [value for point in points for value in point],
        "num_keypoints": 17,
        "iscrowd": 0,
        "category_id": 1,
        "area": 1.5,
        "segmentation": [[0.0, 1.0, 2.0]] * 3,
        **other,
    }


def _document(*persons: dict[str, object], pictures: int = 3) -> dict[str, object]:
    categories = [{"id": 1, "name": "person", "keypoints": ["nose"], "skeleton": [[1, 2]]}]
    images = [_entry(number) for number in range(1, pictures + 1)]
    return {"info": {}, "images": images, "annotations": persons, "categories": categories}


def _photo() -> Pixels:
    """Red counts the columns, green the rows: a crop tells where it was cut."""
    y, x = np.mgrid[0:160, 0:200]
    return np.stack([x, y, np.zeros_like(x)], axis=-1).astype(np.uint8)


PHOTO = encode_image(_photo())
PHOTOS = {f"{number:012d}.jpg": PHOTO for number in (1, 2, 3)}  # PNG inside: exact to the pixel


def _table(path: Path, tmp_path: Path, size: int = 64, **keys: object) -> Table:
    section = _section(**keys)
    return prepare(section, path, size, tmp_path / "out", tmp_path)


def _section(**keys: object) -> CocoPersons:
    values = {"source": "coco-persons", "path": "unused", "min_height": 32, **keys}
    return CocoPersons.model_validate(values)


def _laid(tmp_path: Path, *persons: dict[str, object], **keys: int) -> Path:
    return write_files(tmp_path / "in", coco_archives(PHOTOS, _document(*persons, **keys)))


def test_fetched_archives_become_crops_with_skeletons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A square around the box, by image and annotation; the skeleton has the same id."""
    persons = [_person(20, 2, [60, 40, 30, 80]), _person(10, 1, [100, 50, 40, 64])]
    path = fetch_from_loopback(
        "coco-persons", coco_archives(PHOTOS, _document(*persons)), tmp_path, monkeypatch
    )
    table = _table(path, tmp_path, 64, margin=0)
    assert table.index["id"].tolist() == ["000000000001-10", "000000000002-20"]
    assert table.index["group"].tolist() == ["000000000001", "000000000002"]
    assert table.index["source"].tolist()[0] == "train2017/000000000001.jpg"
    assert (table.image(0) == _photo()[50:114, 88:152]).all()
    sketches = own_inputs(table)
    assert sketches.index["id"].tolist() == table.index["id"].tolist()
    assert sketches.shape == (64, 64, 3)


def test_keypoints_are_drawn_at_their_position_in_the_crop(tmp_path: Path) -> None:
    """Enlarged to twice its size, nose and wrist have their own colours."""
    person = _person(1, 1, [100, 50, 40, 64])
    points = np.zeros((17, 3), int)
    points[NOSE] = [120, 60, 2]
    points[LEFT_WRIST] = [100, 100, 1]
    person["keypoints"] = points.ravel().tolist()
    path = _laid(tmp_path, person)
    table = _table(path, tmp_path, 128, margin=0, min_keypoints=1)
    skeleton = own_inputs(table).image(0)
    for name, x, y in (("nose", 120 - 88, 60 - 50), ("left wrist", 100 - 88, 100 - 50)):
        colour = JOINT_COLOURS[JOINTS.index(name)]
        where = np.argwhere((skeleton == colour).all(axis=-1)) + 0.5
        assert where.mean(axis=0) == pytest.approx([2 * (y + 0.5), 2 * (x + 0.5)], abs=0.6)
    assert reasons(_table(path, tmp_path, min_keypoints=1, limit=1)) == {}


def test_the_square_stays_in_the_image(tmp_path: Path) -> None:
    """It is moved at the border, and the margin shrinks if the image is too small."""
    table = _table(
        _laid(
            tmp_path,
            _person(1, 1, [0, 0, 30, 40]),
            _person(2, 2, [150, 100, 50, 60]),
            _person(3, 3, [90, 2, 40, 150]),
        ),
        tmp_path,
        margin=0.25,
    )
    assert len(table) == 3
    corners = [(image[0, 0, :2].tolist(), image[-1, -1, :2].tolist()) for image in _images(table)]
    expected = [([0, 0], [59, 59]), ([110, 70], [199, 159]), ([30, 0], [189, 159])]
    for corner, place in zip(corners, expected, strict=True):
        assert np.abs(np.subtract(corner, place)).max() <= 2


def _images(table: Table) -> list[Pixels]:
    return [table.image(row) for row in range(len(table))]


def test_every_rejected_person_has_a_reason(tmp_path: Path) -> None:
    """One reason each, in both tables."""
    hidden = _person(7, 2, [10, 10, 60, 60])
    hidden["keypoints"] = [*([5, 5, 1] * 10), *([5, 5, 2] * 7)]
    path = _laid(
        tmp_path,
        _person(1, 1, [10, 10, 40, 40]),
        _person(2, 1, [48, 48, 40, 40]),
        _person(3, 1, [150, 100, 20, 20]),
        _person(4, 2, [120, 30, 40, 60]),
        _person(5, 2, [150, 80, 50, 80], iscrowd=1),
        hidden,
        _person(8, 3, [0, 0, 190, 100]),
        _person(9, 9, [0, 0, 50, 50]),
        _person(10, 3, [0, 110, 40, 45], bbox=[1, 2, 3]),
        _person(11, 3, [0, 110, 40, 45], keypoints=[1] * 50),
        _person(12, 3, [0, 110, 40, 45], bbox=[float("nan"), 0, 40, 40]),
        _person(13, 4, [10, 10, 50, 50]),
        pictures=4,
    )
    with pytest.raises(UserError, match="none of 12 images can be used"):
        _table(path, tmp_path)
    rows = _section().open(path, 64, tmp_path).images.rows
    rejected = dict(zip(rows["id"], rows["rejected"], strict=True))
    numbers = "its annotation does not have 4 numbers of a box and 51 of keypoints"
    assert rejected == {
        "000000000001-1": "another person in the crop",
        "000000000001-2": "another person in the crop",
        "000000000001-3": "too small: 20 px high, at least 32 needed",
        "000000000002-4": "a crowd in the crop",
        "000000000002-5": "a crowd, not a person",
        "000000000002-7": "7 visible keypoints, at least 8 needed",
        "000000000003-8": "the image has no square around the person",
        "000000000003-10": numbers,
        "000000000003-11": numbers,
        "000000000003-12": "its annotation has numbers that are not finite",
        "000000000004-13": "no such file in train2017",
        "000000000009-9": "its image is not listed",
    }


def test_an_image_of_another_size_or_damaged_is_rejected(tmp_path: Path) -> None:
    """Its keypoints would be wrong; the others are used."""
    photos = PHOTOS | {"000000000001.jpg": picture(), "000000000002.jpg": PHOTO[:300]}
    persons = [_person(number, number, [60, 40, 30, 80]) for number in (1, 2, 3)]
    path = write_files(tmp_path / "in", coco_archives(photos, _document(*persons)))
    table = _table(path, tmp_path)
    assert table.accepted["id"].tolist() == ["000000000003-3"]
    assert reasons(table)["000000000001-1"] == "another size than annotated: 64x64, not 200x160"
    assert "truncated" in reasons(table)["000000000002-2"]


def test_the_limit_takes_the_first_persons_that_pass(tmp_path: Path) -> None:
    """Rejected persons do not count."""
    small = _person(1, 1, [10, 10, 10, 10])
    others = [_person(number, number, [60, 40, 30, 80]) for number in (2, 3)]
    path = _laid(tmp_path, small, *others)
    table = _table(path, tmp_path, limit=1)
    assert table.accepted["id"].tolist() == ["000000000002-2"]
    assert len(table.index) == len(own_inputs(table).index) == 2


def test_makers_can_be_pickled(tmp_path: Path) -> None:
    """Crops and skeletons."""
    path = _laid(tmp_path, _person(1, 1, [60, 40, 30, 80]))
    source = _section().open(path, 64, tmp_path)
    for domain in (source.images, source.own_inputs):
        assert domain
        make = pickle.loads(pickle.dumps(domain.make))  # noqa: S301 - our own
        assert (make(0) == domain.make(0)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read: Expecting property name"),
        ("[" * 100_000, "cannot be read: maximum recursion"),
        ("[]", "has no list 'images': it is not a file of COCO's keypoints"),
        ('{"images": [], "annotations": {}}', "has no list 'annotations'"),
        (
            '{"images": [{"id": 1}], "annotations": []}',
            "entry 0 of 'images' is not in COCO's format",
        ),
        (
            '{"images": [], "annotations": [{"id": 1, "image_id": 2, "bbox": [1, 2, 3, 4]}]}',
            "entry 0 of 'annotations' is not in COCO's format: {'id': 1",
        ),
    ],
)
def test_invalid_annotations_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """The error names the file and the problem."""
    files = {"annotations/person_keypoints_train2017.json": text.encode()}
    with pytest.raises(UserError, match=message) as error:
        _table(write_files(tmp_path / "in", files), tmp_path)
    assert "person_keypoints_train2017.json" in str(error.value)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """Annotations, or the photos of the subset."""
    with pytest.raises(UserError, match=r"0 files named person_keypoints_val2017\.json"):
        _table(write_files(tmp_path / "in", {"x.jpg": PHOTO}), tmp_path, subset="val2017")
    text = json.dumps(_document()).encode()
    path = write_files(tmp_path / "in", {"person_keypoints_train2017.json": text})
    with pytest.raises(UserError, match=r"has no train2017/\*\.jpg \(2 files\)"):
        _table(path, tmp_path)


def test_invalid_parameters_are_refused() -> None:
    """Values that no crop can have."""
    for keys in ({"margin": -1}, {"min_height": 5}, {"min_keypoints": 18}, {"subset": "test2017"}):
        with pytest.raises(ValidationError):
            _section(**keys)
