"""The scores by the names that they have in metrics/*.json."""

import pytest

from s2f_core.metrics.registry import PAIR_SCORES, SAMPLE_SCORES, SURFACE_SCORES
from s2f_core.metrics.types import Score


@pytest.mark.parametrize("scores", [PAIR_SCORES, SAMPLE_SCORES, SURFACE_SCORES])
def test_every_score_has_a_declaration(scores: dict[str, Score]) -> None:
    """It has a title, which way is better, and how the interval is computed."""
    assert scores
    for name, score in scores.items():
        assert name == name.lower()
        assert score.title
        assert "bootstrap" in score.interval_by
        assert score.describe.endswith(".")
