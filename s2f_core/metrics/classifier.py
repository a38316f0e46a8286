"""The classifier score: Inception Score's formula on another network, under its own name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.metrics import bootstrap, efficientnet_lite0
from s2f_core.metrics.bootstrap import OF_SETS, Rows
from s2f_core.metrics.inception import Backbone, See
from s2f_core.metrics.types import SetScore, Values


def classifier_score(outputs: Values, targets: Values) -> float:
    """exp(E KL(p(y|x) ‖ p(y))) of logits [n, classes] (Salimans et al. 2016, section 4).

    p(y) is the mean over all n, not over splits of them. From 1, where every image looks like the
    same mixture of classes, to the number of classes. ``targets`` are not looked at: their own
    score is the floor's.
    """
    del targets
    return _of_shares(outputs)(np.full(len(outputs), 1 / len(outputs)))


def classifier_interval(
    outputs: Values, targets: Values, random: np.random.Generator, value: float
) -> tuple[float, float]:
    """95 % interval of the score: the value ± 1.96 bootstrap standard errors.

    Not percentiles: a resample repeats images, which takes away variety.
    """
    del targets
    score = _of_shares(outputs)

    def drawn(rows: Rows, others: Rows) -> float:
        del others
        return score(np.bincount(rows, minlength=len(outputs)) / len(rows))

    found = bootstrap.of_sets(drawn, (len(outputs), 1), random)
    low, high = bootstrap.around(value, found)
    return max(1.0, low), high


def _of_shares(logits: Values) -> Callable[[Values], float]:
    """The score where image i is so large a share [n] of them; the shares' sum is 1."""
    top = logits.max(axis=1, keepdims=True)
    known = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    probable = np.exp(known)
    certain = (probable * known).sum(axis=1)

    def score(shares: Values) -> float:
        overall = shares @ probable
        surprise = overall @ np.log(np.maximum(overall, np.finfo(float).tiny))
        return float(np.exp(shares @ certain - surprise))

    return score


def _open(weights: Path) -> See:
    """The classifier of a state dict; raises UserError where the file is not that network's."""
    try:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        folded = efficientnet_lite0.fold(state)
    except Exception as error:  # torch raises many kinds for a broken file
        raise UserError(f"{weights} is not EfficientNet-Lite0: {error}; fetch it again") from None
    see = efficientnet_lite0.network(folded)
    return lambda image: see(efficientnet_lite0.resize(image))


CLASSIFIER = Backbone(
    "EfficientNet-Lite0 of ImageNet, logits of 1,000 classes",
    "bicubic with antialiasing to 224×224; uint8 RGB in",
    _open,
)
CLASSIFIER_SCORE = SetScore(
    title="Classifier score (EfficientNet-Lite0)",
    space="classes",
    value=classifier_score,
    interval=classifier_interval,
    higher_is_better=True,
    range=(1, efficientnet_lite0.CLASSES),
    library="s2f, formula tested equal to torch-fidelity 0.4's Inception Score",
    interval_by=f"± 1.96 standard errors of {OF_SETS} bootstrap resamples of the outputs",
    describe=(
        "Inception Score's formula (Salimans 2016) with another ImageNet classifier, so not "
        "comparable with published Inception Scores: high where each output looks like one class "
        "and all together like many. Says little of faces, which are no class of ImageNet's; read "
        "it beside that of real images."
    ),
)
