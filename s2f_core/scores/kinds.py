"""What a score declares beside its value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from s2f_core.images import Pixels

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What every score says of itself; goes into the JSON beside the figures."""

    title: str
    higher_is_better: bool
    range: tuple[float | None, float | None]
    library: str
    describe: str


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


@dataclass(frozen=True, kw_only=True)
class SetScore(Declaration):
    """A distance between two sets of features, float [n, d] and [m, d], and its interval."""

    value: Callable[[Values, Values], float]
    interval: Callable[[Values, Values, np.random.Generator], tuple[float, float]]
