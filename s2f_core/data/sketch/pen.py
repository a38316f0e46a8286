"""Draw curves as a hand does: each stroke trembles, and has a width and a darkness of its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.data.landmarks import antialiased
from s2f_core.data.sketch.curves import Curve, Part, length, noise, smooth
from s2f_core.data.sketch.ranges import Lengths, Shares
from s2f_core.data.sketch.strokes import UNITS

BLEED = 0.5  # pixels of the canvas by which OpenCV's lines are too wide
STEP = 2  # units of a stroke that have one width and one darkness
SPREAD = 0.35  # by which a stroke's width and ink differ at most, as a share of the drawing's
FADE = 0.4  # change of the ink as a share of the width's change
LONG = 24.0  # units; a longer stroke may be lifted, a shorter one is finer


class Pen(Section):
    """A pen and the hand that holds it: ``pen:`` of a drawing. Lengths are in 128ths of the side.

    Of each range a drawing has one value; ``width`` is drawn on a logarithmic scale.
    """

    width: Lengths = Field((1.2, 4.5), description="Width of the strokes.")
    fine: Shares = Field(
        (0.6, 1.0), description="Width of short strokes, as a share of that of long ones."
    )
    darkness: Shares = Field((0.6, 1.0), description="Ink of the strokes, from 0 to 1.")
    pressure: Shares = Field(
        (0.05, 0.4), description="Change of the width along a stroke, as a share of it."
    )
    wobble: Lengths = Field(
        (0.15, 0.7), description="Standard deviation of the tremble of a stroke."
    )
    smoothness: float = Field(
        10.0, ge=2, le=128, description="Distance along a stroke over which it trembles."
    )
    lift: Shares = Field((0.0, 0.5), description="Chance of a long stroke to have a gap.")
    retrace: Shares = Field((0.0, 0.4), description="Chance of a stroke to be drawn twice.")

    def pick(self, random: np.random.Generator) -> Hand:
        """The values of one drawing."""
        low, high = (np.log(max(end, 0.25)) for end in self.width)
        return Hand(
            width=float(np.exp(random.uniform(low, high))),
            fine=random.uniform(*self.fine),
            darkness=random.uniform(*self.darkness),
            pressure=random.uniform(*self.pressure),
            wobble=random.uniform(*self.wobble),
            smoothness=self.smoothness,
            lift=random.uniform(*self.lift),
            retrace=random.uniform(*self.retrace),
        )


@dataclass(frozen=True)
class Hand:
    """The pen's values of one drawing; see :class:`Pen`."""

    width: float
    fine: float
    darkness: float
    pressure: float
    wobble: float
    smoothness: float
    lift: float
    retrace: float

    def draw(self, parts: list[Part], size: int, random: np.random.Generator) -> Pixels:
        """Draw curves [n, 2] in 128ths of the side: uint8 [size, size, 1], dark ink on white."""
        canvas = antialiased.canvas(size, 1, 255)
        for part in parts:
            for curve in part:
                for stroke in self._strokes(curve, random):
                    self._draw_stroke(canvas, stroke, random)
        return antialiased.shrink(canvas)

    def _strokes(self, curve: Curve, random: np.random.Generator) -> list[Curve]:
        """The strokes that a hand draws of a curve: pieces of it, some of them twice."""
        even = smooth(curve)
        pieces = [even]
        if len(even) > LONG and random.random() < self.lift:
            cut = int(len(even) * random.uniform(0.25, 0.75))
            gap = int(random.integers(0, 5))
            pieces = [even[:cut], even[cut + gap :]]
        again = [piece for piece in pieces if random.random() < self.retrace]
        return [self._tremble(piece, random) for piece in (*pieces, *again) if len(piece) > 1]

    def _tremble(self, curve: Curve, random: np.random.Generator) -> Curve:
        nodes = round(length(curve) / self.smoothness) + 1
        return curve + self.wobble * noise(random, len(curve), nodes, 2)

    def _draw_stroke(self, canvas: Pixels, stroke: Curve, random: np.random.Generator) -> None:
        """Draw a stroke; where it crosses another, the darker ink counts."""
        count = max(1, (len(stroke) - 1) // STEP)
        places = stroke[np.linspace(0, len(stroke) - 1, count + 1).round().astype(int)]
        scale = len(canvas) / antialiased.SCALE / UNITS
        pressure = self.pressure * noise(random, count, count // 6 + 2)[:, 0]
        width, ink = self.width * scale * (1 + pressure), self.darkness * (1 + FADE * pressure)
        if len(stroke) < LONG:
            width *= self.fine
        width *= 1 + random.uniform(-SPREAD, SPREAD)
        ink *= 1 + random.uniform(-SPREAD, SPREAD)
        widths = np.rint(width * antialiased.SCALE - BLEED).astype(int).clip(1).tolist()
        greys = np.rint(255 * (1 - ink.clip(0.1, 1))).astype(int).tolist()
        ends = antialiased.to_fixed_point(places * np.array(scale))
        reach = (max(widths) + 2) << antialiased.FRACTION
        low = ((ends.min(axis=0) - reach) >> antialiased.FRACTION).clip(0, len(canvas) - 1)
        high = ((ends.max(axis=0) + reach) >> antialiased.FRACTION).clip(1, len(canvas))
        region = canvas[low[1] : high[1], low[0] : high[0], 0]
        page = np.full_like(region, 255)
        ends -= low << antialiased.FRACTION
        for start, end, grey, thick in zip(ends, ends[1:], greys, widths, strict=False):
            cv2.line(page, start, end, grey, thick, cv2.LINE_8, antialiased.FRACTION)
        np.minimum(region, page, out=region)
