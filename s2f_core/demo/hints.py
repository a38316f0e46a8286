"""Hints: how a drawing differs from the training inputs of a model, and what to change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.sketch.alignment import NO_FACE
from s2f_core.data.sketch.strokes import Values, ink, stroke_width
from s2f_core.demo.canvases import CANVASES, CanvasName

QUANTILES = (0.05, 0.5, 0.95)  # of the training inputs
INK_THRESHOLD = 32  # of 255; from here a pixel counts as ink
MIN_PIECE = 3  # pixels of the smallest piece that counts
MIN_PAPER = 0.2  # of a canvas of lines that is paper, at least
MIN_EXTENT = 0.25  # of the canvas's side: the longer side of a drawing, at least
BLANK = "Nothing is dark enough to be a line: draw with a darker pen."
NO_PAPER = "Nearly all of the canvas is ink: draw dark lines on white, or start from a photo."

SMALL = "The drawing is very small: draw the face over most of the canvas."
PLACEMENT = ("size", "centre_x", "centre_y")  # measures that say nothing of an aligned face
ALIGNED = "The face was moved to where the model expects it, and is measured there."
ADVICE = {  # by the note of an alignment
    NO_FACE: "draw both eyes, or draw the face large and in the middle",
}


@dataclass(frozen=True)
class UsualRange:
    """The 5, 50 and 95 % quantiles of a measure over training inputs."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class Measure:
    """A property of drawings: ``compute`` takes uint8 [n, H, W, 1], black on white, to float64 [n].

    ``format`` is the format specification of a value. ``if_below`` and ``if_above`` are the advice
    for a drawing outside the usual range.
    """

    title: str
    compute: Callable[[Pixels], Values]
    format: str
    if_below: str
    if_above: str


def _darkest(images: Pixels) -> Values:
    return np.asarray(1 - np.quantile(images, 0.001, axis=(1, 2, 3)) / 255)


def _pale_share(images: Pixels) -> Values:
    """The share of the ink's pixels that are lighter than half black; NaN without ink."""
    has_ink = images < 255 - INK_THRESHOLD
    pale = has_ink & (images > 127)
    count = has_ink.sum(axis=(1, 2, 3))
    share = pale.sum(axis=(1, 2, 3)) / np.maximum(count, 1)
    return np.asarray(np.where(count, share, np.nan))


def _sizes(images: Pixels) -> Values:
    """The longer side of the ink's bounding box, as a share of the canvas's side."""
    sizes = [max(_extent(image.min(axis=axis)) for axis in (0, 1)) for image in images]
    return np.asarray(sizes)


def _extent(profile: Pixels) -> float:
    (places,) = np.nonzero(profile[..., 0] < 255 - INK_THRESHOLD)
    return float(places[-1] - places[0] + 1) / len(profile) if len(places) else float("nan")


def _centre_x(images: Pixels) -> Values:
    return _centre(images, 2)


def _centre_y(images: Pixels) -> Values:
    return _centre(images, 1)


def _centre(images: Pixels, axis: int) -> Values:
    """The ink's centre of mass along an axis, from 0 to 1; NaN without ink."""
    mass = (255.0 - images[..., 0]).sum(axis=3 - axis)
    places = (np.arange(mass.shape[1]) + 0.5) / mass.shape[1]
    total = mass.sum(axis=1)
    return np.asarray(np.where(total, mass @ places / np.maximum(total, 1), np.nan))


def _piece_counts(images: Pixels) -> Values:
    return np.asarray([_count_pieces(image) for image in images], dtype=np.float64)


def _count_pieces(image: Pixels) -> int:
    has_ink = (image[..., 0] < 255 - INK_THRESHOLD).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(has_ink, connectivity=8)
    return int((stats[1:, cv2.CC_STAT_AREA] >= MIN_PIECE).sum())


MEASURES: dict[str, Measure] = {
    "stroke_width": Measure(
        "Line width", stroke_width, ".1f", "use a wider pen", "use a thinner pen"
    ),
    "ink": Measure("Ink on the canvas", ink, ".0%", "draw more", "draw less"),
    "darkest": Measure("Darkest ink", _darkest, ".0%", "use a darker pen", "use a lighter pen"),
    "pale": Measure(
        "Pale ink", _pale_share, ".0%", "shade with a wide, light grey pen", "leave out the shading"
    ),
    "size": Measure("Size of the drawing", _sizes, ".0%", "draw larger", "draw smaller"),
    "centre_x": Measure(
        "Centre, from the left", _centre_x, ".0%", "draw further right", "draw further left"
    ),
    "centre_y": Measure("Centre, from the top", _centre_y, ".0%", "draw lower", "draw higher"),
    "pieces": Measure(
        "Separate lines", _piece_counts, ".0f", "draw more, shorter lines", "join or remove lines"
    ),
}


def black_on_white(images: Pixels, canvas: CanvasName) -> Pixels:
    """Reduce images [n, H, W, C] to their ink, [n, H, W, 1], black on white.

    On a black canvas the bright pixels are the ink.
    """
    is_dark = canvas in CANVASES and sum(CANVASES[canvas].background) == 0
    extremes = 255 - images.max(axis=3) if is_dark else images.min(axis=3)
    return np.asarray(extremes[..., None], dtype=np.uint8)


def measure(images: Pixels, canvas: CanvasName) -> dict[str, Values]:
    """Compute every measure of images uint8 [n, H, W, C]: float64 [n] each, NaN if empty."""
    drawings = black_on_white(images, canvas)
    return {name: each.compute(drawings) for name, each in MEASURES.items()}


def usual_ranges(inputs: Pixels, canvas: CanvasName) -> dict[str, UsualRange]:
    """Return the range of every measure over training inputs; none if they are not lines."""
    if canvas not in ("lines", "pose"):
        return {}
    ranges = {}
    for name, values in measure(inputs, canvas).items():
        finite = values[~np.isnan(values)]
        if len(finite):
            ranges[name] = UsualRange(*(float(each) for each in np.quantile(finite, QUANTILES)))
    return ranges


def warning(drawing: Pixels, canvas: CanvasName) -> str:
    """Say why a drawing uint8 [H, W, C] cannot be read as lines; empty if it can."""
    if canvas != "lines":
        return ""
    image = black_on_white(drawing[None], canvas)
    if int(image.min()) >= 255 - INK_THRESHOLD:
        return BLANK
    if (image >= 255 - INK_THRESHOLD).mean() < MIN_PAPER:
        return NO_PAPER
    return SMALL if _sizes(image)[0] < MIN_EXTENT else ""


def alignment_note(note: str, *, moved: bool) -> str:
    """Say in a sentence whether a face was ``moved``, or why not and what to change.

    ``note`` is that of :meth:`.Aligner.find`. Empty if there is nothing to say.
    """
    if moved or not note:
        return ALIGNED if moved else ""
    advice = f": {ADVICE[note]}" if note in ADVICE else ""
    return f"{note[0].upper()}{note[1:]}{advice}."


def hints(
    drawing: Pixels, canvas: CanvasName, ranges: Mapping[str, UsualRange], *, placed: bool = False
) -> list[dict[str, object]]:
    """Compare a drawing uint8 [H, W, C] with the usual ranges, in the order of ``MEASURES``.

    If the face is ``placed`` where the model expects it, its size and place are left out.

    Each hint has the measure's ``name`` and ``title``, the numbers ``value``, ``low``, ``median``
    and ``high``, the texts ``value_text`` and ``usual_text``, and ``advice``, which is empty inside
    the range. An empty drawing has no hints.
    """
    image = black_on_white(drawing[None], canvas)
    if int(image.min()) >= 255 - INK_THRESHOLD:
        return []
    rows: list[dict[str, object]] = []
    for name, usual in ranges.items():
        each = MEASURES[name]
        value = float(each.compute(image)[0])
        if np.isnan(value) or (placed and name in PLACEMENT):
            continue
        text, low, high = (format(one, each.format) for one in (value, usual.low, usual.high))
        advice = ""
        if value < usual.low and text != low:  # a difference that the texts show
            advice = each.if_below
        elif value > usual.high and text != high:
            advice = each.if_above
        rows.append(
            {
                "name": name,
                "title": each.title,
                "value": value,
                "low": usual.low,
                "median": usual.median,
                "high": usual.high,
                "value_text": text,
                "usual_text": low if low == high else f"{low} to {high}",
                "advice": advice,
            }
        )
    return rows
