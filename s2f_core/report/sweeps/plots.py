"""Dot plots of a score over a parameter, as inline SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from s2f_core.report.site.charts import HEIGHT, WIDTH, as_svg, round_ticks

LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 40
MARGIN = 0.08  # of the range, free at either end
SERIES = 6  # colours in theme/document.css
LETTER = 6.2  # pixels across, about
LOG_RATIO = 10  # largest over smallest value from which an axis is logarithmic


@dataclass(frozen=True)
class Dot:
    """A parameter's value, a score, the experiment's name and the index of its commit.

    ``alone``: the experiment changed no other parameter.
    """

    x: Any
    y: float
    name: str
    series: int
    alone: bool = True


def value_text(value: Any) -> str:
    """Return a parameter's value as text, as params.yaml would have it."""
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)


def dot_plot(dots: Sequence[Dot], title: str, param: str, ident: str) -> Markup:
    """Draw dots as SVG; the x axis has categories if a value is no number. Text is escaped.

    ``title`` names the score and ``param`` the parameter; ``ident`` must be unique on the page.
    """
    axis = _Axis.of([dot.x for dot in dots])
    low, high = _widen(min(dot.y for dot in dots), max(dot.y for dot in dots))

    def to_y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (value - low) / (high - low)

    body = [_rule(to_y(value), value) for value in round_ticks(low, high)]
    body += [_x_axis(axis, param)]
    places: dict[tuple[float, float, bool], list[Dot]] = {}
    for dot in dots:
        places.setdefault((axis.place(dot.x), to_y(dot.y), dot.alone), []).append(dot)
    body += [_circle(x, y, same, title, param) for (x, y, _), same in places.items()]
    description = "; ".join(f"{value_text(dot.x)}: {dot.y:g} ({dot.name})" for dot in dots)
    return as_svg(ident, f"{title} over {param}", description, body)


def _circle(x: float, y: float, dots: list[Dot], title: str, param: str) -> Markup:
    """Draw one circle for all dots of a place; its title names their experiments."""
    first = dots[0]
    names = ", ".join(dot.name for dot in dots)
    return Markup(
        '<circle class="dot s{}{}" cx="{:.1f}" cy="{:.1f}" r="4.5"><title>{}</title></circle>'
    ).format(
        first.series % SERIES,
        "" if first.alone else " other",
        x,
        y,
        f"{names}: {param} {value_text(first.x)}, {title} {first.y:g}",
    )


def _widen(low: float, high: float) -> tuple[float, float]:
    margin = MARGIN * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _sort_key(value: Any) -> tuple[bool, float, str]:
    """Sort numbers first, by size, then all other values by their text."""
    return not _is_number(value), value if _is_number(value) else 0.0, value_text(value)


@dataclass(frozen=True)
class _Axis:
    """The x axis: maps a parameter's values to the view box; ``names`` are its categories, if any.

    ``low``, ``high`` and the places of ``marks`` are logarithms if ``log``.
    """

    low: float
    high: float
    log: bool
    marks: tuple[tuple[float, str], ...]
    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, values: Sequence[Any]) -> _Axis:
        if not all(map(_is_number, values)):
            names = tuple(dict.fromkeys(map(value_text, sorted(values, key=_sort_key))))
            marks = tuple((float(place), name) for place, name in enumerate(names))
            return cls(-0.5, len(names) - 0.5, log=False, marks=marks, names=names)
        distinct = sorted(set(map(float, values)))
        log = distinct[0] > 0 and distinct[-1] / distinct[0] >= LOG_RATIO
        ends = (distinct[0], distinct[-1])
        low, high = _widen(*map(math.log10, ends)) if log else _widen(*ends)
        ticks = distinct if len(distinct) <= 5 else _axis_ticks(low, high, log=log)
        marks = tuple((math.log10(value) if log else value, f"{value:g}") for value in ticks)
        return cls(low, high, log, marks)

    def place(self, value: Any) -> float:
        if self.names:
            return self.to_x(self.names.index(value_text(value)))
        return self.to_x(math.log10(value) if self.log else value)

    def to_x(self, position: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (position - self.low) / (self.high - self.low)


def _axis_ticks(low: float, high: float, *, log: bool) -> list[float]:
    if not log:
        return round_ticks(low, high)
    return [10.0**power for power in range(math.ceil(low), math.floor(high) + 1)]


def _rule(y: float, value: float) -> Markup:
    return Markup(
        '<path class="rule" d="M{0} {1:.1f}H{2}"/>'
        '<text class="tick" x="{3}" y="{4:.1f}" text-anchor="end">{5:g}</text>'
    ).format(LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, value)


def _x_axis(axis: _Axis, param: str) -> Markup:
    """Draw the axis, its name and its marks; a mark that would overlap the last is left out."""
    floor, free, marks = HEIGHT - BOTTOM, 0.0, []
    longest = max(4, int((WIDTH - LEFT - RIGHT) / max(1, len(axis.marks)) / LETTER))
    for position, text in axis.marks:
        word = text if len(text) <= longest or not axis.names else text[: longest - 1] + "…"
        x, half = axis.to_x(position), LETTER * len(word) / 2
        if x - half >= free:
            free = x + half + LETTER
            marks.append(
                Markup(
                    '<text class="tick" x="{:.1f}" y="{}" text-anchor="middle">{}</text>'
                ).format(x, floor + 15, word)
            )
    name = param if len(param) <= 44 else "…" + param[-43:]
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
