"""Classifier score: Inception Score's formula with another network, under its own name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import SET_RESAMPLES, Rows
from s2f_core.metrics.efficientnet_lite0 import CLASSES
from s2f_core.metrics.types import SetScore, Values


def classifier_score(outputs: Values, targets: Values) -> float:
    """Return exp(E KL(p(y|x) ‖ p(y))) of logits [n, classes], from 1 to the number of classes.

    Source: Salimans et al. 2016, section 4. p(y) is the mean over all n, not over splits of them.
    The score is 1 where every image looks like the same mixture of classes. It ignores
    ``targets``; the score of real images is the floor's.
    """
    del targets
    return _of_weights(outputs)(np.full(len(outputs), 1 / len(outputs)))


def classifier_score_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """Return the 95 % interval of the score: the value ± 1.96 bootstrap standard errors.

    Percentiles would be too low: a resample repeats images, which takes away variety.
    """
    del targets
    score = _of_weights(outputs)

    def statistic(rows: Rows, others: Rows) -> float:
        del others
        return score(np.bincount(rows, minlength=len(outputs)) / len(rows))

    resampled = bootstrap.resample_sets(statistic, (len(outputs), 1), random)
    low, high = bootstrap.standard_error_interval(value, resampled)
    return max(1.0, low), high


def _of_weights(logits: Values) -> Callable[[Values], float]:
    """A function from the weight of each image [n], which add up to 1, to the score."""
    top = logits.max(axis=1, keepdims=True)
    log_probabilities = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    probabilities = np.exp(log_probabilities)
    negative_entropy = (probabilities * log_probabilities).sum(axis=1)

    def score(weights: Values) -> float:
        marginal = weights @ probabilities
        negative_marginal = marginal @ np.log(np.maximum(marginal, np.finfo(float).tiny))
        return float(np.exp(weights @ negative_entropy - negative_marginal))

    return score


CLASSIFIER_SCORE = SetScore(
    title="Classifier score (EfficientNet-Lite0)",
    space="classes",
    value=classifier_score,
    interval=classifier_score_interval,
    higher_is_better=True,
    range=(1, CLASSES),
    library="s2f, formula tested equal to torch-fidelity 0.4's Inception Score",
    interval_by=f"± 1.96 standard errors of {SET_RESAMPLES} bootstrap resamples of the outputs",
    describe=(
        "Inception Score's formula (Salimans 2016) with another ImageNet classifier, so not "
        "comparable with published Inception Scores: high where each output looks like one class "
        "and all together like many. Says little of faces, which are no class of ImageNet's; read "
        "it beside that of real images."
    ),
)
