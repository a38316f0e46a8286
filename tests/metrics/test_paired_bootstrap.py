"""Two translations of the same test images, on scores with a known answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from s2f_core.common.seeding import stream
from s2f_core.metrics import paired_bootstrap
from s2f_core.metrics.fid import fid, fid_of_rows
from s2f_core.metrics.kid import kid
from s2f_core.metrics.paired_bootstrap import (
    Comparisons,
    Difference,
    TranslationScores,
    resampled_kids,
    save_features,
    why_incomparable,
)
from s2f_core.metrics.types import Values

N = 40
IDS = tuple(f"{row:03d}" for row in range(N))


def scored(
    name: str, per_image: dict[str, Values] | None = None, **changes: Any
) -> TranslationScores:
    """A translation of forty images, whose figures follow from its scores by image."""
    per_image = per_image or {}
    values: dict[str, Any] = {
        "name": name,
        "target": "faces/kept",
        "paired": True,
        "ids": IDS,
        "per_image": per_image,
        "estimates": {
            key: {"value": float(np.nanmean(one)), "low": None, "high": None, "n": N}
            for key, one in per_image.items()
        },
        "higher_is_better": {"ssim": True, "error": False, "kid": False, "fid": False},
    }
    return TranslationScores(**{**values, **changes})


def comparisons(*translations: TranslationScores) -> Comparisons:
    """The comparisons of these translations."""
    return Comparisons({one.name: one for one in translations})


def difference_of(one: TranslationScores, other: TranslationScores, score: str) -> Difference:
    """The difference of two translations; fails if they cannot be compared."""
    difference = comparisons(one, other).difference(score, one.name, other.name)
    assert difference
    return difference


def with_features(
    name: str, folder: Path, outputs: Values, targets: Values, **changes: Any
) -> TranslationScores:
    """A translation that has features and no scores by image."""
    (folder / name).mkdir()
    save_features(folder / name, outputs, targets)
    return scored(name, features=folder / name / paired_bootstrap.FEATURES, **changes)


@pytest.fixture
def values() -> tuple[Values, Values]:
    """A score by image of two translations: hard for one is hard for the other."""
    random = np.random.default_rng(0)
    hard = random.normal(0.5, 0.2, N)
    return hard + random.normal(0.02, 0.02, N), hard + random.normal(0, 0.02, N)


@pytest.fixture
def features() -> tuple[Values, Values, Values]:
    """Targets, outputs near them and outputs further off, float32 in float64 [40, 6]."""
    random = np.random.default_rng(1)
    targets = random.normal(0, 1, (N, 6))
    near, far = (targets + random.normal(0.2 * off, 0.5 * off, (N, 6)) for off in (1, 3))
    exact: Any = [part.astype(np.float32).astype(np.float64) for part in (targets, near, far)]
    return exact[0], exact[1], exact[2]


def test_means_are_compared_as_scipy_does(values: tuple[Values, Values]) -> None:
    """``scipy.stats.bootstrap`` of the pairs, with the same draws, has the same interval."""
    one, other = (scored(name, {"ssim": row}) for name, row in zip("ab", values, strict=True))
    difference = difference_of(one, other, "ssim")

    def mean(one: Values, other: Values, axis: int) -> Values:
        return np.asarray((one - other).mean(axis=axis))

    expected = stats.bootstrap(
        values, mean, paired=True, method="percentile", n_resamples=1000, rng=stream(0)
    ).confidence_interval
    assert difference.value == pytest.approx((values[0] - values[1]).mean())
    assert (difference.low, difference.high) == pytest.approx((expected.low, expected.high))
    assert difference.n == N


def test_pairs_settle_a_difference_that_two_intervals_do_not(values: tuple[Values, Values]) -> None:
    """Images that are hard for both cancel out: a tenth of either's spread is settled."""
    one, other = (scored(name, {"ssim": row}) for name, row in zip("ab", values, strict=True))
    assert difference_of(one, other, "ssim").low > 0
    ends = [stats.bootstrap((one,), np.mean, rng=stream(0)).confidence_interval for one in values]
    assert ends[0].low < ends[1].high


def test_the_order_of_arguments(values: tuple[Values, Values]) -> None:
    """The first minus the second; the score's direction decides which is better."""
    one = scored("a", {"ssim": values[0], "error": values[0]})
    other = scored("b", {"ssim": values[1], "error": values[1]})
    forward, backward = difference_of(one, other, "ssim"), difference_of(other, one, "ssim")
    assert (forward.value, forward.low, forward.high) == pytest.approx(
        (-backward.value, -backward.high, -backward.low)
    )
    assert (forward.outcome, backward.outcome) == ("better", "worse")
    assert difference_of(one, other, "error").outcome == "worse"
    assert difference_of(other, one, "error").outcome == "better"


def test_one_in_twenty_zero_differences_is_settled() -> None:
    """Two hundred seeded trials without a difference, and as many with one."""
    random = np.random.default_rng(2)

    def trial(shift: float) -> str:
        noise = random.normal(0, 1, (2, N))
        one, other = scored("a", {"ssim": noise[0] + shift}), scored("b", {"ssim": noise[1]})
        return difference_of(one, other, "ssim").outcome

    outcomes = [trial(0) for _ in range(200)]
    assert 3 <= 200 - outcomes.count("not settled") <= 22
    assert [trial(1.5) for _ in range(50)].count("better") == 50


def test_resamples_have_the_distances_of_their_rows(features: tuple[Values, ...]) -> None:
    """FID from weighted products is that of the drawn rows; KID of all rows is the KID."""
    targets, outputs, _ = features
    few = targets[:30]
    random = np.random.default_rng(3)
    rows, others = random.integers(0, N, (5, N)), random.integers(0, 30, (5, 30))
    expected = [fid(outputs[one], few[two]) for one, two in zip(rows, others, strict=True)]
    distance = fid_of_rows(outputs, few)
    distances = [distance(one, two) for one, two in zip(rows, others, strict=True)]
    assert distances == pytest.approx(expected, abs=1e-6)
    even, even_few = np.full((1, N), 1 / N), np.full((1, 30), 1 / 30)
    assert resampled_kids(outputs, few, even, even_few, paired=False) == pytest.approx(
        [kid(outputs, few)]
    )
    assert resampled_kids(outputs, targets, even, even, paired=True) == pytest.approx(
        [kid(outputs, targets)]
    )


def test_resampled_pairs_do_not_shift_the_kid(features: tuple[Values, ...]) -> None:
    """Outputs drawn with their targets meet them no oftener: resamples lie around the KID."""
    targets, outputs, _ = features
    resamples = np.random.default_rng(4).integers(0, N, (4000, N))
    p = np.stack([np.bincount(rows, minlength=N) for rows in resamples]) / N
    apart = [resampled_kids(outputs, targets, p, p, paired=paired) for paired in (True, False)]
    value = kid(outputs, targets)
    error = [abs(one.mean() - value) / (one.std() / np.sqrt(len(p))) for one in apart]
    assert error[0] < 3
    assert error[1] > 10  # as if the pairs were of strangers


def test_kid_is_compared_by_joint_resamples(tmp_path: Path, features: tuple[Values, ...]) -> None:
    """The interval is that of SciPy's bootstrap over rows of outputs, outputs and targets."""
    targets, near, far = features
    one = with_features("a", tmp_path, near, targets)
    other = with_features("b", tmp_path, far, targets)

    def statistic(rows: Any) -> float:
        p = np.bincount(rows.astype(int), minlength=N)[None] / N
        ours, theirs = (resampled_kids(part, targets, p, p, paired=True)[0] for part in (near, far))
        return float(ours - theirs)

    expected = stats.bootstrap(
        (np.arange(N),),
        statistic,
        vectorized=False,
        method="percentile",
        n_resamples=1000,
        rng=stream(0),
    ).confidence_interval
    difference = difference_of(one, other, "kid")
    exact = kid(near, targets) - kid(far, targets)
    assert difference.value == pytest.approx(exact)
    assert (difference.low, difference.high) == pytest.approx((expected.low, expected.high))
    assert difference.outcome == "better"
    assert difference_of(other, one, "kid").outcome == "worse"


@pytest.mark.parametrize("paired", [True, False])
def test_fid_is_compared_and_holds_its_value(
    tmp_path: Path, features: tuple[Values, ...], *, paired: bool
) -> None:
    """± 1.96 standard errors of the FIDs of rows; pairs are drawn together, samples are not."""
    targets, near, far = features
    one = with_features("a", tmp_path, near, targets, paired=paired)
    other = with_features("b", tmp_path, far, targets, paired=paired)
    difference = difference_of(one, other, "fid")
    exact = fid(near, targets) - fid(far, targets)
    assert difference.value == pytest.approx(exact)
    random = stream(0)
    rows, others = (random.integers(0, N, (200, N)) for _ in range(2))
    resampled_fids = [
        fid(near[i], targets[j]) - fid(far[i], targets[j])
        for i, j in zip(rows, rows if paired else others, strict=True)
    ]
    margin = 1.96 * np.std(resampled_fids, ddof=1)
    assert (difference.low, difference.high) == pytest.approx((exact - margin, exact + margin))
    assert difference.outcome == "better"
    assert difference.n == N


def test_equal_outputs_are_not_told_apart(tmp_path: Path, features: tuple[Values, ...]) -> None:
    """Their difference and its interval are zero."""
    targets, near, _ = features
    one, other = (with_features(name, tmp_path, near, targets) for name in "ab")
    for score in ("kid", "fid"):
        difference = difference_of(one, other, score)
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)
        assert difference.outcome == "not settled"


def test_images_without_a_figure_are_left_out(values: tuple[Values, Values]) -> None:
    """An image counts where both have it; too few of them say nothing."""
    gaps = values[0].copy()
    gaps[:5] = np.nan
    other = scored("b", {"ssim": values[1]})
    difference = difference_of(scored("a", {"ssim": gaps}), other, "ssim")
    assert difference.n == 35
    assert difference.value == pytest.approx((values[0] - values[1])[5:].mean())
    gaps[5:35] = np.nan
    assert comparisons(scored("a", {"ssim": gaps}), other).difference("ssim", "a", "b") is None


def test_unlike_evaluations_are_not_compared(values: tuple[Values, Values]) -> None:
    """Other targets, other images, another way of scoring, or nothing by image: no difference."""
    one = scored("a", {"ssim": values[0]})
    changes: dict[str, dict[str, Any]] = {
        "compared with different images (faces/kept and faces/removed)": {
            "target": "faces/removed"
        },
        "of different test images": {"ids": IDS[::-1]},
        "scored in different ways": {"paired": False},
    }
    for words, change in changes.items():
        other = scored("b", {"ssim": values[1] - 1}, **change)
        assert words in why_incomparable(one, other)
        compared = comparisons(one, other)
        assert compared.difference("ssim", "a", "b") is None
        assert compared.outcome("ssim", "a", "b") == "not settled"
    blank = comparisons(scored("a"), scored("b"))
    assert why_incomparable(*blank.scores.values()) == ""
    assert [blank.difference(score, "a", "b") for score in ("ssim", "kid", "new")] == [None] * 3


def test_leaders_are_all_that_may_be_best(values: tuple[Values, Values]) -> None:
    """The best figure, and with it each that is not settled to be worse."""
    noise = np.random.default_rng(5).normal(0, 0.1, N)
    compared = comparisons(
        scored("worse", {"ssim": values[1] - 0.1}),
        scored("level", {"ssim": values[0] + noise - noise.mean() - 0.001}),
        scored("first", {"ssim": values[0]}),
        scored("unknown"),
    )
    assert compared.leaders("ssim", compared.scores) == ["first", "level"]
    assert compared.leaders("ssim", ["worse", "unknown"]) == ["worse"]
    assert compared.leaders("kid", compared.scores) == []


def test_without_images_disjoint_intervals_settle() -> None:
    """Overlapping ones, or none, do not."""

    def known(name: str, value: float, low: float | None, high: float | None) -> TranslationScores:
        return scored(name, estimates={"kid": {"value": value, "low": low, "high": high, "n": 9}})

    compared = comparisons(
        known("first", 0.1, 0.08, 0.12),
        known("near", 0.11, 0.1, 0.13),
        known("far", 0.3, 0.2, 0.4),
        known("vague", 0.9, None, None),
    )
    assert compared.leaders("kid", compared.scores) == ["first", "near", "vague"]
    assert compared.outcome("kid", "far", "first") == "worse"


def test_a_difference_turns_with_its_sides(values: tuple[Values, Values]) -> None:
    """First minus second."""
    compared = comparisons(scored("a", {"ssim": values[0]}), scored("b", {"ssim": values[1]}))
    forward, backward = compared.difference("ssim", "a", "b"), compared.difference("ssim", "b", "a")
    assert forward
    assert backward
    assert forward.value == -backward.value
