"""Types of scores: each has a pure function, and declares its title, range and direction."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, TypedDict

import numpy as np

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.common.seeding import stream
from s2f_core.metrics import bootstrap
from s2f_core.metrics.bootstrap import Values

__all__ = [
    "MISSING",
    "ClassScore",
    "Declaration",
    "Estimate",
    "FeatureNetwork",
    "ImageSet",
    "JointScore",
    "PairedScore",
    "RelativeScore",
    "Score",
    "SetScore",
    "Space",
    "Values",
    "estimate",
    "mean_estimate",
]

Space = Literal[
    "inception",
    "classes",
    "faces",
    "drawn_faces",
    "identity",
    "lpips",
    "pixels",
    "coordinates",
    "condition",
    "sharpness",
    "nearest",
]


class FeatureNetwork(Protocol):
    """A network with fetched weights that turns images into vectors of a space."""

    @property
    def network(self) -> str:
        """The network's title and the checksum of its weights."""

    @property
    def resize(self) -> str:
        """The rule by which images reach the network's size."""

    @property
    def loss_network(self) -> str:
        """Its key among the networks that a loss can use; empty where it is none of them."""

    def __call__(self, images: Pixels) -> Values:
        """Return vectors float [n, d] of uint8 [n, H, W, C]."""


class Estimate(TypedDict):
    """A value, its 95 % interval and the number of images behind it; the form is the JSON's.

    What cannot be measured is None: the value where the score is not defined for the images, the
    interval where there are too few of them. ``why`` says why a value was left out.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    why: NotRequired[str]


MISSING: Estimate = {"value": None, "low": None, "high": None, "n": 0}


def estimate(value: float, interval: tuple[float, float] | None, n: int) -> Estimate:
    """Return an estimate with six significant digits; what is not finite is None."""
    if not math.isfinite(value):
        return MISSING
    known = interval is not None and all(math.isfinite(end) for end in interval)
    low, high = (float(f"{end:.6g}") for end in interval) if interval and known else (None, None)
    return {"value": float(f"{value:.6g}"), "low": low, "high": high, "n": n}


def mean_estimate(values: Values | None) -> Estimate:
    """Return the mean of the finite values [n]; one value alone has no interval."""
    known = np.empty(0) if values is None else values[np.isfinite(values)]
    if not len(known):
        return MISSING
    interval = bootstrap.mean_interval(known, stream(0)) if len(known) > 1 else None
    return estimate(float(known.mean()), interval, len(known))


@dataclass(frozen=True)
class ImageSet:
    """Images, and the spaces in which scores compare them.

    ``pixels``: uint8 [n, H, W, C]. ``spaces``: functions from images to vectors float [n, d] by
    the name of the space; each runs once. A score whose space is missing has no value.
    ``classes``: the names of the data's classes. ``paired``: image i belongs to input i of the
    split, as the targets do.
    """

    pixels: Pixels
    spaces: Mapping[Space, Callable[[Pixels], Values]]
    classes: Sequence[str] = ()
    paired: bool = True
    _vectors: dict[Space, Values] = field(default_factory=dict)

    def vectors(self, space: Space) -> Values:
        """Return the images as vectors of a space, float [n, d]."""
        if space not in self._vectors:
            self._vectors[space] = self.spaces[space](self.pixels)
        return self._vectors[space]

    def without(self, spaces: Collection[Space]) -> ImageSet:
        """Return the same images without these spaces."""
        others = {name: extract for name, extract in self.spaces.items() if name not in spaces}
        return ImageSet(self.pixels, others, self.classes, self.paired)

    def with_space(self, space: Space, extract: Callable[[Pixels], Values]) -> ImageSet:
        """Return the same images with another function for this space."""
        return ImageSet(self.pixels, {**self.spaces, space: extract}, self.classes, self.paired)


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The description of a score, which evaluation.json shows beside its values.

    ``describe``: what the score measures, in words. ``interval_by``: how its interval is computed.
    ``space``: the vectors that it compares, None for pixels side by side.
    """

    title: str
    higher_is_better: bool
    range: tuple[float | None, float | None]
    library: str
    describe: str
    space: Space | None = None
    interval_by: str = (
        f"percentiles of {bootstrap.MEAN_RESAMPLES:,} bootstrap resamples of the images"
    )


@dataclass(frozen=True, kw_only=True)
class PairedScore(Declaration):
    """A score of each output against its own target, or its own input.

    ``function`` maps outputs and targets, uint8 [n, H, W, C] or float [n, d] of its ``space``, to
    float64 [n], NaN for a pair without a score. ``of_input``: the targets' vectors of its space are
    those of the inputs, and only outputs of these inputs have the space.
    """

    function: Callable[[Any, Any], Values]
    of_input: bool = False

    def __call__(self, outputs: Pixels | Values, targets: Pixels | Values) -> Values:
        """Return the score of every pair; raises ValueError where the shapes differ."""
        if outputs.shape != targets.shape:
            raise ValueError(f"outputs {outputs.shape} and targets {targets.shape} differ in shape")
        return self.function(outputs, targets)

    def per_image(self, outputs: ImageSet, targets: ImageSet) -> Values | None:
        """Return the score of every pair, or None where outputs have no targets or inputs."""
        if not (outputs.paired or self.of_input) or not _have_space(self.space, outputs, targets):
            return None
        if self.space is None:
            return self(outputs.pixels, targets.pixels)
        return self(outputs.vectors(self.space), targets.vectors(self.space))

    def measure(self, outputs: ImageSet, targets: ImageSet) -> Estimate:
        """Return the mean over the pairs that have a score."""
        return mean_estimate(self.per_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class JointScore(Declaration):
    """A score of each output beside its own target, by a network that sees both at once.

    Its space maps pairs uint8 [n, H, W, 2 · 3], output and target, to float [n, d]; ``function``
    maps these to float64 [n], NaN for a pair without a score.
    """

    space: Space
    function: Callable[[Values], Values]

    def per_image(self, outputs: ImageSet, targets: ImageSet) -> Values | None:
        """Return the score of every pair, or None where outputs and targets are not paired."""
        if not outputs.paired or not _have_space(self.space, outputs, targets):
            return None
        pairs = [to_rgb(outputs.pixels), to_rgb(targets.pixels)]
        return self.function(outputs.spaces[self.space](np.concatenate(pairs, axis=3)))

    def measure(self, outputs: ImageSet, targets: ImageSet) -> Estimate:
        """Return the mean over the pairs that have a score."""
        return mean_estimate(self.per_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class RelativeScore(Declaration):
    """A score of each output against all real images.

    ``function`` maps vectors of its space, float [n, d] of outputs and [m, d] of real images, to
    float64 [n], NaN for an output without a score.
    """

    space: Space
    function: Callable[[Values, Values], Values]

    def __call__(self, outputs: Values, targets: Values) -> Values:
        """Return the score of every output."""
        return self.function(outputs, targets)

    def per_image(self, outputs: ImageSet, targets: ImageSet) -> Values | None:
        """Return the score of every output, or None where the space is missing."""
        if not _have_space(self.space, outputs, targets):
            return None
        return self(outputs.vectors(self.space), targets.vectors(self.space))

    def measure(self, outputs: ImageSet, targets: ImageSet) -> Estimate:
        """Return the mean over the outputs that have a score."""
        return mean_estimate(self.per_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class ClassScore(Declaration):
    """A score of each output against the classes of the real images.

    ``function`` maps outputs uint8 [n, H, W, C] and the names of the classes to float64 [n].
    """

    function: Callable[[Pixels, Sequence[str]], Values]

    def __call__(self, outputs: Pixels, classes: Sequence[str]) -> Values:
        """Return the score of every output."""
        return self.function(outputs, classes)

    def per_image(self, outputs: ImageSet, targets: ImageSet) -> Values:
        """Return the score of every output."""
        return self(outputs.pixels, targets.classes)

    def measure(self, outputs: ImageSet, targets: ImageSet) -> Estimate:
        """Return the mean over the outputs."""
        return mean_estimate(self.per_image(outputs, targets))


@dataclass(frozen=True, kw_only=True)
class SetScore(Declaration):
    """A comparison of two sets of vectors of a space, float [n, d] and [m, d].

    ``interval`` maps both sets, a random generator and the value to the ends of a 95 % interval.
    ``min_images``: the fewest images of either set for which the score is defined. Fewer than
    eight have no interval. Images whose vector is NaN are left out.
    """

    space: Space
    value: Callable[[Values, Values], float]
    interval: Callable[[Values, Values, np.random.Generator, float], tuple[float, float]]
    min_images: int = 2

    def per_image(self, outputs: ImageSet, targets: ImageSet) -> None:
        """Return None: the score has no value for one image."""
        del outputs, targets

    def measure(self, outputs: ImageSet, targets: ImageSet) -> Estimate:
        """Return the value for the whole sets; missing without the space or with few images."""
        if not _have_space(self.space, outputs, targets):
            return MISSING
        if min(len(outputs.pixels), len(targets.pixels)) < self.min_images:
            return MISSING  # before a network runs
        ours, theirs = (_known(each.vectors(self.space)) for each in (outputs, targets))
        if min(len(ours), len(theirs)) < self.min_images:
            return MISSING
        value = self.value(ours, theirs)
        few = min(len(ours), len(theirs)) < bootstrap.MIN_IMAGES
        interval = None if few else self.interval(ours, theirs, stream(0), value)
        return estimate(value, interval, len(ours))


Score = PairedScore | JointScore | RelativeScore | ClassScore | SetScore


def _known(vectors: Values) -> Values:
    """Return the vectors [n, d] without those that are NaN."""
    return vectors[~np.isnan(vectors[:, 0])]


def _have_space(space: Space | None, outputs: ImageSet, targets: ImageSet) -> bool:
    return space is None or (space in outputs.spaces and space in targets.spaces)
