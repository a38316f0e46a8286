"""Comparisons where nothing is known image by image."""

from __future__ import annotations

from collections.abc import Iterable

from s2f_core.metrics.paired_bootstrap import Comparisons, TranslationScores
from s2f_core.report.site.records import EvaluationRecord


def by_intervals(evaluations: Iterable[EvaluationRecord]) -> Comparisons:
    """Comparisons of the figures alone: settled where two intervals have nothing in common."""
    return Comparisons({item.name: _scored(item) for item in evaluations})


def _scored(item: EvaluationRecord) -> TranslationScores:
    found = {key: item.estimate(key) for key in item.scores}
    return TranslationScores(
        name=item.name,
        target=item.target,
        paired=item.kind == "pairs",
        ids=(),
        per_image={},
        estimates={
            key: {"value": one.value, "low": one.low, "high": one.high, "n": one.n or 0}
            for key, one in found.items()
        },
        higher_is_better={key: score.higher_is_better for key, score in item.scores.items()},
    )
