"""What a score is: a pure function of images, and what it declares beside its value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypedDict

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.common.seeding import stream
from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import Values

__all__ = [
    "ClassScore",
    "Declaration",
    "Figure",
    "Network",
    "PairedScore",
    "RelativeScore",
    "Sample",
    "Score",
    "SetScore",
    "Space",
    "Values",
]

Space = Literal[
    "inception",
    "classes",
    "faces",
    "pixels",
    "coordinates",
    "condition",
    "sharpness",
    "nearest",
]


class Network(Protocol):
    """A space that a network with fetched weights sees; it is called only where a score needs it.

    ``network`` says which one, ``resize`` how images reach the size that it takes.
    """

    @property
    def network(self) -> str:
        """Which network it is."""

    @property
    def resize(self) -> str:
        """How an image reaches its size."""

    def __call__(self, images: Pixels) -> Values:
        """Vectors float [n, d] of uint8 [n, H, W, C]."""


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
    the space; each is computed once, and a score of one that is not there has no value.
    ``classes`` are the names of the classes of the data.
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

    def without(self, spaces: Collection[Space]) -> Sample:
        """The same images, unseen in these spaces."""
        left = {name: see for name, see in self.spaces.items() if name not in spaces}
        return Sample(self.pixels, left, self.classes, self.paired)

    def seeing(self, space: Space, see: Callable[[Pixels], Values]) -> Sample:
        """The same images, seen otherwise in this space."""
        return Sample(self.pixels, {**self.spaces, space: see}, self.classes, self.paired)


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
    interval_by: str = f"percentiles of {bootstrap.OF_MEAN:,} bootstrap resamples of the images"


@dataclass(frozen=True, kw_only=True)
class PairedScore(Declaration):
    """A score of each output against its own target: a pure function and its declaration.

    Called with outputs and targets uint8 [n, H, W, C], or float [n, d] in its ``space``, it gives
    float64 [n], NaN for a pair that has none.
    """

    function: Callable[[Any, Any], Values]

    def __call__(self, outputs: Pixels | Values, targets: Pixels | Values) -> Values:
        """The score of every pair; raises ValueError where the shapes differ."""
        if outputs.shape != targets.shape:
            raise ValueError(f"outputs {outputs.shape} and targets {targets.shape} differ in shape")
        return self.function(outputs, targets)

    def by_image(self, outputs: Sample, targets: Sample) -> Values | None:
        """The score of every pair, or None where the outputs are no answers to the inputs."""
        if not outputs.paired or not _seen(self.space, outputs, targets):
            return None
        if self.space is None:
            return self(outputs.pixels, targets.pixels)
        return self(outputs.seen_in(self.space), targets.seen_in(self.space))

    def measure(self, outputs: Sample, targets: Sample) -> Figure:
        """The mean over the pairs that have a score."""
        return _mean(self.by_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class RelativeScore(Declaration):
    """A score of each output beside what all the real ones are like, whichever it answers.

    Called with vectors of its space, float [n, d] of outputs and [m, d] of real ones, it gives
    float64 [n], NaN for an output that has none.
    """

    space: Space
    function: Callable[[Values, Values], Values]

    def __call__(self, outputs: Values, targets: Values) -> Values:
        """The score of every output."""
        return self.function(outputs, targets)

    def by_image(self, outputs: Sample, targets: Sample) -> Values | None:
        """The score of every output, or None where the space is not there."""
        if not _seen(self.space, outputs, targets):
            return None
        return self(outputs.seen_in(self.space), targets.seen_in(self.space))

    def measure(self, outputs: Sample, targets: Sample) -> Figure:
        """The mean over the outputs that have a score."""
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
    """A comparison of two sets of vectors of a space, float [n, d] and [m, d].

    ``interval`` is given the ``value`` too. ``least``: how many either set must have for it to be
    defined.
    """

    space: Space
    value: Callable[[Values, Values], float]
    interval: Callable[[Values, Values, np.random.Generator, float], tuple[float, float]]
    least: int = 2

    def by_image(self, outputs: Sample, targets: Sample) -> None:
        """Nothing: it has no value for one image."""
        del outputs, targets

    def measure(self, outputs: Sample, targets: Sample) -> Figure:
        """The value for the whole sets, or none where the space is not there or they are small."""
        if not _seen(self.space, outputs, targets):
            return MISSING
        if min(len(outputs.pixels), len(targets.pixels)) < self.least:
            return MISSING
        ours, theirs = outputs.seen_in(self.space), targets.seen_in(self.space)
        value = self.value(ours, theirs)
        low, high = self.interval(ours, theirs, stream(0), value)
        return figure(value, low, high, len(ours))


Score = PairedScore | RelativeScore | ClassScore | SetScore


def _seen(space: Space | None, outputs: Sample, targets: Sample) -> bool:
    return space is None or (space in outputs.spaces and space in targets.spaces)


def _mean(values: Values | None) -> Figure:
    found = np.empty(0) if values is None else values[~np.isnan(values)]
    if not len(found):
        return MISSING
    low, high = bootstrap.of_mean(found, stream(0))
    return figure(float(found.mean()), low, high, len(found))
