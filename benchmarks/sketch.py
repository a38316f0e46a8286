"""A sketched face: strokes through points of a sheet of width 1."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

Point = tuple[float, float]
Stroke = tuple[float, list[Point]]  # the pen's width, the way

TEN_STROKES = Path(__file__).parents[1] / "docs" / "drawings" / "20-ten-strokes.svg"
UNITS = 128  # a pen's width is in so many parts of the sheet's


def read_strokes(file: Path = TEN_STROKES) -> tuple[Stroke, ...]:
    """Return the strokes of a drawing in docs/drawings.

    Its paths are what the demo's canvas draws through points: curves between the middles of two
    points, each with a point as its control.
    """
    text = file.read_text(encoding="utf-8")
    side, width = (
        float(re.findall(pattern, text)[0])
        for pattern in (r'viewBox="0 0 (\S+)', r'stroke-width="(\S+)"')
    )
    strokes = []
    for path in re.findall(r'<path d="([^"]+)"', text):
        numbers = [float(number) / side for number in re.findall(r"[-\d.]+", path)]
        start, *curves = zip(numbers[::2], numbers[1::2], strict=True)
        strokes.append((UNITS * width / side, [start, *curves[::2], curves[-1]]))
    return tuple(strokes)


def placed(points: Sequence[Point], left: float, top: float, side: float) -> list[Point]:
    """Points of the sheet as those of a window, in which it is ``side`` wide."""
    return [(left + side * x, top + side * min(y, 0.999)) for x, y in points]
