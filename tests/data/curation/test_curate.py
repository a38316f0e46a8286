"""Curation: duplicates, blur, faces, and the decisions of a person."""

from pathlib import Path

import numpy as np
import pytest
from fixtures import MakeTable
from near_copies import near_copies

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.curation import measures
from s2f_core.data.curation.curate import Curation, curate
from s2f_core.data.landmarks.faces import Face, FaceDetector


def test_the_first_of_alike_images_stays(
    make_table: MakeTable, scenes: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copies are left out, with the id of the image that stays; in blocks of three images."""
    monkeypatch.setattr(measures, "BLOCK", 3)
    images = np.stack([*scenes[:5], *near_copies(scenes[2])])
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
    images = np.stack([*scenes[:5], *near_copies(scenes[2])])
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
