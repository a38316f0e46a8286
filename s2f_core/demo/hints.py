"""Why a model may fail on a drawing: how it differs from those that the model learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.strokes import Values, ink, stroke_width
from s2f_core.demo.canvases import SHEETS, Name

USUAL = (0.05, 0.5, 0.95)  # quantiles of the training inputs
INKED = 32  # of 255 from which a pixel has ink
SPECK = 3  # pixels of the smallest piece that counts


@dataclass(frozen=True)
class Range:
    """The 5, 50 and 95 % quantiles of a measure over training inputs."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Measure:
    """A property of drawings [n, H, W, 1], black on white: float64 [n].

    ``form`` shows a value; ``below`` and ``above`` are what to do where a drawing's lies outside.
    """

    title: str
    of: Callable[[Pixels], Values]
    form: str
    below: str
    above: str


def _darkest(pages: Pixels) -> Values:
    return np.asarray(1 - np.quantile(pages, 0.001, axis=(1, 2, 3)) / 255)


def _soft(pages: Pixels) -> Values:
    """The share of the inked pixels that are lighter than half black."""
    inked = pages < 255 - INKED
    soft = inked & (pages > 127)
    count = inked.sum(axis=(1, 2, 3))
    return np.asarray(np.where(count, soft.sum(axis=(1, 2, 3)) / np.maximum(count, 1), np.nan))


def _spans(pages: Pixels) -> Values:
    """The longer side of the box around the ink, as a share of the sheet's."""
    return np.asarray([max(_span(page.min(axis=axis)) for axis in (0, 1)) for page in pages])


def _span(line: Pixels) -> float:
    (places,) = np.nonzero(line[..., 0] < 255 - INKED)
    return float(places[-1] - places[0] + 1) / len(line) if len(places) else float("nan")


def _across(pages: Pixels) -> Values:
    return _centre(pages, 2)


def _down(pages: Pixels) -> Values:
    return _centre(pages, 1)


def _centre(pages: Pixels, axis: int) -> Values:
    """Where the ink's centre of mass is along an axis, from 0 to 1."""
    mass = (255.0 - pages[..., 0]).sum(axis=3 - axis)
    places = (np.arange(mass.shape[1]) + 0.5) / mass.shape[1]
    total = mass.sum(axis=1)
    return np.asarray(np.where(total, mass @ places / np.maximum(total, 1), np.nan))


def _pieces(pages: Pixels) -> Values:
    return np.asarray([_count(page) for page in pages], dtype=np.float64)


def _count(page: Pixels) -> int:
    inked = (page[..., 0] < 255 - INKED).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8)
    return int((stats[1:, cv2.CC_STAT_AREA] >= SPECK).sum())


MEASURES: dict[str, Measure] = {
    "stroke_width": Measure(
        "Width of the lines", stroke_width, ".1f", "take a wider pen", "take a thinner pen"
    ),
    "ink": Measure("Ink on the sheet", ink, ".0%", "draw more of it", "leave some out"),
    "darkest": Measure("Darkest ink", _darkest, ".0%", "take a darker pen", "take a lighter pen"),
    "soft": Measure(
        "Pale ink", _soft, ".0%", "shade with a light grey, wide pen", "leave the shading out"
    ),
    "span": Measure("Size of the drawing", _spans, ".0%", "draw larger", "draw smaller"),
    "across": Measure(
        "Centre, from the left", _across, ".0%", "draw further right", "draw further left"
    ),
    "down": Measure("Centre, from the top", _down, ".0%", "draw lower", "draw higher"),
    "pieces": Measure(
        "Separate lines", _pieces, ".0f", "draw more, and shorter, lines", "join lines, or draw few"
    ),
}


def black_on_white(pages: Pixels, sheet: Name) -> Pixels:
    """Pages [n, H, W, C] as ink alone, [n, H, W, 1]; on black paper, what is bright is ink."""
    dark = sheet in SHEETS and sum(SHEETS[sheet].paper) == 0
    ends = 255 - pages.max(axis=3) if dark else pages.min(axis=3)
    return np.asarray(ends[..., None], dtype=np.uint8)


def measured(pages: Pixels, sheet: Name) -> dict[str, Values]:
    """Every measure of pages uint8 [n, H, W, C]; NaN where a page is empty."""
    drawn = black_on_white(pages, sheet)
    return {name: measure.of(drawn) for name, measure in MEASURES.items()}


def habits(pages: Pixels, sheet: Name) -> dict[str, Range]:
    """The usual range of every measure over training inputs; empty where they are no lines."""
    if sheet not in ("lines", "pose"):
        return {}
    found = {}
    for name, values in measured(pages, sheet).items():
        known = values[~np.isnan(values)]
        if len(known):
            found[name] = Range(*(float(value) for value in np.quantile(known, USUAL)))
    return found


def hints(page: Pixels, sheet: Name, usual: Mapping[str, Range]) -> list[dict[str, object]]:
    """A drawing uint8 [H, W, C] held against the usual ranges, in the order of ``MEASURES``.

    Each has ``name``, ``title``, ``value``, ``low``, ``middle``, ``high``, the same as ``shown``
    text, and ``says``: what is outside, or the empty string. None where the page is empty.
    """
    drawn = black_on_white(page[None], sheet)
    if int(drawn.min()) >= 255 - INKED:
        return []
    found: list[dict[str, object]] = []
    for name, range_ in usual.items():
        measure = MEASURES[name]
        value = float(measure.of(drawn)[0])
        texts = [format(one, measure.form) for one in (value, range_.low, range_.high)]
        found.append(
            {
                "name": name,
                "title": measure.title,
                "value": value,
                "low": range_.low,
                "middle": range_.middle,
                "high": range_.high,
                "shown": texts[0],
                "usual": texts[1] if texts[1] == texts[2] else f"{texts[1]} to {texts[2]}",
                "says": _says(measure, value, texts, range_),
            }
        )
    return found


def _says(measure: Measure, value: float, texts: list[str], usual: Range) -> str:
    """What to do where the value, as it is shown, is outside the range."""
    shown, low, high = texts
    if value < usual.low and shown != low:
        return measure.below
    if value > usual.high and shown != high:
        return measure.above
    return ""
