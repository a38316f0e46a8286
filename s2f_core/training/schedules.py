"""Learning-rate schedules: factors on the initial rates.

``factor(progress)`` depends on the share of the training that is done,
``feedback_factor(history, scores)`` on the rows logged so far. Both are pure, so a resumed training
needs no state of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from s2f_core.common.config import Section

Rows = Sequence[Mapping[str, float]]

GATE_LOSSES = ("d_real", "d_fake", "g_adversarial")  # beginnings of the columns the gate watches


class Policy(Section):
    """Constant in both senses; the base of the others."""

    def factor(self, progress: float) -> float:
        """For a share in [0, 1) of the training."""
        del progress
        return 1.0

    def feedback_factor(self, history: Rows, scores: Rows) -> float:
        """For the rows logged so far: losses, oldest first, and validation scores."""
        del history, scores
        return 1.0


class Constant(Policy):
    """Keep the initial rates: ``{type: constant}``."""

    type: Literal["constant"]


class Linear(Policy):
    """Fall linearly to zero over the last part: ``{type: linear}``.

    Source: Isola et al. 2017 and Zhu et al. 2017, where it is half of the epochs.
    """

    type: Literal["linear"]
    decay: float = Field(
        0.5, gt=0, le=1, description="Share of the training over which the rate falls."
    )

    def factor(self, progress: float) -> float:
        """1, then falling to 0."""
        return min(1.0, (1 - progress) / self.decay)


class Step(Policy):
    """Multiply by gamma at regular intervals: ``{type: step}``."""

    type: Literal["step"]
    every: float = Field(
        0.25, ge=1e-6, le=1, description="Share of the training between two steps."
    )
    gamma: float = Field(0.5, gt=0, le=1, description="Factor at each step.")

    def factor(self, progress: float) -> float:
        """A power of gamma."""
        return self.gamma ** math.floor(progress / self.every + 1e-9)


class Cosine(Policy):
    """Fall along half a cosine: ``{type: cosine}``.

    Source: Loshchilov & Hutter 2017, eq. 5, without restarts.
    """

    type: Literal["cosine"]
    floor: float = Field(0.0, ge=0, lt=1, description="Factor at the end.")

    def factor(self, progress: float) -> float:
        """From 1 to the floor."""
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * progress)) / 2


class Plateau(Policy):
    """Lower the rate when a validation score stops improving: ``{type: plateau}``."""

    type: Literal["plateau"]
    score: Literal["pixel_difference"] = Field(
        "pixel_difference", description="Validation score to watch; lower is better."
    )
    patience: int = Field(
        2, ge=1, le=10**6, description="Validations without a new best before the rate falls."
    )
    gamma: float = Field(0.5, gt=0, lt=1, description="Factor each time.")

    def feedback_factor(self, history: Rows, scores: Rows) -> float:
        """A power of gamma."""
        del history
        best, waited, factor = math.inf, 0, 1.0
        for row in scores:
            waited = 0 if row[self.score] < best else waited + 1
            best = min(best, row[self.score])
            if waited == self.patience:
                waited, factor = 0, factor * self.gamma
        return factor


class Gate(Policy):
    """Raise the rate when the losses stop changing: ``{type: gate}``.

    The losses have stopped when the mean of every adversarial loss over the last ``window`` logged
    rows differs by at most ``tolerance`` from the mean over the window before. Two new windows pass
    before the next raise. P4 names the gate and gives no rule; this rule is ours.
    """

    type: Literal["gate"]
    window: int = Field(
        5, ge=1, le=10**6, description="Logged rows, of ten steps each, per window."
    )
    tolerance: float = Field(
        0.02, gt=0, lt=1, description="Largest relative change of a loss that still counts as none."
    )
    gamma: float = Field(2.0, gt=1, le=1000, description="Factor at each raise.")
    most: float = Field(8.0, gt=1, le=1e6, description="Largest factor in all.")

    def feedback_factor(self, history: Rows, scores: Rows) -> float:
        """A power of gamma, at most ``most``."""
        del scores
        factor, start = 1.0, 0
        for end in range(1, len(history) + 1):
            if end - start >= 2 * self.window and self._still(history[end - 2 * self.window : end]):
                factor, start = min(factor * self.gamma, self.most), end
        return factor

    def _still(self, rows: Rows) -> bool:
        watched = [name for name in rows[-1] if name.startswith(GATE_LOSSES)]
        older, newer = rows[: self.window], rows[self.window :]
        return all(
            abs(_mean(newer, name) - _mean(older, name)) <= self.tolerance * abs(_mean(older, name))
            for name in watched
        )


def _mean(rows: Rows, name: str) -> float:
    known = [row[name] for row in rows if name in row]
    return sum(known) / len(known) if known else math.nan


Schedule = Annotated[
    Constant | Linear | Step | Cosine | Plateau | Gate, Field(discriminator="type")
]
