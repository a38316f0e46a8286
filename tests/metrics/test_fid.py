"""FID against SciPy and torch-fidelity."""

import numpy as np
import pytest
import torch
from metric_inputs import normal_vectors, scaled_vectors
from scipy.linalg import sqrtm
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

from s2f_core.metrics.fid import fid, fid_of_rows


@pytest.mark.parametrize(("n", "m"), [(15, 11), (200, 150), (15, 150)])
def test_fid_equals_scipys_matrix_square_root(n: int, m: int) -> None:
    """With fewer and with more images than dimensions; symmetric, and 0 for equal sets."""
    x, y = scaled_vectors(n), scaled_vectors(m, 0.5)
    sx, sy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    mean = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum()
    expected = mean + np.trace(sx + sy - 2 * np.real(sqrtm(sx @ sy + 1e-12 * np.eye(24))))
    assert fid(x, y) == pytest.approx(expected, rel=1e-4)
    assert fid(x, y) == pytest.approx(fid(y, x))
    assert fid(x, x) == pytest.approx(0, abs=1e-9)


def test_fid_equals_torch_fidelitys() -> None:
    """The library's own function on the same features."""
    x, y = scaled_vectors(60), scaled_vectors(70, 0.5)
    statistics = fid_features_to_statistics(torch.from_numpy(x))
    others = fid_features_to_statistics(torch.from_numpy(y))
    expected = fid_statistics_to_metric(statistics, others, verbose=False)
    assert fid(x, y) == pytest.approx(expected["frechet_inception_distance"], rel=1e-6)


@pytest.mark.parametrize("dimensions", [200, 5])
def test_fid_of_rows_equals_fid_of_the_selected_features(dimensions: int) -> None:
    """Rows that repeat, rows left out, other counts than the whole sets; d above and below n."""
    x, y = normal_vectors(30, 1, dimensions), normal_vectors(25, 2, dimensions) + 0.3
    rows, others = np.array([3, 3, 3, 0, 7, 29, 12, 12]), np.array([1, 2, 2, 9, 24, 13])
    assert fid_of_rows(x, y)(rows, others) == pytest.approx(fid(x[rows], y[others]), rel=1e-9)
