"""Displacement: the mean and the bound of how far features move."""

from typing import Any

import numpy as np
import pytest
from face_points import face_points

from s2f_core.common.images import Doubles
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.displacement import LIMIT, Displacement
from s2f_core.data.sketch.features import Features

STILL: dict[str, Any] = {"field": (0, 0), "shift": 0, "scale": 0, "turn": 0}


def _moves(displacement: Displacement, drawings: int = 200) -> Doubles:
    """How far the points of a face's features move, [drawings, points, 2]."""
    parts = Features().trace(face_points(), stream(3))
    before = np.concatenate([curve for part in parts for curve in part])
    moved = [displacement.move(parts, stream(0, k)) for k in range(drawings)]
    after = [np.concatenate([curve for part in each for curve in part]) for each in moved]
    return np.asarray(np.stack(after) - before)


def test_without_displacement_all_stays() -> None:
    """To the bit of a rounding error."""
    assert np.abs(_moves(Displacement(**STILL), 3)).max() < 1e-9


def test_features_move_by_the_stated_deviation_and_bound() -> None:
    """By the field and by the shift of each feature; neither moves the drawing as a whole."""
    by_field = _moves(Displacement(**STILL | {"field": (1.5, 1.5)}))
    assert by_field.std() == pytest.approx(1.5, rel=0.1)
    assert np.abs(by_field).max() <= 1.5 * np.sqrt(6)
    by_shift = _moves(Displacement(**STILL | {"shift": 2.0}))
    assert by_shift.std() == pytest.approx(2, rel=0.15)
    assert np.abs(by_shift).max() <= 2 * LIMIT + 1e-9
    assert np.abs(by_field.mean()) < 0.2
    assert np.abs(by_shift.mean()) < 0.2


def test_a_feature_keeps_its_middle_when_it_is_scaled_and_turned() -> None:
    """Its size changes by no more than the bound, and not at all by a turn."""
    part = [np.array([[40.0, 50.0], [60.0, 50.0]]), np.array([[40.0, 70.0], [60.0, 70.0]])]
    for changes in ({"scale": 0.1}, {"turn": 10}):
        sizes = []
        for seed in range(50):
            (moved,) = Displacement(**STILL | changes).move([part], stream(0, seed))
            points = np.concatenate(moved)
            assert points.mean(axis=0) == pytest.approx([50, 60])
            sizes.append(np.linalg.norm(points[3] - points[0]) / np.hypot(20, 20))
        limit = np.exp(0.1 * LIMIT) if "scale" in changes else 1
        assert 1 / limit - 1e-9 <= min(sizes)
        assert max(sizes) <= limit + 1e-9
        assert (np.std(sizes) > 0.05) == ("scale" in changes)


def test_the_default_moves_lines_off_the_photos_features() -> None:
    """By one to three 128ths on average, and by fifteen at most."""
    distance = np.linalg.norm(_moves(Displacement()), axis=2)
    assert 1 < distance.mean() < 3
    assert distance.max() < 15


def test_a_part_without_curves_is_kept() -> None:
    """And changes the others' random numbers no less."""
    assert Displacement().move([[]], stream(0)) == [[]]
