"""The page about the scores has each of them, as it declares itself."""

import re
from pathlib import Path

import pytest

from s2f_core.metrics.registry import PAIR_SCORES, SAMPLE_SCORES, SURFACE_SCORES
from s2f_core.metrics.types import Score

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([^|]+) \| `(\w+)` \| ([^|]+) \| (lower|higher) \|", re.MULTILINE)
SCORES = {**PAIR_SCORES, **SAMPLE_SCORES, **SURFACE_SCORES}


def _range(score: Score) -> str:
    low, high = score.range
    if low is None:
        return "any"
    return f"{low} and up" if high is None else f"{low} to {high}"


@pytest.mark.parametrize("key", SCORES)
def test_a_scores_row_is_what_it_declares(key: str) -> None:
    """Title, range and direction."""
    score = SCORES[key]
    rows = {row[1]: row for row in ROW.findall(PAGE)}
    better = "higher" if score.higher_is_better else "lower"
    assert rows[key] == (score.title, key, _range(score), better)


def test_no_row_is_of_a_score_that_is_gone() -> None:
    """Every key of the page is one of the table."""
    assert {row[1] for row in ROW.findall(PAGE)} == set(SCORES)
