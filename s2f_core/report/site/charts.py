"""Line charts over the steps, or over another column, as inline SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

WIDTH, HEIGHT = 340, 220
LEFT, RIGHT, BOTTOM = 48, 10, 36
LEGEND_ROW = 17  # height
POINTS = 150  # of a line at most: more are not visible at this width
DOTS_BELOW = 20  # points: a line of fewer has dots
STYLES = 6  # line styles in theme/document.css


@dataclass(frozen=True)
class Axes:
    """The axes of a chart, its title and its marks.

    ``limits`` fixes the y axis. ``reference`` is a horizontal line (value, label), ``marker`` a
    vertical one (x, label). ``x_column`` is the column of the x axis. ``ident`` must be unique on
    the page.
    """

    ident: str
    title: str
    log: bool = False
    limits: tuple[float, float] | None = None
    reference: tuple[float, str] | None = None
    marker: tuple[float, str] | None = None
    x_column: str = "step"


def chart(frame: pd.DataFrame, labels: dict[str, str], axes: Axes) -> Markup:
    """Draw columns of ``frame`` as lines; ``labels`` maps a column to its legend.

    Long runs are averaged in bins. Missing values are gaps in the line. Text is escaped.
    """
    x_column = axes.x_column
    data = frame[[x_column, *labels]].apply(pd.to_numeric, errors="coerce")
    data = data.replace([np.inf, -np.inf], np.nan).dropna(subset=[x_column])
    description = " ".join(
        _describe(data, column, label, x_column) for column, label in labels.items()
    )
    per_bin = math.ceil(len(data) / POINTS) or 1
    data = data.groupby(np.arange(len(data)) // per_bin).mean()
    legend, rows = _legend(list(labels.values()))
    scale = _Scale.of(data, list(labels), axes, top=10 + LEGEND_ROW * rows)
    body = [legend, *_grid(scale, x_column), *_marks(scale, axes)]
    body += [
        _line(scale, data[x_column], data[column], number % STYLES)
        for number, column in enumerate(labels)
    ]
    return as_svg(axes.ident, axes.title, description or "No data.", body)


def as_svg(ident: str, title: str, description: str, body: list[Markup]) -> Markup:
    """Return a chart of WIDTH × HEIGHT with its parts, title and description; text is escaped."""
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{i}-t {i}-d">'
        '<title id="{i}-t">{title}</title><desc id="{i}-d">{desc}</desc>{body}</svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        i=ident,
        title=title,
        desc=description,
        body=Markup("").join(body),
    )


def _describe(data: pd.DataFrame, column: str, label: str, x_column: str) -> str:
    """Return the line's first, last, smallest and largest values as a sentence."""
    known = data.dropna(subset=[column])
    if known.empty:
        return f"{label}: no data."
    values, places = known[column], known[x_column].map(_format_x)
    return (
        f"{label}: {values.iloc[0]:.3g} at {x_column} {places.iloc[0]}, {values.iloc[-1]:.3g} at "
        f"{x_column} {places.iloc[-1]}, between {values.min():.3g} and {values.max():.3g}."
    )


def _format_x(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


@dataclass(frozen=True)
class _Scale:
    """The transformation from data to the view box."""

    x: tuple[float, float]
    y: tuple[float, float]
    log: bool
    top: float

    @classmethod
    def of(cls, data: pd.DataFrame, columns: list[str], axes: Axes, top: float) -> _Scale:
        x = data[axes.x_column]
        last = float(x.max()) if len(x) else 1.0
        values = data[columns].to_numpy(dtype=float)
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
        log = axes.log and low > 0
        if axes.limits:
            low, high = axes.limits
        elif log:
            low, high = 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))
            high = max(high, 10 * low)
        elif 0 <= low < 0.5 * high:
            low = 0.0
        if high <= low:
            low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
        margin = 0.0 if axes.limits or log else 0.04 * (high - low)
        return cls((0.0, last or 1.0), (low - margin * (low != 0), high + margin), log, top)

    def to_x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.x[0]) / (self.x[1] - self.x[0])

    def to_y(self, value: float) -> float:
        low, high = self.y
        if self.log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - self.top) * (value - low) / (high - low)


def round_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return round numbers (1, 2 or 5 times a power of ten) within the range, ends included."""
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * unit for unit in (1, 2, 5, 10) if power * unit >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _grid(scale: _Scale, x_column: str) -> list[Markup]:
    low, high = scale.y
    if scale.log:
        powers = range(round(math.log10(low)), round(math.log10(high)) + 1)
        values = [10.0**power for power in powers]
    else:
        values = round_ticks(low, high)
    parts = [
        Markup(
            '<path class="rule" d="M{0} {2:.1f}H{1}"/>'
            '<text class="tick" x="{3}" y="{4:.1f}" text-anchor="end">{5:g}</text>'
        ).format(LEFT, WIDTH - RIGHT, scale.to_y(v), LEFT - 6, scale.to_y(v) + 4, v)
        for v in values
    ]
    floor = HEIGHT - BOTTOM
    parts += [
        Markup('<text class="tick" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
            x, floor + 15, "end" if x > WIDTH - 30 else "middle", _format_x(v)
        )
        for v, x in ((v, scale.to_x(v)) for v in round_ticks(*scale.x))
        if x_column != "step" or v == int(v)
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        Markup(
            '<path class="axis" d="M{0} {2}H{1}"/>'
            '<text class="tick" x="{3}" y="{4}" text-anchor="middle">{5}</text>'
        ).format(LEFT, WIDTH - RIGHT, floor, middle, HEIGHT - 4, x_column)
    )
    return parts


def _marks(scale: _Scale, axes: Axes) -> list[Markup]:
    parts = []
    if axes.reference:
        y = scale.to_y(axes.reference[0])
        parts.append(
            Markup(
                '<path class="mark" d="M{0} {2:.1f}H{1}"/>'
                '<text class="note" x="{1}" y="{3:.1f}" text-anchor="end">{4}</text>'
            ).format(LEFT, WIDTH - RIGHT, y, y - 4, axes.reference[1])
        )
    if axes.marker and scale.x[0] <= axes.marker[0] <= scale.x[1]:
        x = scale.to_x(axes.marker[0])
        left_of_line = x > WIDTH / 2
        parts.append(
            Markup(
                '<path class="mark" d="M{0:.1f} {1}V{2}"/>'
                '<text class="note" x="{3:.1f}" y="{4}" text-anchor="{5}">{6}</text>'
            ).format(
                x,
                scale.top,
                HEIGHT - BOTTOM,
                x - 4 if left_of_line else x + 4,
                HEIGHT - BOTTOM - 6,
                "end" if left_of_line else "start",
                axes.marker[1],
            )
        )
    return parts


def _line(scale: _Scale, xs: pd.Series[float], values: pd.Series[float], style: int) -> Markup:
    path, dots, pen = [], [], "M"
    count = int(values.notna().sum())
    for x_value, value in zip(xs, values, strict=True):
        if math.isnan(value):
            pen = "M"
            continue
        x, y = scale.to_x(x_value), scale.to_y(value)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
        if count < DOTS_BELOW:
            dots.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2.4"/>').format(x, y))
    return Markup('<g class="line s{}"><path d="{}"/>{}</g>').format(
        style, "".join(path), Markup("").join(dots)
    )


def _legend(labels: list[str]) -> tuple[Markup, int]:
    """Draw the legend in as many rows as it needs; also return the number of rows."""
    parts, x, row = [], float(LEFT), 0
    for number, label in enumerate(labels):
        width = 40 + 6 * len(label)
        if x > LEFT and x + width > WIDTH:
            x, row = float(LEFT), row + 1
        y = 12 + row * LEGEND_ROW
        parts.append(
            Markup(
                '<g class="line s{0}"><path d="M{1:.1f} {3}H{2:.1f}"/></g>'
                '<text class="key" x="{4:.1f}" y="{5}">{6}</text>'
            ).format(number % STYLES, x, x + 20, y, x + 25, y + 4, label)
        )
        x += width
    return Markup("").join(parts), row + 1
