"""Lines: what a drawing's are like, measured on the drawings alone."""

from __future__ import annotations

from typing import Literal, Self

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels

UNITS = 128  # lengths are in so many parts of the side
FINER = 4  # times that a sketch is enlarged before its strokes are measured
PLAIN = 192  # the median grey from which a drawing's paper is white; 255 less it, black

Values = npt.NDArray[np.float64]
Paper = Literal["white", "black"]


def ink(pages: Pixels) -> Values:
    """The share of the paper that is black, of sketches [n, H, W, 1 or 3]: float64 [n].

    A grey pixel counts for the part of it that is ink. Also called edge density.
    """
    return np.asarray(1 - pages.mean(axis=(1, 2, 3)) / 255)


def stroke_width(pages: Pixels) -> Values:
    """How wide a sketch's strokes are, in 128ths of its side: float64 [n] of [n, H, W, 1 or 3].

    The median of :func:`widths`. NaN for an empty sheet.
    """
    found = [widths(page) for page in pages]
    return np.asarray([float(np.median(each)) if len(each) else float("nan") for each in found])


def widths(page: Pixels) -> Values:
    """The widths of a sketch's strokes [H, W, 1 or 3] in 128ths of its height, where they are.

    A stroke is what has more than half of the ink of the sketch's darkest pixel. Its width is twice
    the distance to the paper (Euclidean) from its middle: the centres of largest discs, where
    the distance is no smaller than at any of the eight neighbours. Measured on the sketch enlarged
    four times; empty for an empty sheet.
    """
    grey = page.min(axis=2)
    if grey.min() == 255:
        return np.empty(0)
    size = (FINER * grey.shape[1], FINER * grey.shape[0])
    fine = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
    stroke = (fine < (255.0 + fine.min()) / 2).astype(np.uint8)
    away = cv2.distanceTransform(stroke, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    middle = (away > 0) & (away >= cv2.dilate(away, np.ones((3, 3), np.uint8)))
    return np.asarray(2.0 * away[middle].astype(np.float64) * UNITS / size[1])


def thicken(page: Pixels, width: float) -> Pixels:
    """Lines wider by ``width`` pixels: half of it on either side."""
    change = cv2.erode if width > 0 else cv2.dilate  # what is dark is small
    whole, part = divmod(abs(width) / 2, 1)
    inner, outer = (
        change(page, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2))
        for radius in (int(whole), int(whole) + 1)
    )
    return np.asarray(cv2.addWeighted(inner, 1 - part, outer, part, 0), dtype=np.uint8)


class LineStatistics(Section):
    """What the drawings are like that a generator learned from: means over some of them.

    ``ink`` is the share of the paper that is drawn on, ``stroke_width`` in 128ths of the side; both
    of the drawing on white, also where ``paper`` is black.
    """

    paper: Paper
    ink: float
    stroke_width: float

    @classmethod
    def measure(cls, pages: Pixels, *, sure: bool) -> Self | None:
        """Of uint8 [n, H, W, C]; None where they are no line drawings.

        That is: they have colours or no lines or, unless it is ``sure`` that they were drawn, no
        paper, a grey from 0 to 63 or from 192 on that is their median.
        """
        if (pages != pages[..., :1]).any():
            return None
        median = float(np.median(pages))
        if not sure and 255 - PLAIN < median < PLAIN:
            return None
        white = median > 127
        pages = pages if white else 255 - pages
        drawn = stroke_width(pages)
        if np.isnan(drawn).all():
            return None
        return cls(
            paper="white" if white else "black",
            ink=round(float(ink(pages).mean()), 4),
            stroke_width=round(float(np.nanmean(drawn)), 2),
        )
