"""The classifier score against torch-fidelity's Inception Score."""

import numpy as np
import pytest
import torch
from metric_inputs import normal_vectors
from torch_fidelity.metric_isc import isc_features_to_metric

from s2f_core.metrics.classifier_score import classifier_score, classifier_score_interval


def test_classifier_score_equals_torch_fidelitys_inception_score() -> None:
    """The library's function on the same logits, in one split; real images do not matter."""
    logits = 3 * normal_vectors(50, 1, 20)
    expected = isc_features_to_metric(torch.from_numpy(logits), splits=1, shuffle=False)
    score = classifier_score(logits, logits)
    assert score == pytest.approx(expected["inception_score_mean"], rel=1e-9)
    assert classifier_score(logits, -logits) == score


def test_classifier_score_counts_classes() -> None:
    """Four classes with certain images score 4; equal images score 1."""
    certain = np.tile(200.0 * np.eye(4), (5, 1))
    assert classifier_score(certain, certain) == pytest.approx(4)
    assert classifier_score(certain[:1].repeat(9, axis=0), certain) == pytest.approx(1)
    uncertain = np.zeros((9, 4))
    assert classifier_score(uncertain, uncertain) == pytest.approx(1)


def test_classifier_score_interval_starts_at_one_and_narrows_with_more_images() -> None:
    """It contains the value and is the same for the same seed."""
    widths = []
    for n in (40, 160):
        logits = 3 * normal_vectors(n, 1, 20)
        value = classifier_score(logits, logits)
        low, high = classifier_score_interval(logits, logits, np.random.default_rng(0), value)
        assert (low, high) == classifier_score_interval(
            logits, -logits, np.random.default_rng(0), value
        )
        assert 1 <= low < value < high
        widths.append(high - low)
    assert widths[1] < widths[0]
    equal = np.zeros((9, 4))
    assert classifier_score_interval(equal, equal, np.random.default_rng(0), 1) == pytest.approx(
        (1, 1)
    )
