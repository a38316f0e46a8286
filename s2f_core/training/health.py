"""Signs that a training has gone wrong, and the responses to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from s2f_core.common.config import Section

Sign = Literal["discriminator-won", "collapsed", "not-finite"]
Response = Literal["go-on", "stop", "keep-best", "halve-lr"]

MESSAGES: dict[Sign, str] = {
    "discriminator-won": "the discriminator has won",
    "collapsed": "the generator has collapsed: its images are nearly equal",
    "not-finite": "a loss is not finite",
}


@dataclass(frozen=True)
class Finding:
    """A sign that appeared after a step, and the response to it."""

    step: int
    sign: Sign
    detail: str
    response: Response

    def __str__(self) -> str:
        return f"{MESSAGES[self.sign]} at step {self.step} ({self.detail}): {self.response}"


class Health(Section):
    """Responses to a training that goes wrong: ``health:`` of a recipe.

    Every sign is logged and tagged in MLflow once. Responses: ``go-on``; ``stop`` with an error and
    without a model; ``keep-best`` ends the training with the best weights so far; ``halve-lr``
    continues at half the learning rates.
    """

    discriminator_won: Response = Field(
        "go-on",
        description=(
            "Response to a discriminator that has won. Common in conditional "
            "GANs that train well, so it is only reported by default."
        ),
    )
    collapsed: Response = Field(
        "go-on", description="Response to a generator whose outputs are nearly equal."
    )
    not_finite: Literal["stop", "keep-best", "halve-lr"] = Field(
        "stop",
        description=(
            "Response to a loss that is not finite; halve-lr returns to the last saved state."
        ),
    )
    won: float = Field(
        0.65,
        gt=0,
        lt=1,
        description=(
            "D has won when its loss is below this share of the loss at chance "
            "(P1: 0.45 is 0.65·log 2)."
        ),
    )
    window: int = Field(
        20, ge=1, le=10**6, description="Logged rows, of ten steps each, that it has to stay there."
    )
    variety: float = Field(
        0.05,
        ge=0,
        lt=1,
        description=(
            "G has collapsed when its outputs vary less than this share of "
            "their targets' variation."
        ),
    )

    def check_losses(
        self, rows: Sequence[Mapping[str, float]], chance: float | None, earlier: Sequence[Finding]
    ) -> list[Finding]:
        """Return the findings of the last logged row; ``chance`` is D's loss if it guesses."""
        step = int(rows[-1]["step"])
        bad = [name for name, value in rows[-1].items() if not math.isfinite(value)]
        if bad:
            return [Finding(step, "not-finite", ", ".join(bad), self.not_finite)]
        discriminated = [row for row in rows if any(name.startswith("d_real") for name in row)]
        recent = discriminated[-self.window :]
        if chance is None or len(recent) < self.window:
            return []
        shares = [_discriminator_loss(row) / chance for row in recent]
        if max(shares) >= self.won or _appeared_since(
            earlier, "discriminator-won", recent[0]["step"]
        ):
            return []
        detail = f"its loss is under {self.won:g} of chance, {shares[-1] * chance:.2f}"
        return [Finding(step, "discriminator-won", detail, self.discriminator_won)]

    def check_outputs(self, step: int, variety: float | None) -> list[Finding]:
        """Return the findings of a validation; ``variety`` is that of outputs over targets.

        None, where the targets do not vary, is no sign.
        """
        if variety is None or variety >= self.variety:
            return []
        detail = f"they vary {variety:.3f} as much as real ones"
        return [Finding(step, "collapsed", detail, self.collapsed)]


def _discriminator_loss(row: Mapping[str, float]) -> float:
    """Return D's loss of a row, the mean over the discriminators."""
    names = [name for name in row if name.startswith("d_real")]
    total = sum(row[name] + row[name.replace("d_real", "d_fake")] for name in names)
    return total / len(names)


def _appeared_since(findings: Sequence[Finding], sign: Sign, step: float) -> bool:
    """Whether a sign appeared at or after a step."""
    return any(finding.sign == sign and finding.step >= step for finding in findings)
