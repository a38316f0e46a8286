"""Diversity of sets whose variety is known."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.metrics.diversity import DIVERSITY, pixel_vectors


def test_diversity_is_zero_for_copies_and_one_for_equal_sets(faces: Pixels) -> None:
    """Half the contrast is half as diverse, and the interval contains that."""
    real, half = pixel_vectors(faces), pixel_vectors(faces // 2)
    assert DIVERSITY.value(np.repeat(real[:1], 40, axis=0), real) == pytest.approx(0, abs=1e-6)
    assert DIVERSITY.value(real[::-1], real) == pytest.approx(1)
    value = DIVERSITY.value(half, real)
    assert value == pytest.approx(0.5, abs=0.01)
    low, high = DIVERSITY.interval(half, real, np.random.default_rng(3), value)
    assert low < value < high
