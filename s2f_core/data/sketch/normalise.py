"""Drawings that people hand in, brought to what a generator has learned from.

A drawing is taken as it was drawn but for what a generator cannot know: that ink may be white on
black, paper cream or grey, the sheet oblong, and the pen thinner or thicker than the lines that it
learned from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from s2f_core.common.images import Pixels, resize
from s2f_core.data.sketch.strokes import UNITS, LineStatistics, thicken, widths

Fit = Literal["pad", "crop", "stretch"]

FINEST = 1024  # pixels a side at which lines are measured and changed, at most
MARGIN = 16  # the margin is this part of the side
ALIKE = 1.6  # pens whose widths are in no larger ratio are left alone
WIDEST = 4.0  # 128ths that lines are made wide at most: beyond, eyes close
THIN = 0.25  # the quantile of the strokes' widths that thinning leaves as wide as asked
DARK, CREAM = 128, 240  # greys below which a sheet is black, and paper not white
PAPER = 0.9  # the quantile of a drawing's greys that its paper has


@dataclass(frozen=True)
class Square:
    """An image brought to a square uint8 [s, s, C], and which part of that it covers.

    ``part`` is top, left, height and width as shares of the side, of 1.
    """

    pixels: Pixels
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def crop(self, image: Pixels) -> Pixels:
        """What of an image [H, W, C] made from the square the first image covers."""
        top, left, height, width = (share * len(image) for share in self.part)
        first, start = round(top), round(left)
        last, end = max(round(top + height), first + 1), max(round(left + width), start + 1)
        return image[first:last, start:end]


def to_square(image: Pixels, fit: Fit) -> Square:
    """An image uint8 [H, W, C] as a square.

    ``pad`` puts it in the middle of a larger one of the colour of its margin, the median of the
    outermost sixteenth; ``crop`` cuts out the middle; ``stretch`` changes its proportions.
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
    """The colour around an image [H, W, C], [C]: the median of its outermost sixteenth."""
    deep = max(1, min(image.shape[:2]) // MARGIN)
    edges = (image[:deep], image[-deep:], image[:, :deep], image[:, -deep:])
    flat = np.concatenate([edge.reshape(-1, image.shape[2]) for edge in edges])
    return np.asarray(np.median(flat, axis=0), dtype=np.uint8)


def normalise_drawing(
    drawing: Pixels, lines: LineStatistics, side: int, *, pen: bool = True
) -> Pixels:
    """A square drawing uint8 [s, s, 1 or 3] as lines that a generator knows, [side, side, 1].

    It becomes grey (the darkest channel: a red line is a line). White ink on black is inverted:
    where both the margin and most of the sheet are dark. Paper below 240, the lightest tenth of the
    sheet, becomes white, and all else lighter in proportion. With ``pen`` lines are made as wide as
    those of ``lines``, unless one is at most 1.6 times the other: thin ones thicker by their
    median, up to four 128ths; thick ones thinner by their lower quartile, so that few vanish. It
    is shrunk by areas, and inverted in the end for a generator that learned from black paper. What
    has the lines, paper and size that were learned from is left to the byte.
    """
    page = drawing
    if side < FINEST < len(page):
        page = resize(page, FINEST)
    if margin_colour(page).mean() < DARK and np.median(page) < DARK:
        page = 255 - page
    page = page.min(axis=2, keepdims=True)
    paper = float(np.quantile(page, PAPER))
    if DARK <= paper < CREAM:
        page = np.rint(page * (255 / paper)).clip(0, 255).astype(np.uint8)
    if pen:
        page = _drawn_with(page, lines.stroke_width)
    if len(page) != side:
        page = resize(page, side)
    return page if lines.paper == "white" else 255 - page


def _drawn_with(page: Pixels, wanted: float) -> Pixels:
    """Dark lines on white [s, s, 1] about as wide as is wanted, in 128ths of the side."""
    there = widths(page)
    if not len(there):
        return page
    middle, thin = float(np.median(there)), float(np.quantile(there, THIN))
    if wanted / ALIKE <= middle <= wanted * ALIKE:
        return page
    thicker = max(0.0, min(wanted, WIDEST) - middle)
    change = thicker if middle < wanted else min(0.0, wanted - thin)
    return thicken(page, change * len(page) / UNITS).reshape(page.shape)
