"""The energy distance against SciPy's."""

import numpy as np
import pytest
from metric_inputs import surface_grids
from scipy.stats import energy_distance as scipy_energy_distance

from s2f_core.metrics.energy_distance import ENERGY_DISTANCE, coordinate_vectors, energy_distance


def test_energy_distance_equals_scipys() -> None:
    """In one dimension; SciPy's is the root, and includes pairs of a vector with itself."""
    random = np.random.default_rng(0)
    x, y = random.normal(0, 1, 300), random.normal(1, 2, 200)
    expected = scipy_energy_distance(x, y) ** 2
    self_pairs = np.abs(x[:, None] - x).mean() / 299 + np.abs(y[:, None] - y).mean() / 199
    assert energy_distance(x[:, None], y[:, None]) == pytest.approx(expected - self_pairs, abs=1e-9)


def test_examples_that_differ_by_the_whole_range_are_one_apart() -> None:
    """Black against white, for any number of points; the interval contains the value."""
    for side in (1, 6):
        black = coordinate_vectors(np.zeros((5, side, side, 3), np.uint8))
        assert energy_distance(black, black + 1 / np.sqrt(3 * side**2)) == pytest.approx(2)
    x, y = coordinate_vectors(surface_grids(60, 0)), coordinate_vectors(surface_grids(60, 1))
    near, far = energy_distance(x, y), energy_distance(x, y[:, ::-1])
    assert abs(near) < 0.01 < far
    low, high = ENERGY_DISTANCE.interval(x, y, np.random.default_rng(0), near)
    assert low < near < high
