"""Landmark error and faces found, worked out by hand."""

import numpy as np
import pytest

from s2f_core.metrics.faces import are_faces
from s2f_core.metrics.faces_found import FACES_FOUND
from s2f_core.metrics.landmark_error import LANDMARK_ERROR
from s2f_core.metrics.types import ImageSet, Values


def _points(*offsets: tuple[float, float]) -> Values:
    """A face of 468 points for each offset, eyes' outer corners 40 apart: [n, 2 · 468]."""
    one = np.random.default_rng(0).uniform(20, 100, (468, 2))
    one[33], one[263] = (30, 50), (70, 50)
    return np.stack([(one + offset).ravel() for offset in offsets])


def test_landmark_error_by_hand() -> None:
    """Every point 3 right and 4 down is 5 of 40; a larger target face makes it less."""
    outputs, targets = _points((3, 4), (0, 0), (np.nan, 0)), _points((0, 0), (0, 0), (0, 0))
    errors = LANDMARK_ERROR(outputs, targets)
    assert errors[:2].tolist() == [pytest.approx(0.125), 0]
    assert np.isnan(errors[2])
    assert np.isnan(LANDMARK_ERROR(targets, outputs)[2])
    assert LANDMARK_ERROR(outputs[:1], 2 * outputs[:1] - 3) != LANDMARK_ERROR(
        2 * outputs[:1] - 3, outputs[:1]
    )


def test_images_without_a_face_are_left_out() -> None:
    """The mean is over the pairs that have a score, and says how many; no face, no value."""

    def sample(points: Values) -> ImageSet:
        return ImageSet(np.zeros((3, 1, 1, 1), np.uint8), {"faces": lambda _: points})

    targets = sample(_points((0, 0), (0, 0), (0, 0)))
    outputs = sample(_points((3, 4), (0, 0), (np.nan, 0)))
    error, share = (score.measure(outputs, targets) for score in (LANDMARK_ERROR, FACES_FOUND))
    assert (error["value"], error["n"]) == (0.0625, 2)
    assert share["value"] == pytest.approx(2 / 3, rel=1e-5)
    assert share["n"] == 3
    nobody = sample(np.full((3, 2 * 468), np.nan))
    assert LANDMARK_ERROR.measure(nobody, targets) == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
    }
    assert FACES_FOUND.measure(nobody, targets)["value"] == 0
    assert LANDMARK_ERROR.measure(outputs.without({"faces"}), targets)["value"] is None
    assert are_faces(_points((0, 0), (np.nan, 0)))
    assert not are_faces(_points((0, 0), (np.nan, 0), (np.nan, 0)))
