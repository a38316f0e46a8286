"""How often people are fooled: by hand, against SciPy, and where the intervals come from."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from s2f_core.report.survey.rates import (
    BOOTSTRAP,
    WILSON,
    error_rate,
    fooling_rate,
    wilson_interval,
)


def _frame(answers: dict[str, list[str]], translation: str = "one") -> pd.DataFrame:
    """Answers of people, by name, to pictures 0, 1 and so on: r for real, g for generated."""
    rows = [
        {"person": name, "image": f"{number}", "answer": {"r": "real", "g": "generated"}[letter]}
        for name, letters in answers.items()
        for number, letter in enumerate(letters)
    ]
    return pd.DataFrame(rows).assign(translation=translation)


def test_the_rates_by_hand() -> None:
    """Three of eight generated are called real, and three of four real ones: 4 of 12 are wrong."""
    generated = _frame({"Ana": list("rggg"), "Bo": list("rrgg")})
    real = _frame({"Ana": list("rrrg")}, "")
    real["image"] = "p" + real["image"]
    frame = pd.concat([generated, real])
    rate = fooling_rate(frame)
    assert (rate["value"], rate["n"], rate["people"], rate["images"]) == (0.375, 8, 2, 4)
    assert error_rate(frame)["value"] == pytest.approx(4 / 12, abs=1e-6)
    assert fooling_rate(real)["value"] is None


@pytest.mark.parametrize(("hits", "n"), [(0, 20), (7, 20), (20, 20)])
def test_one_persons_interval_is_wilsons(hits: int, n: int) -> None:
    """As SciPy has it; a bootstrap of no hits would say that there can be none."""
    reference = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson_interval(hits / n, n) == pytest.approx((reference.low, reference.high), abs=1e-6)
    rate = fooling_rate(_frame({"Ana": ["r"] * hits + ["g"] * (n - hits)}))
    assert (rate["low"], rate["high"]) == pytest.approx(tuple(reference), abs=1e-5)
    assert rate["interval_by"] == WILSON


def test_more_people_who_agree_do_not_narrow_the_interval() -> None:
    """Ten people who are never fooled by five pictures have the interval of one such person."""
    rate = fooling_rate(_frame({f"{number}": ["g"] * 5 for number in range(10)}))
    assert rate["high"] == pytest.approx(wilson_interval(0, 5)[1], abs=1e-5)


def test_the_bootstrap_resamples_people_not_answers_alone() -> None:
    """One person calls every picture real, the other none: the interval is 0 to 1."""
    rate = fooling_rate(_frame({"Ana": ["r"] * 50, "Bo": ["g"] * 50}))
    assert (rate["value"], rate["low"], rate["high"]) == (0.5, 0.0, 1.0)
    assert rate["interval_by"] == BOOTSTRAP


def test_people_who_answer_alike_have_the_interval_of_the_pictures() -> None:
    """Close to the binomial one where every picture fools all or none."""
    letters = ["r"] * 30 + ["g"] * 70
    rate = fooling_rate(_frame({f"{number}": letters for number in range(6)}))
    half = 1.96 * np.sqrt(0.3 * 0.7 / 100)
    assert (rate["low"], rate["high"]) == pytest.approx((0.3 - half, 0.3 + half), abs=0.02)
