"""Paired bootstrap of two translations of the same test images.

Both translations are resampled with the same draws of the test images, so that an image that is
hard for both does not count. The intervals are over test images alone: they do not say how another
seed would have trained the same variants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from s2f_core.common.seeding import stream
from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import MEAN_RESAMPLES, MIN_IMAGES, SET_RESAMPLES, Rows
from s2f_core.metrics.fid import fid, fid_of_rows
from s2f_core.metrics.kid import cubic_kernel, kid
from s2f_core.metrics.types import Estimate, Values

Outcome = Literal["better", "worse", "not settled"]

FEATURES = "features.npz"
MAX_FID_IMAGES = 512  # resampling the FID of more takes minutes


@dataclass(frozen=True)
class Difference:
    """A score of one translation minus another's over ``n`` images, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    higher_is_better: bool

    @property
    def outcome(self) -> Outcome:
        """Whether the first is better or worse; not settled where the interval contains 0."""
        if self.low <= 0 <= self.high:
            return "not settled"
        return "better" if (self.low > 0) is self.higher_is_better else "worse"


@dataclass(frozen=True)
class TranslationScores:
    """The scores of one translation.

    ``target``: the real images that it is compared with. ``paired``: output i belongs to target i.
    ``ids``: those of the inputs. ``per_image``: float [n] by score, in the order of the ids, NaN
    for an image without a value. ``estimates`` and ``higher_is_better``: by score. ``features``:
    the file of :func:`save_features`, if there is one.
    """

    name: str
    target: str
    paired: bool
    ids: tuple[str, ...]
    per_image: Mapping[str, Values]
    estimates: Mapping[str, Estimate]
    higher_is_better: Mapping[str, bool]
    features: Path | None = None


def save_features(folder: Path, outputs: Values, targets: Values) -> None:
    """Write Inception features [n, d] and [m, d] into ``folder`` as float32, their precision.

    The same features give the same bytes.
    """
    np.savez(
        folder / FEATURES, outputs=outputs.astype(np.float32), targets=targets.astype(np.float32)
    )


def why_incomparable(one: TranslationScores, other: TranslationScores) -> str:
    """Return why two translations cannot be compared image by image; "" where they can be."""
    if one.target != other.target:
        return (
            f"{one.name} and {other.name} are compared with different images "
            f"({one.target} and {other.target})"
        )
    if one.paired != other.paired:
        return f"{one.name} and {other.name} are scored in different ways"
    if one.ids != other.ids:
        return f"{one.name} and {other.name} are of different test images"
    return ""


@dataclass(frozen=True)
class Comparisons:
    """All comparisons of some translations, by name. Each resampling runs once."""

    scores: Mapping[str, TranslationScores]
    _resamples: dict[tuple[str, str], Values | None] = field(default_factory=dict)

    def difference(self, score: str, one: str, other: str) -> Difference | None:
        """Return the score of ``one`` minus that of ``other`` on the images that both have.

        A score with a value for each image has the mean difference and its percentiles over 1,000
        resamples, as ``scipy.stats.bootstrap(paired=True)``. KID has percentiles of 1,000 resamples
        of targets and both outputs, FID ± 1.96 standard errors of 200 (see :func:`.fid_interval`).
        None where the two are not comparable, and for other scores of sets.
        """
        ours, theirs = self.scores[one], self.scores[other]
        if why_incomparable(ours, theirs):
            return None
        higher = ours.higher_is_better.get(score, False)
        if score in ours.per_image and score in theirs.per_image:
            differences = ours.per_image[score] - theirs.per_image[score]
            differences = differences[~np.isnan(differences)]
            if len(differences) < MIN_IMAGES:
                return None
            low, high = bootstrap.mean_interval(differences, stream(0))
            return Difference(float(differences.mean()), low, high, len(differences), higher)
        first, second = self._resampled(score, ours), self._resampled(score, theirs)
        if first is None or second is None:
            return None
        value, resamples = float(first[0] - second[0]), first[1:] - second[1:]
        if score == "fid":  # resampling biases it
            low, high = bootstrap.standard_error_interval(value, resamples)
        else:
            low, high = bootstrap.percentile_interval(resamples)
        return Difference(value, low, high, len(ours.ids), higher)

    def leaders(self, score: str, names: Iterable[str]) -> list[str]:
        """Return the translation with the best value, then those that may be as good, best first.

        A translation may be as good unless a paired comparison settles that it is worse. Where no
        paired comparison is possible, two intervals without overlap settle it. The list is empty
        where no translation has a value.
        """
        values = {
            name: estimate["value"]
            for name in names
            if (estimate := self.scores[name].estimates.get(score))
            and estimate["value"] is not None
        }
        if not values:
            return []
        higher = self.scores[next(iter(values))].higher_is_better.get(score, False)
        ranked = sorted(values, key=lambda name: (-1 if higher else 1) * (values[name] or 0.0))
        first = ranked[0]
        return [
            first,
            *(name for name in ranked[1:] if self.outcome(score, first, name) != "better"),
        ]

    def outcome(self, score: str, one: str, other: str) -> Outcome:
        """Return whether ``one`` is better or worse than ``other``; see :meth:`leaders`."""
        if why_incomparable(self.scores[one], self.scores[other]):
            return "not settled"
        if difference := self.difference(score, one, other):
            return difference.outcome
        ours, theirs = (self.scores[name].estimates.get(score) for name in (one, other))
        higher = self.scores[one].higher_is_better.get(score, False)
        if ours and theirs and _above(ours, theirs):
            return "better" if higher else "worse"
        if ours and theirs and _above(theirs, ours):
            return "worse" if higher else "better"
        return "not settled"

    def _resampled(self, score: str, translation: TranslationScores) -> Values | None:
        """A score of sets, then its resamples: float64 [1 + R]; equal sizes have equal draws."""
        key = score, translation.name
        if key not in self._resamples:
            self._resamples[key] = _resample(score, translation)
        return self._resamples[key]


def _above(one: Estimate, other: Estimate) -> bool:
    return one["low"] is not None and other["high"] is not None and one["low"] > other["high"]


def _resample(score: str, translation: TranslationScores) -> Values | None:
    features = translation.features
    if score not in {"kid", "fid"} or features is None or not features.is_file():
        return None
    with np.load(features) as arrays:
        outputs, targets = (arrays[key].astype(np.float64) for key in ("outputs", "targets"))
    sizes = len(outputs), len(targets)
    if min(sizes) < MIN_IMAGES or (score == "fid" and max(sizes) > MAX_FID_IMAGES):
        return None
    rows, others = _draws(
        sizes, MEAN_RESAMPLES if score == "kid" else SET_RESAMPLES, translation.paired
    )
    if score == "fid":
        of_rows = fid_of_rows(outputs, targets)
        fids = [of_rows(one, other) for one, other in zip(rows, others, strict=True)]
        return np.asarray([fid(outputs, targets), *fids])
    p, q = _weights(rows, sizes[0]), _weights(others, sizes[1])
    kids = resampled_kids(outputs, targets, p, q, paired=translation.paired)
    return np.asarray([kid(outputs, targets), *kids])


def _draws(sizes: tuple[int, int], count: int, paired: bool) -> tuple[Rows, Rows]:
    """Rows of ``count`` resamples of either set, [count, n] and [count, m].

    Pairs stay together.
    """
    random = stream(0)
    rows, others = (random.integers(0, size, (count, size)) for size in sizes)
    return rows, rows if paired else others


def _weights(resamples: Rows, size: int) -> Values:
    """The share of each image in each resample: [count, size]."""
    counts = [np.bincount(rows, minlength=size) for rows in resamples]
    return np.asarray(np.stack(counts) / resamples.shape[1])


def resampled_kids(
    outputs: Values, targets: Values, p: Values, q: Values, *, paired: bool
) -> Values:
    """Return the KIDs of R resamples, in which image i has the weight p [R, n] and q [R, m].

    The sums leave out pairs of an image with itself. Where an output is drawn with its own target
    (``paired``), that pair counts for 1 / n of the pairs between the sets, as it does in the whole
    sets. Otherwise it would count twice as much.
    """

    def mean_of_pairs(kernel: Values, weights: Values) -> Values:
        squares = weights**2
        all_pairs = ((weights @ kernel) * weights).sum(axis=1)
        return np.asarray((all_pairs - squares @ kernel.diagonal()) / (1 - squares.sum(axis=1)))

    kernel = cubic_kernel(outputs, targets)
    if paired:
        own = 1 / len(outputs)
        between = (1 - own) * mean_of_pairs(kernel, p) + own * (p @ kernel.diagonal())
    else:
        between = ((p @ kernel) * q).sum(axis=1)
    ours = mean_of_pairs(cubic_kernel(outputs, outputs), p)
    theirs = mean_of_pairs(cubic_kernel(targets, targets), q)
    return np.asarray(ours + theirs - 2 * between)
