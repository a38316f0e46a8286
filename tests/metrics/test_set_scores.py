"""Scores of two sets of features: independent references, and scenarios that pin the arguments."""

import numpy as np
import pytest
import torch
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from s2f_core.common.images import Pixels
from s2f_core.metrics.classifier import classifier_interval, classifier_score
from s2f_core.metrics.distances import fid, fid_of_rows
from s2f_core.metrics.precision_recall import (
    COVERAGE,
    DENSITY,
    PRECISION,
    RECALL,
    coverage,
    density,
    precision,
    recall,
)
from s2f_core.metrics.types import MISSING, Sample, SetScore, Values

SCORES = {"p": PRECISION, "r": RECALL, "d": DENSITY, "c": COVERAGE}


def _drawn(n: int, seed: int = 0, d: int = 8) -> Values:
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("wide", [200, 5])
def test_fid_of_rows_is_that_of_the_rows(wide: int) -> None:
    """Some several times, some never, other counts than the whole; either way of finding it."""
    x, y = _drawn(30, 1, wide), _drawn(25, 2, wide) + 0.3
    rows, others = np.array([3, 3, 3, 0, 7, 29, 12, 12]), np.array([1, 2, 2, 9, 24, 13])
    assert fid_of_rows(x, y)(rows, others) == pytest.approx(fid(x[rows], y[others]), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (25, 60)])
def test_precision_and_recall_are_torch_fidelitys(n: int, m: int) -> None:
    """The library's own function on the same features, the first being the outputs."""
    x, y = _drawn(n, 1) * 0.8, _drawn(m, 2)
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


def test_density_and_coverage_by_definition() -> None:
    """Loops over every pair: the balls are those of the real ones, to their fifth neighbour."""
    x, y = _drawn(10, 1) * 0.8 + 0.8, _drawn(20, 2)
    balls = [sorted(float(np.linalg.norm(y[i] - other)) for other in y)[5] for i in range(20)]
    inside = [[float(np.linalg.norm(out - y[i])) <= balls[i] for i in range(20)] for out in x]
    assert density(x, y) == pytest.approx(sum(map(sum, inside)) / (5 * 10))
    assert coverage(x, y) == sum(any(row[i] for row in inside) for i in range(20)) / 20
    assert 0 < coverage(x, y) < 1


def test_fidelity_and_variety_are_told_apart() -> None:
    """Outputs in the middle are precise and dense and reach little; scattered ones the reverse."""
    real, middle, scattered = _drawn(60, 1), 0.2 * _drawn(60, 2), 4 * _drawn(60, 3)
    assert precision(middle, real) == 1
    assert density(middle, real) > 2
    assert recall(middle, real) < 0.1
    assert recall(scattered, real) > 0.9
    assert precision(scattered, real) < 0.2
    assert coverage(scattered, real) < 0.2


def test_copies_reach_themselves_only() -> None:
    """One output sixty times: its ball is a point; a real image among copies of itself the same."""
    real = _drawn(60, 1)
    copies = np.repeat(real[:1], 60, axis=0)
    assert precision(copies, real) == 1
    assert recall(copies, real) == pytest.approx(1 / 60)
    assert precision(real, copies) == pytest.approx(1 / 60)


@pytest.mark.parametrize("name", SCORES)
def test_intervals_of_set_scores(name: str) -> None:
    """They hold the value, keep to the range, repeat, and narrow with more images."""
    score = SCORES[name]
    widths = []
    for n in (40, 160):
        x, y = 0.7 * _drawn(n, 1) + 0.6, _drawn(n, 2)
        value = score.value(x, y)
        low, high = score.interval(x, y, np.random.default_rng(0), value)
        assert (low, high) == score.interval(x, y, np.random.default_rng(0), value)
        assert low < value < high
        assert score.range[0] is None or low >= score.range[0]
        assert score.range[1] is None or high <= score.range[1]
        widths.append(high - low)
    assert widths[1] < widths[0]


@pytest.mark.parametrize("name", SCORES)
def test_too_few_images_have_no_figure(name: str, faces: Pixels) -> None:
    """One fewer than a score needs, of either set."""
    score = SCORES[name]
    assert isinstance(score, SetScore)

    def sample(count: int) -> Sample:
        return Sample(faces[:count], {"inception": lambda images: images[:, 0, :, 0] / 255})

    assert score.measure(sample(score.least), sample(score.least))["value"] is not None
    assert score.measure(sample(score.least - 1), sample(20)) == MISSING
    assert score.measure(sample(20), sample(score.least - 1)) == MISSING


def test_the_classifier_score_is_torch_fidelitys_inception_score() -> None:
    """Its function on the same logits, in one split; whatever the real ones are."""
    logits = 3 * _drawn(50, 1, 20)
    expected = isc_features_to_metric(torch.from_numpy(logits), splits=1, shuffle=False)
    found = classifier_score(logits, logits)
    assert found == pytest.approx(expected["inception_score_mean"], rel=1e-9)
    assert classifier_score(logits, -logits) == found


def test_the_classifier_score_counts_classes() -> None:
    """Four classes, each image surely of one: 4. Images all alike: 1."""
    sure = np.tile(200.0 * np.eye(4), (5, 1))
    assert classifier_score(sure, sure) == pytest.approx(4)
    assert classifier_score(sure[:1].repeat(9, axis=0), sure) == pytest.approx(1)
    unsure = np.zeros((9, 4))
    assert classifier_score(unsure, unsure) == pytest.approx(1)


def test_the_classifier_scores_interval() -> None:
    """It holds the value, starts at 1 at the least, repeats, and narrows with more images."""
    widths = []
    for n in (40, 160):
        logits = 3 * _drawn(n, 1, 20)
        value = classifier_score(logits, logits)
        low, high = classifier_interval(logits, logits, np.random.default_rng(0), value)
        assert (low, high) == classifier_interval(logits, -logits, np.random.default_rng(0), value)
        assert 1 <= low < value < high
        widths.append(high - low)
    assert widths[1] < widths[0]
    alike = np.zeros((9, 4))
    assert classifier_interval(alike, alike, np.random.default_rng(0), 1) == pytest.approx((1, 1))
