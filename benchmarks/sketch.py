"""A sketched face: strokes through points of a sheet of width 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float]
Stroke = tuple[int, float, list[Point]]  # which colour of the palette, the pen's width, the way

STEPS = 24  # points of a stroke


def _arc(x: float, y: float, wide: float, high: float, start: float, end: float) -> list[Point]:
    """Part of an ellipse around (x, y); angles in turns, from the right, downwards."""
    angles = [2 * math.pi * (start + (end - start) * at / STEPS) for at in range(STEPS + 1)]
    return [(x + wide * math.cos(angle), y + high * math.sin(angle)) for angle in angles]


def _curve(*ends: Point) -> list[Point]:
    """Return a Bézier curve between the first and last point."""
    last = len(ends) - 1
    curve = []
    for at in (step / STEPS for step in range(STEPS + 1)):
        weights = [math.comb(last, k) * at**k * (1 - at) ** (last - k) for k in range(last + 1)]
        pairs = list(zip(weights, ends, strict=True))
        curve.append((sum(w * x for w, (x, _) in pairs), sum(w * y for w, (_, y) in pairs)))
    return curve


def _mirrored(stroke: Stroke) -> Stroke:
    colour, width, points = stroke
    return colour, width, [(1 - x, y) for x, y in points]


_HALF: tuple[Stroke, ...] = (
    (1, 1.6, _curve((0.27, 0.42), (0.27, 0.66), (0.33, 0.84), (0.5, 0.865))),  # cheek and chin
    (1, 2.0, _curve((0.31, 0.455), (0.37, 0.405), (0.45, 0.44))),  # brow
    (2, 1.5, _curve((0.325, 0.51), (0.385, 0.455), (0.44, 0.515))),  # lid
    (3, 1.2, _curve((0.335, 0.52), (0.385, 0.545), (0.435, 0.52))),
    (0, 2.6, _arc(0.385, 0.505, 0.012, 0.012, 0, 1)),  # iris
    (2, 1.2, _curve((0.455, 0.53), (0.45, 0.61), (0.44, 0.645), (0.475, 0.655))),  # nose
    (2, 1.4, _curve((0.36, 0.84), (0.35, 0.95), (0.2, 0.95), (0.1, 1.0))),  # neck and shoulder
)
_LOCKS = 9
_HAIR: tuple[Stroke, ...] = tuple(
    (lock % 3, 1.1, _curve((0.49, 0.1 + 0.3 * x), (0.22 + x, 0.06 + x), (0.15 + x, 0.3), end))
    for lock, x in ((lock, 0.013 * lock) for lock in range(_LOCKS))
    for end in [(0.19 + 1.1 * x, 0.86 - 3.2 * x)]
)
_SHADE: tuple[Stroke, ...] = (
    (3, 5.0, _curve((0.3, 0.6), (0.31, 0.72), (0.4, 0.83))),  # the cheek's side
    (3, 4.0, _curve((0.38, 0.9), (0.44, 0.93), (0.5, 0.93))),  # under the chin
    (3, 4.0, _curve((0.33, 0.47), (0.38, 0.45), (0.44, 0.48))),  # over the eye
)
_MIDDLE: tuple[Stroke, ...] = (
    (1, 1.4, _curve((0.475, 0.655), (0.5, 0.67), (0.525, 0.655))),
    (0, 1.6, _curve((0.405, 0.74), (0.47, 0.745), (0.53, 0.745), (0.595, 0.74))),  # mouth
    (2, 1.5, _curve((0.405, 0.74), (0.46, 0.71), (0.5, 0.73), (0.54, 0.71), (0.595, 0.74))),
    (2, 1.5, _curve((0.42, 0.75), (0.48, 0.79), (0.52, 0.79), (0.58, 0.75))),
)
FACE: tuple[Stroke, ...] = (
    *(both for one in (*_SHADE, *_HAIR, *_HALF) for both in (one, _mirrored(one))),
    *_MIDDLE,
)


def placed(points: Sequence[Point], left: float, top: float, side: float) -> list[Point]:
    """Points of the sheet as those of a window, in which it is ``side`` wide."""
    return [(left + side * x, top + side * min(y, 0.999)) for x, y in points]
