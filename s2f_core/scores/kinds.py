"""What a score is: a pure function of images, and what it declares beside its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import numpy as np

from s2f_core.images import Pixels
from s2f_core.scores import resampling
from s2f_core.scores.resampling import Values
from s2f_core.seeding import stream

__all__ = [
    "ClassScore",
    "Declaration",
    "Figure",
    "PairedScore",
    "Sample",
    "Score",
    "SetScore",
    "Space",
    "Values",
]

Space = Literal["inception", "pixels", "coordinates"]


class Figure(TypedDict):
    """A value with its 95 % interval and the number of images behind it, as the JSON has it."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def figure(value: float, low: float, high: float, n: int) -> Figure:
    """A figure to six significant digits."""

    def short(number: float) -> float:
        return float(f"{number:.6g}")

    return {"value": short(value), "low": short(low), "high": short(high), "n": n}


MISSING: Figure = {"value": None, "low": None, "high": None, "n": 0}


@dataclass(frozen=True)
class Sample:
    """A set of images, and what the scores see of it.

    ``pixels`` uint8 [n, H, W, C]. ``spaces`` turns images into vectors float [n, d] by the name of
    the space; each is computed once. ``classes`` are the names of the classes of the data.
    ``paired``: whether image i answers input i of the test split, as the targets do.
    """

    pixels: Pixels
    spaces: Mapping[Space, Callable[[Pixels], Values]]
    classes: Sequence[str] = ()
    paired: bool = True
    _seen: dict[Space, Values] = field(default_factory=dict)

    def seen_in(self, space: Space) -> Values:
        """The images as vectors of a space, float [n, d]."""
        if space not in self._seen:
            self._seen[space] = self.spaces[space](self.pixels)
        return self._seen[space]


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What every score says of itself; goes into the JSON beside the figures.

    ``space``: what a score sees images as, where it does not see pixels side by side.
    """

    title: str
    higher_is_better: bool
    range: tuple[float | None, float | None]
    library: str
    describe: str
    space: Space | None = None
    interval_by: str = f"percentiles of {resampling.OF_MEAN:,} bootstrap resamples of the images"


@dataclass(frozen=True, kw_only=True)
class PairedScore(Declaration):
    """A score of each output against its own target: a pure function and its declaration.

    Called with outputs and targets uint8 [n, H, W, C] it gives float64 [n].
    """

    function: Callable[[Pixels, Pixels], Values]

    def __call__(self, outputs: Pixels, targets: Pixels) -> Values:
        """The score of every pair; raises ValueError where the shapes differ."""
        if outputs.shape != targets.shape:
            raise ValueError(f"outputs {outputs.shape} and targets {targets.shape} differ in shape")
        return self.function(outputs, targets)

    def by_image(self, outputs: Sample, targets: Sample) -> Values | None:
        """The score of every pair, or None where the outputs are no answers to the inputs."""
        return self(outputs.pixels, targets.pixels) if outputs.paired else None

    def measure(self, outputs: Sample, targets: Sample) -> Figure:
        """The mean over the pairs."""
        return _mean(self.by_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class ClassScore(Declaration):
    """A score of each output alone, given the classes that the real ones have.

    Called with outputs uint8 [n, H, W, C] and the classes' names it gives float64 [n].
    """

    function: Callable[[Pixels, Sequence[str]], Values]

    def __call__(self, outputs: Pixels, classes: Sequence[str]) -> Values:
        """The score of every output."""
        return self.function(outputs, classes)

    def by_image(self, outputs: Sample, targets: Sample) -> Values:
        """The score of every output."""
        return self(outputs.pixels, targets.classes)

    def measure(self, outputs: Sample, targets: Sample) -> Figure:
        """The mean over the outputs."""
        return _mean(self.by_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class SetScore(Declaration):
    """A comparison of two sets of vectors of a space, float [n, d] and [m, d]."""

    space: Space
    value: Callable[[Values, Values], float]
    interval: Callable[[Values, Values, np.random.Generator], tuple[float, float]]

    def by_image(self, outputs: Sample, targets: Sample) -> None:
        """Nothing: it has no value for one image."""
        del outputs, targets

    def measure(self, outputs: Sample, targets: Sample) -> Figure:
        """The value for the whole sets."""
        ours, theirs = outputs.seen_in(self.space), targets.seen_in(self.space)
        low, high = self.interval(ours, theirs, stream(0))
        return figure(self.value(ours, theirs), low, high, len(ours))


Score = PairedScore | ClassScore | SetScore


def _mean(values: Values | None) -> Figure:
    if values is None:
        return MISSING
    low, high = resampling.of_mean(values, stream(0))
    return figure(float(values.mean()), low, high, len(values))
