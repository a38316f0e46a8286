"""KID against sums over all pairs and torch-fidelity."""

import numpy as np
import pytest
import torch
from metric_inputs import scaled_vectors
from torch_fidelity.metric_kid import kid_features_to_metric

from s2f_core.metrics.kid import kid, kid_interval
from s2f_core.metrics.types import Values


def test_kid_equals_the_sums_over_all_pairs() -> None:
    """Loops over every pair, with the kernel (x·y / d + 1)³."""
    x, y = scaled_vectors(12), scaled_vectors(12, 0.5)

    def kernel(a: Values, b: Values) -> float:
        return float((a @ b / 24 + 1) ** 3)

    def within(a: Values) -> float:
        return float(np.mean([kernel(a[i], a[j]) for i in range(12) for j in range(12) if i != j]))

    between = np.mean([kernel(a, b) for a in x for b in y])
    assert kid(x, y) == pytest.approx(within(x) + within(y) - 2 * between, rel=1e-6)


def test_kid_equals_torch_fidelitys() -> None:
    """The library's own function on the same features, with one subset of all images."""
    x, y = scaled_vectors(60), scaled_vectors(70, 0.5)[:60]
    expected = kid_features_to_metric(
        torch.from_numpy(x),
        torch.from_numpy(y),
        kid_subsets=1,
        kid_subset_size=60,
        kid_kernel="poly",
        kid_degree=3,
        kid_gamma=None,
        kid_coef0=1,
        rng_seed=0,
        verbose=False,
    )
    assert kid(x, y) == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-6)


def test_kid_of_two_samples_of_one_distribution_is_about_zero() -> None:
    """The interval contains zero, although each resample repeats images."""
    x, y = scaled_vectors(150), scaled_vectors(151)
    low, high = kid_interval(x, y, np.random.default_rng(0), kid(x, y))
    assert low < 0 < high
