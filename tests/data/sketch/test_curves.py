"""Curves: length, even spacing, rounding, noise, and a smooth field with a bound."""

import numpy as np
import pytest

from s2f_core.common.seeding import stream
from s2f_core.data.sketch.curves import (
    SmoothField,
    ellipse,
    joined,
    length,
    noise,
    resample,
    smooth,
)

CORNER = np.array([[0.0, 0.0], [30.0, 0.0], [30.0, 40.0]])


def test_length_and_even_spacing() -> None:
    """Thirty and forty; two units between points, also around the corner."""
    assert length(CORNER) == 70
    even = resample(CORNER, 2)
    assert len(even) == 36
    assert even[15].tolist() == [30, 0]
    assert np.allclose(np.linalg.norm(np.diff(even, axis=0), axis=1), 2)
    assert len(resample(np.zeros((3, 2)), 1)) == 2  # a curve without a length


def test_smoothing_rounds_corners_and_keeps_ends() -> None:
    """The corner moves inwards; straight parts stay."""
    rounded = smooth(CORNER, 3)
    assert rounded[0] == pytest.approx([0, 0])
    assert rounded[-1] == pytest.approx([30, 40])
    assert rounded[15] == pytest.approx([15, 0], abs=1e-6)
    distance = np.linalg.norm(rounded - CORNER[1], axis=1).min()
    assert 0.5 < distance < 3


def test_an_ellipse_begins_at_its_top_and_turns_clockwise() -> None:
    """Around its centre, once."""
    round_ = ellipse((10, 20), (3, 5))
    assert round_[0] == pytest.approx([10, 15])
    assert round_[6] == pytest.approx([13, 20])
    assert round_[-1] == pytest.approx([10, 15])
    assert ellipse((0, 0), (1, 1), 0.5)[-1] == pytest.approx([0, 1])


def test_noise_is_smooth_and_has_a_deviation_of_one() -> None:
    """Neighbours are alike; both channels differ."""
    values = noise(stream(0), 4000, 1000, 2)
    assert values.shape == (4000, 2)
    assert values.std() == pytest.approx(0.9, abs=0.1)  # less than 1 between the nodes
    assert np.abs(np.diff(values, axis=0)).mean() < 0.5
    assert (values[:, 0] != values[:, 1]).all()


def test_a_smooth_field_has_its_deviation_and_its_bound() -> None:
    """Over many fields; near points move alike."""
    points = stream(1).uniform(0, 128, (200, 2))
    shifts = np.stack([SmoothField(stream(0, k), 2.0, 20.0)(points) - points for k in range(200)])
    assert shifts.std() == pytest.approx(2, rel=0.05)
    assert np.abs(shifts).max() <= 2 * np.sqrt(6)
    near = SmoothField(stream(0), 2.0, 20.0)(np.array([[50.0, 50.0], [51.0, 50.0]]))
    assert np.linalg.norm(near[1] - near[0] - [1, 0]) < 1


def test_joined_is_one_curve() -> None:
    """Through all points, in their order."""
    assert joined(CORNER[:1], [[1, 2]], CORNER[2:]).tolist() == [[0, 0], [1, 2], [30, 40]]
