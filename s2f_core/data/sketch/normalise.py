"""Clean up a person's drawing before it goes into a model.

A generator learned from one kind of sketch: square, dark lines on white paper (or the reverse) and
one width of pen. A drawing is brought to that, and otherwise left alone.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Literal

import numpy as np

from s2f_core.common.images import Pixels, limit_side, resize
from s2f_core.data.sketch.alignment import Aligner, Alignment
from s2f_core.data.sketch.paper import WHITE, clean
from s2f_core.data.sketch.sheet import margin_colour
from s2f_core.data.sketch.strokes import (
    BLANK,
    UNITS,
    LineStatistics,
    thicken,
    widths,
)

log = logging.getLogger(__name__)

Fit = Literal["pad", "crop", "stretch"]

MAX_SIDE = 1024  # pixels a side at which lines are measured and changed, at most
MAX_SQUARE = 4096  # pixels of the longer side, at most, of what is padded or stretched
TOLERANCE = 1.6  # lines whose widths are in no larger ratio are left alone
MAX_WIDTH = 4.0  # 128ths: lines are not made wider, since the eyes of a face would close
MAX_LINE = 32.0  # 128ths: what is wider is an area, and made no thinner
THIN = 0.25  # thinning aims at this quantile of the widths, so that few thin lines vanish
TONES = 0.25  # inputs with more ink than this have soft tones beside lines, as HED's have
NO_INK = "no ink was found: the page is blank"
NO_PAPER = "little of it is paper: for a photo, use from_photo (--from-photo)"
MIN_PAPER = 0.3  # of the pixels of a drawing that are white, at least
MIN_PAPER_IN_COLOUR = 0.45  # the same where it has colours, as photos have
CHROMA, COLOURED = 40, 0.15  # a picture has colours if channels differ so much in this share of it


@dataclass(frozen=True)
class Square:
    """An image as a square uint8 [s, s, C], and the part of the square that the image covers.

    ``part`` is top, left, height and width, each as a share of the side. ``notes`` are phrases of
    what was done to a drawing, and what is wrong with it. ``aligned`` is the drawing once more,
    by ``alignment``, so that its eyes lie where the model expects them; None where that was not
    wanted, possible or necessary.
    """

    pixels: Pixels
    part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    notes: tuple[str, ...] = ()
    alignment: Alignment | None = None
    aligned: Pixels | None = None

    def crop(self, output: Pixels) -> Pixels:
        """The part of a square ``output`` [H, W, C] that the image covers."""
        top, left, height, width = (share * len(output) for share in self.part)
        first, start = round(top), round(left)
        last, end = max(round(top + height), first + 1), max(round(left + width), start + 1)
        return output[first:last, start:end]

    def log_notes(self, label: str) -> None:
        """Log the notes, after the drawing's name."""
        if self.notes:
            log.warning("%s: %s", label or "a drawing", "; ".join(self.notes))


def to_square(image: Pixels, fit: Fit) -> Square:
    """Make an image uint8 [H, W, C] square.

    ``pad`` puts it in the middle of a larger sheet of its margin's colour, ``crop`` cuts out its
    middle, and ``stretch`` changes its proportions. What is not cropped is shrunk to at most 4096
    pixels a side first, so that a strip does not become a huge square.
    """
    if image.shape[0] == image.shape[1]:
        return Square(image)
    if fit != "crop":
        image = limit_side(image, MAX_SQUARE)
    height, width, channels = image.shape
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


def normalise_drawing(
    drawing: Pixels,
    lines: LineStatistics,
    side: int,
    *,
    fit: Fit = "pad",
    pen: bool = True,
    aligner: Aligner | None = None,
) -> Square:
    """Bring a drawing uint8 [h, w, 1 or 3] to the paper, pen and size of ``lines``.

    Returns a square uint8 [side, side, 1]. In this order:

    1. It is shrunk to 1024 pixels a side, or to ``side`` where that is more.
    2. Paper becomes white and ink grey, see :func:`s2f_core.data.sketch.paper.clean`.
    3. It becomes square by ``fit``.
    4. With ``pen``, lines that are more than 1.6 times too thin or too wide get another width. Thin
       lines become thicker by their median, up to four 128ths; wide lines become thinner by their
       lower quartile, so that few vanish. Areas wider than a quarter of the side are no lines.
    5. It is resized, and inverted if ``lines`` are on black paper.

    With an ``aligner``, the square is also aligned, if that finds a face; then steps 4 and 5 follow
    for the aligned square.

    A drawing that already has the right paper, pen and size is returned unchanged.
    """
    has_tones = lines.ink > TONES
    cleaned = clean(limit_side(drawing, max(side, MAX_SIDE)), has_tones=has_tones)
    square = to_square(cleaned.pixels, fit)
    sketch, notes = square.pixels, cleaned.notes
    if sketch.min() >= BLANK:
        notes += (NO_INK,)
    elif not has_tones and _is_photo(drawing, cleaned.pixels):
        notes += (NO_PAPER,)

    def to_page(sketch: Pixels) -> Pixels:
        if pen:
            sketch = _match_width(sketch, lines.stroke_width)
        return sketch if len(sketch) == side else resize(sketch, side)

    page, alignment = to_page(sketch), None
    if aligner is not None:
        alignment, note = aligner.find(page)
        notes += (note,) if note else ()
    aligned = None if alignment is None else to_page(alignment.apply(sketch))
    if lines.paper == "black":
        page, aligned = 255 - page, None if aligned is None else 255 - aligned
    return Square(page, square.part, notes, alignment, aligned)


def _is_photo(drawing: Pixels, cleaned: Pixels) -> bool:
    chroma = drawing.max(axis=2) - drawing.min(axis=2)
    in_colour = (chroma > CHROMA).mean() > COLOURED
    return bool((cleaned >= WHITE).mean() < (MIN_PAPER_IN_COLOUR if in_colour else MIN_PAPER))


def _match_width(sketch: Pixels, target: float) -> Pixels:
    """Bring dark lines on white [s, s, 1] to about ``target`` 128ths of the side."""
    each = widths(sketch)
    if not len(each):
        return sketch
    median, thin = float(np.median(each)), float(np.quantile(each, THIN))
    if target / TOLERANCE <= median <= target * TOLERANCE or median > MAX_LINE:
        return sketch
    thicker = max(0.0, min(target, MAX_WIDTH) - median)
    change = thicker if median < target else min(0.0, target - thin)
    return thicken(sketch, change * len(sketch) / UNITS).reshape(sketch.shape)
