"""Move the parts of a drawing: nobody draws a feature exactly where it is."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.data.sketch.curves import Part, SmoothField
from s2f_core.data.sketch.ranges import Length, Lengths, Share

LIMIT = 2.0  # standard deviations beyond which a part's own changes are clipped


class Displacement(Section):
    """How far features are from where the photo has them: ``displacement:`` of a drawing.

    Lengths are in 128ths of the side. First each part is scaled, turned and shifted, then a smooth
    field moves all points.
    """

    field: Lengths = Field(
        (0.5, 1.8), description="Standard deviation of a smooth field that moves all lines."
    )
    smoothness: float = Field(
        28.0, ge=2, le=128, description="Distance over which that field changes."
    )
    shift: Length = Field(1.0, description="Standard deviation of the shift of a feature.")
    scale: Share = Field(0.07, description="Standard deviation of the logarithm of its size.")
    turn: float = Field(3.0, ge=0, le=90, description="Standard deviation of its angle in degrees.")

    def move(self, parts: list[Part], random: np.random.Generator) -> list[Part]:
        """The parts of a drawing, each moved as a whole and all by one field."""
        field = SmoothField(random, random.uniform(*self.field), self.smoothness)
        return [[field(curve) for curve in self._move(part, random)] for part in parts]

    def _move(self, part: Part, random: np.random.Generator) -> Part:
        right, down, log_size, angle = random.standard_normal(4).clip(-LIMIT, LIMIT)
        if not part:
            return part
        points = np.concatenate(part)
        centre = (points.min(axis=0) + points.max(axis=0)) / 2
        turn = math.radians(self.turn * angle)
        size = math.exp(self.scale * log_size)
        rotation = size * np.array(
            [[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]
        )
        shift = self.shift * np.array([right, down])
        return [np.asarray((curve - centre) @ rotation + centre + shift) for curve in part]
