"""Bootstrap intervals against SciPy's."""

import numpy as np
import pytest
from metric_inputs import scaled_vectors
from scipy.stats import bootstrap

from s2f_core.metrics import bootstrap as resampling


def test_resamples_equal_scipys() -> None:
    """Of a mean, and of a statistic of two sets, with the same draws."""
    x, y = scaled_vectors(30)[:, 0], scaled_vectors(20, 0.5)[:, 0]
    expected = bootstrap(
        (x,), np.mean, n_resamples=1000, method="percentile", rng=np.random.default_rng(3)
    )
    ends = expected.confidence_interval
    assert resampling.mean_interval(x, np.random.default_rng(3)) == pytest.approx(
        (ends.low, ends.high)
    )

    def difference_of_means(rows: resampling.Rows, others: resampling.Rows) -> float:
        return float(x[rows].mean() - y[others].mean())

    indices = (np.arange(30), np.arange(20))
    expected = bootstrap(
        indices,
        difference_of_means,
        vectorized=False,
        n_resamples=200,
        method="percentile",
        rng=np.random.default_rng(3),
    )
    resampled = resampling.resample_sets(difference_of_means, (30, 20), np.random.default_rng(3))
    assert resampled == pytest.approx(expected.bootstrap_distribution)
