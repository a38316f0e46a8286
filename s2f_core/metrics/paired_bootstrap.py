"""Two translations of the same test images: by how much one is better, and if that is settled.

Both are resampled with the same draws of the test images, so that what is hard for both does not
count (a paired bootstrap). The intervals are those of other test images alone: how another seed
would have trained the same variants, none of them says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from s2f_core.common.seeding import stream
from s2f_core.metrics import bootstrap, distances
from s2f_core.metrics.bootstrap import OF_MEAN, OF_SETS, Rows
from s2f_core.metrics.types import Figure, Values

Outcome = Literal["better", "worse", "not settled"]

FEATURES = "features.npz"
FID_UP_TO = 512  # images; resampling the FID of more takes minutes
FEWEST = 8  # images; a resample of fewer may be one image alone


@dataclass(frozen=True)
class Difference:
    """A score of one translation minus another's, with its 95 % interval, over ``n`` images."""

    value: float
    low: float
    high: float
    n: int
    higher_is_better: bool

    @property
    def outcome(self) -> Outcome:
        """What the first is, beside the second; not settled where the interval holds 0."""
        if self.low <= 0 <= self.high:
            return "not settled"
        return "better" if (self.low > 0) is self.higher_is_better else "worse"


@dataclass(frozen=True)
class Scored:
    """What one translation scored.

    ``target``: the images that it is held against. ``paired``: whether output i answers target i.
    ``ids``: of the inputs. ``by_image``: float [n] by score, in the order of the ids, not a number
    where an image has none. ``figures`` and ``higher_is_better``: of every score. ``features``: the
    file of :func:`save`, if there is one.
    """

    name: str
    target: str
    paired: bool
    ids: tuple[str, ...]
    by_image: Mapping[str, Values]
    figures: Mapping[str, Figure]
    higher_is_better: Mapping[str, bool]
    features: Path | None = None


def save(folder: Path, outputs: Values, targets: Values) -> None:
    """Write Inception features [n, d] and [m, d] as float32, which is all that they are exact to.

    The same features give the same bytes.
    """
    whole = outputs.astype(np.float32), targets.astype(np.float32)
    np.savez(folder / FEATURES, outputs=whole[0], targets=whole[1])


def unlike(one: Scored, other: Scored) -> str:
    """Why two translations cannot be compared image by image, in words; empty where they can."""
    if one.target != other.target:
        return (
            f"{one.name} and {other.name} are held against different images "
            f"({one.target} and {other.target})"
        )
    if one.paired != other.paired:
        return f"{one.name} and {other.name} are scored in different ways"
    if one.ids != other.ids:
        return f"{one.name} and {other.name} are of different test images"
    return ""


@dataclass(frozen=True)
class Comparisons:
    """All comparisons of some translations, by name. What was resampled once is kept."""

    scored: Mapping[str, Scored]
    _kept: dict[tuple[str, str], Values | None] = field(default_factory=dict)

    def difference(self, score: str, one: str, other: str) -> Difference | None:
        """By how much ``one`` scores more than ``other`` on the images that both have.

        A score with a value for each image: the mean difference, and its percentiles over 1,000
        resamples, as ``scipy.stats.bootstrap(paired=True)``. KID: percentiles of 1,000 resamples of
        outputs of both and targets; FID: ± 1.96 standard errors of 200, see
        :func:`distances.fid_interval`. None where the two have no images in common to compare, and
        for other scores of sets.
        """
        ours, theirs = self.scored[one], self.scored[other]
        if unlike(ours, theirs):
            return None
        higher = ours.higher_is_better.get(score, False)
        if score in ours.by_image and score in theirs.by_image:
            apart = ours.by_image[score] - theirs.by_image[score]
            apart = apart[~np.isnan(apart)]
            if len(apart) < FEWEST:
                return None
            low, high = bootstrap.of_mean(apart, stream(0))
            return Difference(float(apart.mean()), low, high, len(apart), higher)
        first, second = self._resampled(score, ours), self._resampled(score, theirs)
        if first is None or second is None:
            return None
        value, drawn = float(first[0] - second[0]), first[1:] - second[1:]
        fid = score == "fid"  # which resampling biases
        low, high = bootstrap.around(value, drawn) if fid else bootstrap.percentiles(drawn)
        return Difference(value, low, high, len(ours.ids), higher)

    def leaders(self, score: str, names: Iterable[str]) -> list[str]:
        """Those of these translations that are best, first the one with the best figure.

        With it stand all of which it is not settled that they are worse, in their order of merit.
        Empty where none has a figure. Where no paired comparison can be made, it is settled only if
        the two intervals have nothing in common.
        """
        values = {
            name: figure["value"]
            for name in names
            if (figure := self.scored[name].figures.get(score)) and figure["value"] is not None
        }
        if not values:
            return []
        higher = self.scored[next(iter(values))].higher_is_better.get(score, False)
        ranked = sorted(values, key=lambda name: (-1 if higher else 1) * (values[name] or 0.0))
        first = ranked[0]
        return [
            first,
            *(name for name in ranked[1:] if self.outcome(score, first, name) != "better"),
        ]

    def outcome(self, score: str, one: str, other: str) -> Outcome:
        """What ``one`` is beside ``other`` by this score; see :meth:`leaders`."""
        if unlike(self.scored[one], self.scored[other]):
            return "not settled"
        if found := self.difference(score, one, other):
            return found.outcome
        ours, theirs = (self.scored[name].figures.get(score) for name in (one, other))
        higher = self.scored[one].higher_is_better.get(score, False)
        if ours and theirs and _above(ours, theirs):
            return "better" if higher else "worse"
        if ours and theirs and _above(theirs, ours):
            return "worse" if higher else "better"
        return "not settled"

    def _resampled(self, score: str, scored: Scored) -> Values | None:
        """A score of sets as it is, then resampled: float64 [1 + R]; equal sizes, equal draws."""
        key = score, scored.name
        if key not in self._kept:
            self._kept[key] = _of_sets(score, scored)
        return self._kept[key]


def _above(one: Figure, other: Figure) -> bool:
    return one["low"] is not None and other["high"] is not None and one["low"] > other["high"]


def _of_sets(score: str, scored: Scored) -> Values | None:
    if score not in {"kid", "fid"} or scored.features is None or not scored.features.is_file():
        return None
    with np.load(scored.features) as arrays:
        outputs, targets = (arrays[key].astype(np.float64) for key in ("outputs", "targets"))
    sizes = len(outputs), len(targets)
    if min(sizes) < FEWEST or (score == "fid" and max(sizes) > FID_UP_TO):
        return None
    rows, others = _draws(sizes, OF_MEAN if score == "kid" else OF_SETS, scored.paired)
    if score == "fid":
        distance = distances.fid_of_rows(outputs, targets)
        drawn = [distance(one, other) for one, other in zip(rows, others, strict=True)]
        return np.asarray([distances.fid(outputs, targets), *drawn])
    p, q = _shares(rows, sizes[0]), _shares(others, sizes[1])
    return np.asarray(
        [distances.kid(outputs, targets), *kids(outputs, targets, p, q, paired=scored.paired)]
    )


def _draws(sizes: tuple[int, int], count: int, paired: bool) -> tuple[Rows, Rows]:
    """Rows of ``count`` resamples of either set, [count, n] and [count, m]; pairs stay together."""
    random = stream(0)
    rows, others = (random.integers(0, size, (count, size)) for size in sizes)
    return rows, rows if paired else others


def _shares(drawn: Rows, size: int) -> Values:
    """How much of each resample is each row: [count, size]."""
    counts = [np.bincount(rows, minlength=size) for rows in drawn]
    return np.asarray(np.stack(counts) / drawn.shape[1])


def kids(outputs: Values, targets: Values, p: Values, q: Values, *, paired: bool) -> Values:
    """KIDs float64 [R] of resamples, in which row i has the share p [R, n] and q [R, m].

    No image stands in a pair with itself. Where an output is drawn with its own target
    (``paired``), that pair counts for 1 / n of the pairs between the sets, as it does in the whole:
    drawn together they would meet twice as often.
    """

    def cubic(x: Values, y: Values) -> Values:
        return np.asarray((x @ y.T / x.shape[1] + 1.0) ** 3)

    def within(kernel: Values, shares: Values) -> Values:
        itself = shares**2
        all_pairs = ((shares @ kernel) * shares).sum(axis=1)
        return np.asarray((all_pairs - itself @ kernel.diagonal()) / (1 - itself.sum(axis=1)))

    kernel = cubic(outputs, targets)
    if paired:
        own = 1 / len(outputs)
        between = (1 - own) * within(kernel, p) + own * (p @ kernel.diagonal())
    else:
        between = ((p @ kernel) * q).sum(axis=1)
    ours, theirs = within(cubic(outputs, outputs), p), within(cubic(targets, targets), q)
    return np.asarray(ours + theirs - 2 * between)
