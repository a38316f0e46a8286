"""Comparisons without scores by image."""

from __future__ import annotations

from collections.abc import Iterable

from s2f_core.metrics.paired_bootstrap import Comparisons, TranslationScores
from s2f_core.report.site.records import EvaluationRecord


def compare_by_intervals(evaluations: Iterable[EvaluationRecord]) -> Comparisons:
    """Compare figures by their intervals alone: settled if two intervals do not overlap."""
    return Comparisons({item.name: _translation_scores(item) for item in evaluations})


def _translation_scores(item: EvaluationRecord) -> TranslationScores:
    figures = {key: item.estimate(key) for key in item.scores}
    return TranslationScores(
        name=item.name,
        target=item.target,
        paired=item.kind == "pairs",
        ids=(),
        per_image={},
        estimates={
            key: {
                "value": estimate.value,
                "low": estimate.low,
                "high": estimate.high,
                "n": estimate.n or 0,
            }
            for key, estimate in figures.items()
        },
        higher_is_better={key: score.higher_is_better for key, score in item.scores.items()},
    )
