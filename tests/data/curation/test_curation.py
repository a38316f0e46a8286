"""Curation: measures, near duplicates, faces, and a person's lists."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from fixtures import MakeTable
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode, resize
from s2f_core.data.curation import measures
from s2f_core.data.curation.curate import Curation, curate
from s2f_core.data.curation.lists import Decision, read_decisions
from s2f_core.data.curation.measures import perceptual_hash, sharpness
from s2f_core.data.curation.near_duplicates import SAME, correlation, find_duplicates
from s2f_core.data.landmarks.faces import Face, FaceDetector


@pytest.fixture
def scenes() -> Pixels:
    """Twelve pictures of random blocks, each different, uint8 [12, 64, 64, 3]."""
    small = np.random.default_rng(3).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    return np.stack([cv2.resize(image, (64, 64), interpolation=cv2.INTER_CUBIC) for image in small])


def _grey(image: Pixels) -> Pixels:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8)[..., None]


def _copies(image: Pixels) -> list[Pixels]:
    """Copies of an image: as JPEG, at half the size, blurred, brightened."""
    jpeg = io.BytesIO()
    Image.fromarray(image).save(jpeg, "JPEG", quality=20)
    return [
        decode(jpeg.getvalue()),
        resize(resize(image, 32), 64),
        cv2.GaussianBlur(image, (0, 0), 1).astype(np.uint8),
        np.asarray(image * 0.9 + 12).astype(np.uint8),
    ]


def test_hashes_are_near_for_copies_and_far_for_others(scenes: Pixels) -> None:
    """At most 6 of 64 bits for a copy, over 12 for any other picture."""
    hashes = [perceptual_hash(_grey(image)) for image in scenes]
    for image, value in zip(scenes, hashes, strict=True):
        assert all(
            (perceptual_hash(_grey(copy)) ^ value).bit_count() <= 6 for copy in _copies(image)
        )
        assert all((other ^ value).bit_count() > 12 for other in hashes if other != value)


def test_sharpness_falls_with_blur(scenes: Pixels) -> None:
    """It is 0 for a plain picture; that of a line is worked out by hand."""
    grey = _grey(scenes[0])
    blurred = [cv2.GaussianBlur(grey, (0, 0), sigma).astype(np.uint8) for sigma in (1, 2, 4)]
    values = [sharpness(image[..., None]) for image in blurred]
    assert sharpness(grey) > values[0] > values[1] > values[2] > 0
    assert sharpness(np.full((20, 20, 1), 77, np.uint8)) == 0
    line = np.zeros((128, 128, 1), np.uint8)
    line[:, 64] = 10
    # -20 on the line, 10 on both sides of it, 0 elsewhere: the mean is 0.
    assert sharpness(line) == pytest.approx((20**2 + 2 * 10**2) / 128)


def test_correlation_is_pearsons() -> None:
    """As in NumPy, and 0 for a plain thumbnail."""
    values = np.random.default_rng(0).integers(0, 256, (4, 50), dtype=np.uint8)
    values[3] = 9
    correlations = correlation(values[0], values)
    assert correlations[:3].tolist() == pytest.approx(
        np.asarray(np.corrcoef(values[:3]))[0], abs=1e-5
    )
    assert correlations[3] == 0


def _by_definition(hashes: list[int], thumbnails: Pixels, distance: int) -> list[int]:
    """The definition of duplicates, pair by pair."""
    first: list[int] = []
    for row, value in enumerate(hashes):
        same = [
            other
            for other in range(row)
            if first[other] == other
            and (hashes[other] ^ value).bit_count() <= distance
            and correlation(thumbnails[other], thumbnails[[row]])[0] >= SAME
        ]
        first.append(same[0] if same else row)
    return first


@pytest.mark.parametrize("distance", [0, 3])
def test_duplicates_follow_the_definition(distance: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over many blocks of images that are some bits and some pixels apart."""
    monkeypatch.setattr("s2f_core.data.curation.near_duplicates.BLOCK", 7)
    monkeypatch.setattr("s2f_core.data.curation.near_duplicates.OTHERS", 5)
    random = np.random.default_rng(1)
    which = random.integers(0, 20, 120)
    one, two = np.uint64(1) << random.integers(0, 5, (2, 120), dtype=np.uint64)
    flips = one ^ two
    hashes = random.integers(0, 2**64, 20, dtype=np.uint64)[which] ^ flips
    thumbnails = random.integers(0, 200, (20, 60), dtype=np.uint8)[which]
    thumbnails[::3] += random.integers(0, 56, (40, 60), dtype=np.uint8)
    first = find_duplicates(hashes, thumbnails, distance)
    assert first.tolist() == _by_definition([int(value) for value in hashes], thumbnails, distance)
    assert (first != np.arange(120)).sum() > 10


def test_near_hashes_alone_make_no_duplicates() -> None:
    """Two images whose thumbnails do not correlate, such as aligned faces, both stay."""
    thumbnails = np.random.default_rng(0).integers(0, 256, (2, 1024), dtype=np.uint8)
    assert find_duplicates(np.zeros(2, np.uint64), thumbnails, 6).tolist() == [0, 1]
    assert find_duplicates(np.zeros(2, np.uint64), thumbnails[[0, 0]], 6).tolist() == [0, 0]


def test_the_first_of_alike_images_stays(
    make_table: MakeTable, scenes: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies are left out, with the id of the image that stays; in blocks of three images."""
    monkeypatch.setattr(measures, "BLOCK", 3)
    images = np.stack([*scenes[:5], *_copies(scenes[2])])
    table = make_table("photos", images)
    rows = curate(table, Curation(lists=tmp_path), "photos", tmp_path)
    assert rows["id"].tolist() == [f"{row:03d}" for row in range(9)]
    assert rows["reason"].fillna("").tolist() == [""] * 5 + ["near duplicate"] * 4
    assert rows["twin"].fillna("").tolist() == [""] * 5 + ["002"] * 4
    assert rows["phash"].str.fullmatch("[0-9a-f]{16}").all()
    assert rows["face"].isna().all()
    everything = curate(table, Curation(duplicates=None, lists=tmp_path), "photos", tmp_path)
    assert everything["reason"].isna().all()


def test_an_image_repeated_within_a_group_stays(make_table: MakeTable, scenes: Pixels) -> None:
    """A photo with two sketches occurs twice in one group; in another group it is a copy."""
    images = np.stack([scenes[0], scenes[0], scenes[0], scenes[1]])
    table = make_table("t", images, group=["photo", "photo", "other", "scene"])
    rows = curate(table, Curation(roles=("r",)), "r", Path("unused"))
    assert rows["reason"].fillna("").tolist() == ["", "", "near duplicate", ""]


def test_a_persons_decision_overrules_the_rules(
    make_table: MakeTable, scenes: Pixels, tmp_path: Path
) -> None:
    """Of 2 and its copies 5 to 8 a person drops 2 and keeps 6, so 5, 7, 8 are duplicates of 6."""
    images = np.stack([*scenes[:5], *_copies(scenes[2])])
    images[0] = 128  # without any sharpness, but kept by hand
    images[1] //= 64
    (tmp_path / "photos.csv").write_text(
        "id,decision,note\n000,keep,\n002,drop,eyes shut\n006,keep,\n"
    )
    rows = curate(
        make_table("photos", images),
        Curation(blur=1, lists=tmp_path),
        "photos",
        tmp_path,
    ).set_index("id")
    assert rows.loc[["000", "003", "004", "006"], "reason"].isna().all()
    assert rows.loc["001", "reason"] == "blurred: sharpness under 1"
    assert rows.loc["002", "reason"] == "dropped by hand: eyes shut"
    assert rows.loc[["005", "008"], "reason"].tolist() == ["near duplicate"] * 2
    assert rows.loc[["005", "008"], "twin"].tolist() == ["006"] * 2


def test_images_without_a_large_face_are_left_out(
    make_table: MakeTable, scenes: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The largest face counts; 0 requires any face."""
    sides = {0: [], 1: [8.0], 2: [8.0, 32.0]}
    table = make_table("photos", scenes[:3])
    by_pixels = {scenes[row].tobytes(): each for row, each in sides.items()}

    def detect(_: FaceDetector, photo: Pixels) -> list[Face]:
        points = np.zeros((6, 2), np.float32)
        return [Face((0, 0, side, side), points, 0.9) for side in by_pixels[photo.tobytes()]]

    monkeypatch.setattr(FaceDetector, "detect", detect)
    rows = curate(table, Curation(face=0.25, lists=tmp_path), "photos", tmp_path)
    assert rows["face"].tolist() == [0, 0.125, 0.5]
    assert rows["reason"].fillna("").tolist() == ["no face found", "face under 25% of the side", ""]
    rows = curate(table, Curation(face=0, lists=tmp_path), "photos", tmp_path)
    assert rows["reason"].fillna("").tolist() == ["no face found", "", ""]


def test_missing_weights_of_the_face_detector_are_explained(
    make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """The message says what to fetch."""
    with pytest.raises(UserError, match="s2f fetch mediapipe"):
        curate(make_table("photos", faces), Curation(face=0.1, lists=tmp_path), "photos", tmp_path)


def test_lists_from_spreadsheets_are_read(tmp_path: Path) -> None:
    """With a byte order mark, Windows line ends, with or without notes; a missing list is empty."""
    file = tmp_path / "faces.csv"
    assert read_decisions(file, set()) == {}
    file.write_bytes(b'\xef\xbb\xbfid,decision,note\r\n1,keep,\r\n2, drop ,"dark, small"\r\n')
    assert read_decisions(file, {"1", "2"}) == {
        "1": Decision(True),
        "2": Decision(False, "dark, small"),
    }
    file.write_text("id,decision\n1,drop\n")
    assert read_decisions(file, {"1"}) == {"1": Decision(False)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id;decision;note\n", r":1: columns are 'id;decision;note', must be 'id,decision,note'"),
        ("", r":1: columns are '', must be"),
        ("id,decision\n1,keep\n2,maybe\n", r":3: decision 'maybe' must be keep or drop"),
        ("id,decision\n1,\n", r":2: decision '' must be keep or drop"),
        ("id,decision\n7,keep\n", r":2: no image has the id '7' \(2 images\)"),
        ("id,decision\n1,keep\n1,drop\n", r":3: '1' is in the list twice"),
        ("id,decision,note\n1\n", r":2: must have 3 values"),
        ("id,decision\n1,keep,dark\n", r":2: must have 2 values"),
        (b"id,decision\n\xff,keep\n", r" cannot be read: 'utf-8'"),
    ],
)
def test_an_invalid_list_is_explained(text: str | bytes, message: str, tmp_path: Path) -> None:
    """The message has the file, the line, and what is allowed."""
    file = tmp_path / "faces.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=rf"faces\.csv{message}"):
        read_decisions(file, {"1", "2"})
