"""Dots of a score over a parameter, as inline SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from s2f_core.report.site.figures import ticks

WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 40
ROOM = 0.08  # of the range, free at either end
SERIES = 6  # colours that style.css knows
LETTER = 6.2  # pixels across, about
WIDE = 10  # a ratio of values from which an axis is logarithmic


@dataclass(frozen=True)
class Dot:
    """A parameter's value, a score, the experiment's name, and the number of its commit.

    ``alone``: the experiment changed no other parameter.
    """

    x: Any
    y: float
    name: str
    series: int
    alone: bool = True


def shown(value: Any) -> str:
    """A parameter's value as text."""
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)


def dots(points: Sequence[Dot], title: str, across: str, ident: str) -> Markup:
    """Draw points; the axis is of categories where a value is no number. Text is escaped.

    ``title`` names the score, ``across`` the parameter; ``ident`` must be unique on the page.
    """
    axis = _Axis.of([point.x for point in points])
    low, high = _widened(min(point.y for point in points), max(point.y for point in points))

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low)

    body = [_rule(down(value), value) for value in ticks(low, high)]
    body += [_below(axis, across)]
    places: dict[tuple[float, float, bool], list[Dot]] = {}
    for point in points:
        places.setdefault((axis.place(point.x), down(point.y), point.alone), []).append(point)
    body += [_circle(x, y, those, title, across) for (x, y, _), those in places.items()]
    told = "; ".join(f"{shown(point.x)}: {point.y:g} ({point.name})" for point in points)
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{i}-t {i}-d">'
        '<title id="{i}-t">{title}</title><desc id="{i}-d">{desc}</desc>{body}</svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        i=ident,
        title=f"{title} over {across}",
        desc=told,
        body=Markup("").join(body),
    )


def _circle(x: float, y: float, those: list[Dot], title: str, across: str) -> Markup:
    """One circle for all points of a place, whose names it tells."""
    first = those[0]
    return Markup(
        '<circle class="dot s{}{}" cx="{:.1f}" cy="{:.1f}" r="4.5"><title>{}</title></circle>'
    ).format(
        first.series % SERIES,
        "" if first.alone else " other",
        x,
        y,
        f"{', '.join(dot.name for dot in those)}: {across} {shown(first.x)}, {title} {first.y:g}",
    )


def _widened(low: float, high: float) -> tuple[float, float]:
    room = ROOM * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _place(value: Any) -> tuple[bool, float, str]:
    """Numbers come first, by size; then all else, by its text."""
    return not _number(value), value if _number(value) else 0.0, shown(value)


@dataclass(frozen=True)
class _Axis:
    """From a parameter's values to the view box; ``names`` where they are categories."""

    low: float
    high: float
    log: bool
    marks: tuple[tuple[float, str], ...]
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Sequence[Any]) -> _Axis:
        if not all(map(_number, values)):
            names = tuple(dict.fromkeys(map(shown, sorted(values, key=_place))))
            marks = tuple((float(place), name) for place, name in enumerate(names))
            return cls(-0.5, len(names) - 0.5, log=False, marks=marks, names=names)
        few = sorted(set(map(float, values)))
        log = few[0] > 0 and few[-1] / few[0] >= WIDE
        ends = (math.log10(few[0]), math.log10(few[-1])) if log else (few[0], few[-1])
        low, high = _widened(*ends)
        at = few if len(few) <= 5 else _round(low, high, log=log)
        marks = tuple((math.log10(value) if log else value, f"{value:g}") for value in at)
        return cls(low, high, log, marks)

    def place(self, value: Any) -> float:
        if self.names:
            return self.across(self.names.index(shown(value)))
        return self.across(math.log10(value) if self.log else value)

    def across(self, inner: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (inner - self.low) / (self.high - self.low)


def _round(low: float, high: float, *, log: bool) -> list[float]:
    if not log:
        return ticks(low, high)
    return [10.0**power for power in range(math.ceil(low), math.floor(high) + 1)]


def _rule(y: float, value: float) -> Markup:
    return Markup(
        '<path class="rule" d="M{0} {1:.1f}H{2}"/>'
        '<text class="tick" x="{3}" y="{4:.1f}" text-anchor="end">{5:g}</text>'
    ).format(LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, value)


def _below(axis: _Axis, across: str) -> Markup:
    """The axis, its name, and its marks as far as they do not run into each other."""
    floor, free, marks = HEIGHT - BOTTOM, 0.0, []
    longest = max(4, int((WIDTH - LEFT - RIGHT) / max(1, len(axis.marks)) / LETTER))
    for inner, text in axis.marks:
        word = text if len(text) <= longest or not axis.names else text[: longest - 1] + "…"
        x, half = axis.across(inner), LETTER * len(word) / 2
        if x - half >= free:
            free = x + half + LETTER
            marks.append(
                Markup(
                    '<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
                ).format(x, floor + 15, word)
            )
    name = across if len(across) <= 44 else "…" + across[-43:]
    return Markup(
        '{marks}<path class="axis" d="M{left} {floor}H{right}"/>'
        '<text class="tick" x="{middle}" y="{low}" text-anchor="middle">{name}</text>'
    ).format(
        marks=Markup("").join(marks),
        left=LEFT,
        right=WIDTH - RIGHT,
        floor=floor,
        middle=(LEFT + WIDTH - RIGHT) / 2,
        low=HEIGHT - 6,
        name=f"{name}, logarithmic" if axis.log else name,
    )
