"""Precision, recall, density and coverage against torch-fidelity and their definitions."""

import numpy as np
import pytest
import torch
from metric_inputs import normal_vectors
from torch_fidelity.metric_prc import prc_features_to_metric

from s2f_core.metrics.precision_recall import (
    coverage,
    density,
    precision,
    recall,
)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (25, 60)])
def test_precision_and_recall_equal_torch_fidelitys(n: int, m: int) -> None:
    """The library's own function on the same features, the first being the outputs."""
    x, y = normal_vectors(n, 1) * 0.8, normal_vectors(m, 2)
    expected = prc_features_to_metric(
        torch.from_numpy(x),
        torch.from_numpy(y),
        prc_neighborhood=3,
        prc_batch_size=10,
        save_cpu_ram=False,
        verbose=False,
    )
    assert precision(x, y) == pytest.approx(expected["precision"], rel=1e-6)
    assert recall(x, y) == pytest.approx(expected["recall"], rel=1e-6)
    assert 0 < recall(x, y) < precision(x, y) < 1


def test_density_and_coverage_equal_their_definition() -> None:
    """Loops over every pair; a ball reaches from a real image to its fifth neighbour."""
    x, y = normal_vectors(10, 1) * 0.8 + 0.8, normal_vectors(20, 2)
    balls = [sorted(float(np.linalg.norm(y[i] - other)) for other in y)[5] for i in range(20)]
    inside = [[float(np.linalg.norm(out - y[i])) <= balls[i] for i in range(20)] for out in x]
    assert density(x, y) == pytest.approx(sum(map(sum, inside)) / (5 * 10))
    assert coverage(x, y) == sum(any(row[i] for row in inside) for i in range(20)) / 20
    assert 0 < coverage(x, y) < 1


def test_precision_measures_fidelity_and_recall_variety() -> None:
    """Outputs in the middle are precise and dense; scattered outputs have the higher recall."""
    real, middle, scattered = (
        normal_vectors(60, 1),
        0.2 * normal_vectors(60, 2),
        4 * normal_vectors(60, 3),
    )
    assert precision(middle, real) == 1
    assert density(middle, real) > 2
    assert recall(middle, real) < 0.1
    assert recall(scattered, real) > 0.9
    assert precision(scattered, real) < 0.2
    assert coverage(scattered, real) < 0.2


def test_copies_of_one_image_have_balls_of_no_size() -> None:
    """Sixty copies reach one real image of sixty."""
    real = normal_vectors(60, 1)
    copies = np.repeat(real[:1], 60, axis=0)
    assert precision(copies, real) == 1
    assert recall(copies, real) == pytest.approx(1 / 60)
    assert precision(real, copies) == pytest.approx(1 / 60)
