"""Face mesh: points in the photo's pixels, contours, and photos without a face."""

import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.conditions.face_mesh import Mesh
from s2f_core.data.landmarks.faces import Face
from s2f_core.data.landmarks.mesh import CONTOURS, FaceMesh, draw_mesh


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


def test_a_photo_without_a_face_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    mesh = Mesh(type="face-mesh").load(Path("none"))
    monkeypatch.setattr(mesh.faces.faces, "detect", lambda _: [])
    with pytest.raises(ImageError, match="no face found"):
        mesh(np.zeros((64, 64, 3), np.uint8))


def test_missing_weights_are_explained(tmp_path: Path) -> None:
    """The message says what to fetch, also after pickling."""
    function = pickle.loads(pickle.dumps(Mesh(type="face-mesh").load(tmp_path)))  # noqa: S301
    with pytest.raises(UserError, match="does not exist: run 's2f fetch mediapipe'"):
        function(np.zeros((64, 64, 3), np.uint8))
