"""Faces: rows of the network become boxes, and the boxes of one face become one."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.data.assets import fetch
from s2f_core.data.landmarks.faces import (
    FaceDetector,
    anchors,
    intersection_over_union,
    merge_boxes,
)


def test_missing_and_damaged_weights_are_explained(tmp_path: Path) -> None:
    """The message says what to fetch and which file is broken."""
    photo = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(UserError, match="does not exist: run 's2f fetch mediapipe'"):
        FaceDetector(tmp_path).detect(photo)
    file = tmp_path / "mediapipe" / "mediapipe.zip"
    file.parent.mkdir()
    file.write_bytes(b"no zip")
    with pytest.raises(UserError, match=r"short_range\.tflite cannot be read.*fetch it again"):
        FaceDetector(tmp_path).detect(photo)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("face_detection_short_range.tflite", b"no network")
    with pytest.raises(UserError, match=r"is no network.*fetch it again"):
        FaceDetector(tmp_path).detect(photo)


def test_anchors_are_the_centres_of_the_cells() -> None:
    """Two for each of 16 × 16 cells of 8 pixels, six for each of 8 × 8 of 16, row by row."""
    assert anchors().shape == (896, 2)
    assert anchors()[:4].tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]]
    assert anchors()[512:519, 0].tolist() == [8, 8, 8, 8, 8, 8, 24]
    assert anchors()[-1].tolist() == [120, 120]


def test_intersection_over_union() -> None:
    """Two boxes of 2 × 2 that share a half overlap by a third."""
    boxes = np.array([[[1, 1], [2, 2]], [[2, 1], [2, 2]], [[5, 5], [2, 2]]], np.float32)
    assert intersection_over_union(boxes[0], boxes).tolist() == pytest.approx([1, 1 / 3, 0])


def test_boxes_of_one_face_are_merged_to_their_weighted_mean() -> None:
    """Scores of 0.8 at 10 and 0.2 at 11 give 10.2; a box elsewhere stays alone."""
    places = np.zeros((3, 8, 2), np.float32)
    places[:, 0] = [[10, 10], [40, 40], [11, 10]]
    places[:, 1] = 8
    places[:, 2:] = places[:, :1]
    (one, best), (other, second) = merge_boxes(places, np.array([0.8, 0.6, 0.2], np.float32))
    assert one[0].tolist() == pytest.approx([10.2, 10])
    assert one[5].tolist() == pytest.approx([10.2, 10])
    assert other[0].tolist() == [40, 40]
    assert (best, second) == pytest.approx((0.8, 0.6))


class _FakeNetwork:
    """Detects one face at (68, 44), 32 wide, with all points 4 lower; keeps its input."""

    def __init__(self) -> None:
        self.input: Floats | None = None

    def __call__(self, image: Floats) -> list[Floats]:
        """Return rows and logits like the real network."""
        self.input = image
        rows, logits = np.zeros((1, 896, 16), np.float32), np.full((1, 896, 1), -200, np.float32)
        row = 2 * (5 * 16 + 8)
        rows[0, row] = [0, 0, 32, 32, *([0, 4] * 6)]
        logits[0, row] = 200
        return [rows, logits]


def test_boxes_and_points_are_in_the_photos_own_pixels() -> None:
    """Of a photo of 512 × 256, which fills rows 32 to 96 of the network's input."""
    detector = FaceDetector(Path("nowhere"))
    network = _FakeNetwork()
    detector.network = network  # type: ignore[assignment]  # called the same
    (face,) = detector.detect(np.full((256, 512, 3), 255, np.uint8))
    assert face.box == pytest.approx((4 * (68 - 16), 4 * (44 - 16 - 32), 128, 128))
    assert face.points.tolist() == [[4 * 68, 4 * (44 + 4 - 32)]] * 6
    assert face.score == pytest.approx(1)
    assert network.input is not None
    assert network.input[:32].max() == -1  # black above and below
    assert network.input[32:96].min() == 1


@pytest.fixture(scope="module")
def astronaut() -> Pixels:
    """A portrait, uint8 [512, 512, 3]."""
    return np.asarray(pytest.importorskip("skimage.data").astronaut())


@pytest.mark.slow
def test_a_real_face_is_detected(
    astronaut: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eyes, nose and mouth are right within some pixels."""
    monkeypatch.delenv("S2F_CACHE")  # the user's own cache: the weights are fetched once
    fetch("mediapipe", tmp_path / "mediapipe")
    detector = FaceDetector(tmp_path)
    (face,) = detector.detect(astronaut)
    expected = [[204, 101], [248, 107], [224, 127], [220, 146]]
    assert np.abs(face.points[:4] - expected).max() < 6
    assert face.score > 0.9
    (shifted,) = detector.detect(np.ascontiguousarray(astronaut[20:, 60:]))
    assert np.abs(shifted.points[:4] - expected + [60, 20]).max() < 10
    assert detector.detect(np.full((200, 100, 3), 128, np.uint8)) == []
