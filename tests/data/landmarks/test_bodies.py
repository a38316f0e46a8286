"""Pose and face mesh: the squares that the networks get, and the way back to the photo."""

import math
import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, ImageError, Pixels
from s2f_core.data.conditions.face_mesh import Mesh
from s2f_core.data.conditions.pose import Pose, SkeletonDrawer
from s2f_core.data.landmarks.faces import Face, anchors
from s2f_core.data.landmarks.mesh import CONTOURS, FaceMesh, draw_mesh
from s2f_core.data.landmarks.patch import Patch
from s2f_core.data.landmarks.pose import DETECTOR_SIDE, GRIDS, PoseDetector, refine, sigmoid


def dot_photo(x: float, y: float, shape: tuple[int, int] = (120, 160)) -> Pixels:
    """A black photo with a soft dot at x, y."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    dot = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18)
    return np.repeat(dot.astype(np.uint8)[..., None], 3, axis=2)


def centre_of_mass(image: npt.NDArray[Any]) -> tuple[float, float]:
    """The centre of mass of an image, in shares of its sides."""
    weight = image[..., 0].astype(float)
    rows, columns = np.mgrid[0 : weight.shape[0], 0 : weight.shape[1]] + 0.5
    total = weight.sum()
    x, y = (columns * weight).sum() / total, (rows * weight).sum() / total
    return x / weight.shape[1], y / weight.shape[0]


@pytest.mark.parametrize("angle", [0, 0.5, -2.0])
@pytest.mark.parametrize("size", [64, 200])
def test_points_of_the_square_map_back_to_the_photo(angle: float, size: int) -> None:
    """The centre of a cropped dot, at any angle and size, within 0.15 pixels."""
    patch = Patch(75, 50, 80, angle)
    centre = centre_of_mass(patch.crop(dot_photo(83.5, 61.25), size, cv2.BORDER_CONSTANT))
    assert patch.to_photo(np.array([centre]))[0].tolist() == pytest.approx([83.5, 61.25], abs=0.15)


def test_the_square_around_a_photo_contains_all_of_it() -> None:
    """In the middle, on black; rotation is clockwise."""
    patch = Patch.around(np.zeros((60, 100, 3), np.uint8))
    assert (patch.x, patch.y, patch.side, patch.angle) == (50, 30, 100, 0)
    white = patch.crop(np.full((60, 100, 3), 255, np.uint8), 100, cv2.BORDER_CONSTANT)
    assert not white[:20].any()
    assert white[20:80].min() == 255
    quarter = Patch(50, 50, 100, math.pi / 2).to_photo(np.array([[1.0, 0.5]]))
    assert quarter[0].tolist() == pytest.approx([50, 100])


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
    moved = refine(points, maps)
    assert moved[0].tolist() == pytest.approx([5 / 16, 3 / 8])
    assert (moved[1:] == points[1:]).all()
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


def test_a_photo_without_person_or_face_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason says what is missing; a person without a visible point is rejected too."""
    photo = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(ImageError, match="no person found"):
        SkeletonDrawer(fake_detector(0.1), visible=0.3, thickness=5)(photo)
    with pytest.raises(ImageError, match="no point of a person visible"):
        SkeletonDrawer(fake_detector(0.9), visible=0.99, thickness=5)(photo)
    mesh = Mesh(type="face-mesh").load(Path("none"))
    monkeypatch.setattr(mesh.faces.faces, "detect", lambda _: [])
    with pytest.raises(ImageError, match="no face found"):
        mesh(photo)


def test_a_wide_photo_has_a_wide_skeleton() -> None:
    """A condition has the height and width of its photo."""
    skeleton = SkeletonDrawer(fake_detector(0.9), visible=0.3, thickness=5)(
        np.zeros((48, 64, 3), np.uint8)
    )
    assert skeleton.shape == (48, 64, 3)
    assert skeleton.any()


def test_missing_weights_are_explained(tmp_path: Path) -> None:
    """Both conditions say what to fetch, also after pickling."""
    photo = np.zeros((64, 64, 3), np.uint8)
    for section in (Pose(type="pose"), Mesh(type="face-mesh")):
        function = pickle.loads(pickle.dumps(section.load(tmp_path)))  # noqa: S301
        with pytest.raises(UserError, match="does not exist: run 's2f fetch mediapipe'"):
            function(photo)


def test_mesh_points_are_in_the_photos_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a face that leans; z is in pixels too."""
    mesh = FaceMesh(Path("none"))
    eyes = np.array([[40, 40], [50, 50], *[[0, 0]] * 4], np.float32)
    face = Face((30, 20, 20, 40), eyes, 0.9)
    monkeypatch.setattr(mesh.faces, "detect", lambda _: [face])
    points = np.zeros((1, 1, 1, 1404), np.float32)
    points[..., 3:6] = (96, 96, 19.2)
    monkeypatch.setattr(mesh, "network", lambda _: [points, np.full((1, 1, 1, 1), 3.0)])
    points_in_photo = mesh.detect(np.zeros((100, 100, 3), np.uint8))
    assert points_in_photo is not None
    assert points_in_photo.shape == (468, 3)
    assert points_in_photo[1].tolist() == pytest.approx([40, 40, 6], abs=1e-4)
    assert points_in_photo[0].tolist() == pytest.approx([40, 40 - 30 * math.sqrt(2), 0], abs=1e-4)
    monkeypatch.setattr(mesh, "network", lambda _: [points, np.full((1, 1, 1, 1), -3.0)])
    assert mesh.detect(np.zeros((100, 100, 3), np.uint8)) is None


def test_contours_are_symmetric() -> None:
    """Left and right contours have the same numbers of points."""
    lengths = sorted(len(contour) for contour in CONTOURS)
    assert lengths == sorted([11] * 4 + [9] * 4 + [5] * 4 + [37, 10, 17])
    assert max(max(contour) for contour in CONTOURS) < 468


def test_lines_have_the_thickness_in_pixels() -> None:
    """All points in a column give one line, black on white."""
    points = np.column_stack([np.full(468, 16.0), np.linspace(4, 28, 468)])
    for thickness in (1.5, 3.0):
        mesh = draw_mesh(points.astype(np.float32), 32, thickness)
        assert mesh.shape == (32, 32, 1)
        assert (255 - mesh[16, :, 0].astype(float)).sum() / 255 == pytest.approx(thickness, abs=0.3)
        assert mesh[:, :10].min() == 255
