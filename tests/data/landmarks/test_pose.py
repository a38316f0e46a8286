"""Pose: the detector's rows, landmarks in the photo's pixels, and photos without a person."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, ImageError
from s2f_core.data.conditions.pose import Pose, SkeletonDrawer
from s2f_core.data.landmarks.faces import anchors
from s2f_core.data.landmarks.pose import DETECTOR_SIDE, GRIDS, PoseDetector, refine, sigmoid


def test_anchors_are_the_centres_of_the_cells() -> None:
    """Two for each of 28² and 14² cells, six for each of 7²."""
    centres = anchors(DETECTOR_SIDE, GRIDS)
    assert centres.shape == (2254, 2)
    assert centres[:3].tolist() == [[4, 4], [4, 4], [12, 4]]
    assert centres[2 * 28 * 28].tolist() == [8, 8]
    assert centres[-7].tolist() == [176, 208]
    assert centres[-1].tolist() == [208, 208]


def test_refine_moves_points_to_the_heat_around_them() -> None:
    """To its mean within three cells; points without heat or outside the picture stay."""
    maps = np.zeros((4, 8, 16), np.float32)
    maps[0, 3, 4], maps[0, 3, 6], maps[0, 0, 15] = 0.9, 0.9, 1
    maps[1] = 0.4
    points = np.array([[0.25, 0.5], [0.25, 0.5], [0.25, 0.5], [-0.1, 1.2]], np.float32)
    refined = refine(points, maps)
    assert refined[0].tolist() == pytest.approx([5 / 16, 3 / 8])
    assert (refined[1:] == points[1:]).all()
    maps[3, 7, 0] = 1
    assert (refine(points, maps)[3] == points[3]).all()


def test_sigmoid_does_not_overflow() -> None:
    """It is a half at 0 and reaches both ends of its range."""
    assert sigmoid(np.array([-1e9, 0, 1e9], np.float32)).tolist() == [0, 0.5, 1]
    logits = np.linspace(-4, 4, 9, dtype=np.float32)
    assert sigmoid(logits) == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-6)


def fake_detector(landmark_score: float, logit: float = 5.0) -> PoseDetector:
    """A detector whose person leans by 30° at (0.5, 0.6); all its joints are in the middle."""

    def detect(image: Floats) -> list[Floats]:
        assert image.shape == (224, 224, 3)
        assert image.min() == -1
        raw, logits = np.zeros((1, 2254, 12), np.float32), np.full((1, 2254, 1), -9, np.float32)
        row = 1500
        hips = np.array([0.5, 0.6]) * 224
        reach = hips + 40 * np.array([math.sin(math.pi / 6), -math.cos(math.pi / 6)])
        places = (
            np.array([hips, [50, 50], hips, reach, hips, hips]) - anchors(DETECTOR_SIDE, GRIDS)[row]
        )
        places[1] = (50, 50)
        raw[0, row], logits[0, row] = places.ravel(), logit
        return [raw, logits]

    def read(image: Floats) -> list[Floats]:
        assert image.shape == (256, 256, 3)
        assert 0 <= image.min() <= image.max() <= 1
        points = np.zeros((39, 5), np.float32)
        points[:, :2], points[:, 3] = 128, 4
        points[0, :2] = (128, 0)
        heat = np.full((1, 64, 64, 39), -9, np.float32)
        flag = np.array([[landmark_score]], np.float32)
        return [points.reshape(1, -1), flag, np.zeros(1, np.float32), heat, np.zeros(1, np.float32)]

    detector = PoseDetector(Path("none"))
    detector.detector, detector.network = detect, read  # type: ignore[assignment]  # fakes
    return detector


def test_landmarks_are_in_the_photos_pixels() -> None:
    """The square is 1.25 of the body's circle: its centre is the hips, its top 50 pixels up."""
    photo = np.zeros((224, 224, 3), np.uint8)
    patch = fake_detector(0.9).find_person(photo)
    assert patch is not None
    assert (patch.side, patch.angle) == pytest.approx((100, math.pi / 6), abs=1e-3)
    landmarks = fake_detector(0.9).detect(photo)
    assert landmarks is not None
    assert landmarks.shape == (33, 3)
    assert landmarks[1].tolist() == pytest.approx([112, 134.4, 0.982], abs=1e-2)
    up = 50 * np.array([math.sin(math.pi / 6), -math.cos(math.pi / 6)])
    assert landmarks[0, :2].tolist() == pytest.approx([112 + up[0], 134.4 + up[1]], abs=1e-2)


def test_a_low_score_is_no_person() -> None:
    """In either network."""
    photo = np.zeros((64, 48, 3), np.uint8)
    assert fake_detector(0.4).detect(photo) is None
    assert fake_detector(0.9, logit=-1).detect(photo) is None


def test_a_photo_without_a_visible_person_is_rejected() -> None:
    """The reason tells a missing person from one without visible points."""
    photo = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(ImageError, match="no person found"):
        SkeletonDrawer(fake_detector(0.1), visible=0.3, thickness=5)(photo)
    with pytest.raises(ImageError, match="no point of a person visible"):
        SkeletonDrawer(fake_detector(0.9), visible=0.99, thickness=5)(photo)


def test_a_wide_photo_has_a_wide_skeleton() -> None:
    """A condition has the height and width of its photo."""
    skeleton = SkeletonDrawer(fake_detector(0.9), visible=0.3, thickness=5)(
        np.zeros((48, 64, 3), np.uint8)
    )
    assert skeleton.shape == (48, 64, 3)
    assert skeleton.any()


def test_missing_weights_are_explained(tmp_path: Path) -> None:
    """The message says what to fetch, also after pickling."""
    function = pickle.loads(pickle.dumps(Pose(type="pose").load(tmp_path)))  # noqa: S301
    with pytest.raises(UserError, match="does not exist: run 's2f fetch mediapipe'"):
        function(np.zeros((64, 64, 3), np.uint8))
