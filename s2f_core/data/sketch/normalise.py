"""Clean up a person's drawing before it goes into a model.

A generator learned from one kind of sketch: square, dark lines on white paper (or the reverse) and
one width of pen. A drawing is brought to that, and otherwise left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from s2f_core.common.images import Pixels, resize
from s2f_core.data.sketch.strokes import UNITS, LineStatistics, thicken, widths

Fit = Literal["pad", "crop", "stretch"]

MAX_SIDE = 1024  # pixels a side at which lines are measured and changed, at most
MARGIN = 16  # the margin is this part of the side
TOLERANCE = 1.6  # lines whose widths are in no larger ratio are left alone
MAX_WIDTH = 4.0  # 128ths: lines are not made wider, since the eyes of a face would close
THIN = 0.25  # thinning aims at this quantile of the widths, so that few thin lines vanish
DARK = 128  # greys below this belong to a black sheet
WHITE = 240  # greys from here on belong to white paper
PAPER = 0.9  # the quantile of a drawing's greys that belongs to its paper


@dataclass(frozen=True)
class Square:
    """An image as a square uint8 [s, s, C], and the part of the square that the image covers.

    ``part`` is top, left, height and width, each as a share of the side.
    """

    pixels: Pixels
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def crop(self, output: Pixels) -> Pixels:
        """The part of a square ``output`` [H, W, C] that the image covers."""
        top, left, height, width = (share * len(output) for share in self.part)
        first, start = round(top), round(left)
        last, end = max(round(top + height), first + 1), max(round(left + width), start + 1)
        return output[first:last, start:end]


def to_square(image: Pixels, fit: Fit) -> Square:
    """Make an image uint8 [H, W, C] square.

    ``pad`` puts it in the middle of a larger sheet of its margin's colour, ``crop`` cuts out its
    middle, and ``stretch`` changes its proportions.
    """
    height, width, channels = image.shape
    if height == width:
        return Square(image)
    if fit == "stretch":
        return Square(resize(image, max(height, width)))
    side = min(height, width) if fit == "crop" else max(height, width)
    top, left = abs(side - height) // 2, abs(side - width) // 2
    if fit == "crop":
        return Square(image[top : top + side, left : left + side])
    sheet = np.empty((side, side, channels), np.uint8)
    sheet[:] = margin_colour(image)
    sheet[top : top + height, left : left + width] = image
    return Square(sheet, (top / side, left / side, height / side, width / side))


def margin_colour(image: Pixels) -> Pixels:
    """The median colour of the outermost sixteenth of an image [H, W, C]: uint8 [C]."""
    depth = max(1, min(image.shape[:2]) // MARGIN)
    edges = (image[:depth], image[-depth:], image[:, :depth], image[:, -depth:])
    flat = np.concatenate([edge.reshape(-1, image.shape[2]) for edge in edges])
    return np.asarray(np.median(flat, axis=0), dtype=np.uint8)


def normalise_drawing(
    drawing: Pixels, lines: LineStatistics, side: int, *, pen: bool = True
) -> Pixels:
    """Bring a square drawing uint8 [s, s, 1 or 3] to the paper, pen and size of ``lines``.

    Returns uint8 [side, side, 1]. In this order:

    1. White on black is inverted, if both the margin and most of the sheet are dark.
    2. The drawing becomes grey: the darkest channel, so that a red line is a line.
    3. Paper darker than 240 becomes white, and all else lighter in proportion.
    4. With ``pen``, lines that are more than 1.6 times too thin or too wide get another width. Thin
       lines become thicker by their median, up to four 128ths; wide lines become thinner by their
       lower quartile, so that few vanish.
    5. It is resized, and inverted if ``lines`` are on black paper.

    A drawing that already has the right paper, pen and size is returned unchanged.
    """
    sketch = drawing
    if side < MAX_SIDE < len(sketch):
        sketch = resize(sketch, MAX_SIDE)
    if margin_colour(sketch).mean() < DARK and np.median(sketch) < DARK:
        sketch = 255 - sketch
    sketch = sketch.min(axis=2, keepdims=True)
    paper = float(np.quantile(sketch, PAPER))
    if DARK <= paper < WHITE:
        sketch = np.rint(sketch * (255 / paper)).clip(0, 255).astype(np.uint8)
    if pen:
        sketch = _match_width(sketch, lines.stroke_width)
    if len(sketch) != side:
        sketch = resize(sketch, side)
    return sketch if lines.paper == "white" else 255 - sketch


def _match_width(sketch: Pixels, target: float) -> Pixels:
    """Bring dark lines on white [s, s, 1] to about ``target`` 128ths of the side."""
    each = widths(sketch)
    if not len(each):
        return sketch
    median, thin = float(np.median(each)), float(np.quantile(each, THIN))
    if target / TOLERANCE <= median <= target * TOLERANCE:
        return sketch
    thicker = max(0.0, min(target, MAX_WIDTH) - median)
    change = thicker if median < target else min(0.0, target - thin)
    return thicken(sketch, change * len(sketch) / UNITS).reshape(sketch.shape)
