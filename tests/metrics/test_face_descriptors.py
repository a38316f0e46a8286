"""Crops of faces, and whose face decides them."""

from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.landmarks.mesh import EYES, LIPS
from s2f_core.metrics.face_descriptors import FaceDescriptors, crop
from s2f_core.metrics.types import Values

RIGHT, LEFT = (40.0, 50.0), (70.0, 50.0)  # the person's eyes, in pixels
MOUTH = (55.0, 85.0)


def face_points(right: tuple[float, float], left: tuple[float, float], mouth: Values) -> Values:
    """Points [2 · 468] whose eyes and mouth are these places."""
    points = np.zeros((468, 2))
    points[[*EYES[0], *EYES[1]]] = left
    points[[*EYES[2], *EYES[3]]] = right
    points[[point for lip in LIPS for point in lip]] = mouth
    return points.ravel()


def dot(image: Pixels) -> Values:
    """The middle of the light pixels (x, y), as shares of the side."""
    y, x = np.nonzero(image[..., 0] > 60)
    return np.array([x.mean() + 0.5, y.mean() + 0.5]) / len(image)


@pytest.mark.parametrize("degrees", [0, 30])
def test_the_crop_is_that_of_face_api_and_upright(degrees: float) -> None:
    """Eyes and mouth are 38.08 px apart: side 84.6; their middle is at (0.5, 0.43)."""
    angle, middle = np.radians(degrees), np.array([60.0, 60.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    right, left, mouth = (middle + turn @ (np.array(p) - middle) for p in (RIGHT, LEFT, MOUTH))
    points = face_points(tuple(right), tuple(left), mouth)
    side = np.hypot(15, 35) / 0.45
    for place, offset in ((left, (15, -35 / 3)), (mouth, (0, 70 / 3))):
        image = np.zeros((120, 120, 3), np.uint8)
        x, y = (round(value) for value in place)
        image[y - 1 : y + 1, x - 1 : x + 1] = 255
        expected = np.array([0.5, 0.43]) + np.array(offset) / side
        assert dot(crop(image, points)) == pytest.approx(expected, abs=0.012)


def test_outputs_are_cropped_by_their_targets_faces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An output needs no face of its own; a target without one gives NaN."""
    network, seen = FaceDescriptors(tmp_path), []
    place = face_points(RIGHT, LEFT, np.array(MOUTH))

    def points(images: Pixels) -> Values:
        return np.stack([np.full(936, np.nan) if image.max() == 0 else place for image in images])

    def describe(crops: Pixels) -> Values:
        seen.append(crops)
        return np.repeat(crops.mean(axis=(1, 2, 3))[:, None], 128, axis=1)

    monkeypatch.setattr(network, "points", points)
    monkeypatch.setattr(network, "_extractor", describe)
    targets = np.full((3, 120, 120, 3), 200, np.uint8)
    targets[1] = 0
    outputs = np.zeros((3, 120, 120, 1), np.uint8)
    outputs[2] = 90
    descriptors = network.of_faces_in(targets)(outputs)
    assert descriptors.shape == (3, 128)
    assert descriptors[[0, 2], 0].tolist() == [0, 90]
    assert np.isnan(descriptors[1]).all()
    assert seen[0].shape == (2, 150, 150, 3)
    assert np.isnan(network(outputs)[:2]).all()
    assert network(outputs)[2, 0] == 90
