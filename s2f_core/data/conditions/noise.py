"""Noise: the input of an unconditional generator (Goodfellow et al. 2014)."""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np
from pydantic import Field

from s2f_core.common.images import Pixels
from s2f_core.common.seeding import stream
from s2f_core.data.conditions.formula import FormulaCondition


class Noise(FormulaCondition):
    """A vector of noise for each photo: ``{type: noise}``, for unconditional generators.

    Validation and test draw their samples from this table; training draws new noise. It is
    uniform over 0…255, or U[-1, 1] as a network's input (Radford et al. 2016).
    """

    type: Literal["noise"]
    channels: int = Field(
        100, ge=1, le=4096, description="Length of the vector (Radford et al. 2016: 100)."
    )

    def apply(self, photo: Pixels) -> Pixels:
        """Noise uint8 [1, 1, channels], always the same for the same pixels."""
        seed = int.from_bytes(hashlib.sha256(photo.tobytes()).digest())
        return stream(seed).integers(0, 256, (1, 1, self.channels), dtype=np.uint8)
