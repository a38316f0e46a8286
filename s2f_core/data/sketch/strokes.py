"""Strokes: measure and change the width of lines, and describe the lines of a data set."""

from __future__ import annotations

from typing import Literal, Self

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels

UNITS = 128  # lengths are in so many parts of an image's side, so that they fit every size
MEASURE_SCALE = 4  # a sketch is enlarged so many times before its strokes are measured
MAX_ENLARGED = 2048  # pixels a side, at most, after that
BLANK = 247  # a sketch whose darkest pixel is not below this has no strokes, only noise
MAX_STROKE = UNITS / 2  # wider than this, it is a filled page and no stroke
OUTLIER = 8.0  # a sketch with strokes so many times wider than usual is left out of statistics
JPEG_CHROMA = 16  # channels of a grey pixel differ by no more after JPEG
COLOURED_SHARE = 1e-3  # of its pixels make a sketch coloured
WHITE_MEDIAN = 192  # the median grey from which paper counts as white; 255 less it, as black

Values = npt.NDArray[np.float64]
Paper = Literal["white", "black"]


def ink(sketches: Pixels) -> Values:
    """The share of the paper that is black, for sketches [n, H, W, 1 or 3]: float64 [n] in [0, 1].

    A grey pixel counts in part. Also known as edge density.
    """
    return np.asarray(1 - sketches.mean(axis=(1, 2, 3)) / 255)


def stroke_width(sketches: Pixels) -> Values:
    """The median width of the strokes of sketches [n, H, W, 1 or 3]: float64 [n].

    In 128ths of the side; see :func:`widths`. NaN for a sketch without strokes: one that is blank,
    all ink, or mostly filled, so that its median is above half of the side.
    """
    return np.asarray([_median_width(widths(sketch)) for sketch in sketches])


def _median_width(each: Values) -> float:
    median = float(np.median(each)) if len(each) else float("nan")
    return median if median <= MAX_STROKE else float("nan")


def widths(sketch: Pixels) -> Values:
    """The widths of a sketch's strokes, along their middles, in 128ths of the side: float64 [n].

    The sketch is [H, W, 1 or 3]; a blank one, and one that is all ink, have no widths. A stroke is
    where there is more than half of the ink of the darkest pixel. Its middle is where the Euclidean
    distance to the paper is not below that of any of the eight neighbours; its width is twice this
    distance.
    """
    grey = sketch.min(axis=2)
    if grey.min() >= BLANK:
        return np.empty(0)
    scale = max(1, min(MEASURE_SCALE, MAX_ENLARGED // max(grey.shape)))
    size = (scale * grey.shape[1], scale * grey.shape[0])
    large = cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR)
    stroke = (large < (255.0 + large.min()) / 2).astype(np.uint8)
    if stroke.all():  # without paper, OpenCV's distance to it is a number of its own
        return np.empty(0)
    distance = cv2.distanceTransform(stroke, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    middle = (distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))
    return np.asarray(2.0 * distance[middle].astype(np.float64) * UNITS / size[1])


def _are_coloured(sketches: Pixels) -> npt.NDArray[np.bool_]:
    """Whether each of sketches [n, H, W, C] has colours beyond those that JPEG adds to greys."""
    if sketches.shape[-1] == 1:
        return np.zeros(len(sketches), bool)
    chroma = sketches.max(axis=-1) - sketches.min(axis=-1)
    return np.asarray((chroma > JPEG_CHROMA).mean(axis=(1, 2)) > COLOURED_SHARE)


def thicken(sketch: Pixels, width: float) -> Pixels:
    """Make dark lines wider by ``width`` pixels, half of it on either side.

    A negative ``width`` makes them thinner. A change that no disc of whole pixels gives is blended
    from the next smaller and the next larger disc.
    """
    change = cv2.erode if width > 0 else cv2.dilate  # of the paper: ink has low values
    whole, part = divmod(abs(width) / 2, 1)
    inner, outer = (
        change(sketch, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2))
        for radius in (int(whole), int(whole) + 1)
    )
    return np.asarray(cv2.addWeighted(inner, 1 - part, outer, part, 0), dtype=np.uint8)


class LineStatistics(Section):
    """The mean statistics of line drawings, such as the first training inputs of a generator.

    ``paper`` is the colour of the paper. ``ink`` is the share of the paper with ink on it, and
    ``stroke_width`` is in 128ths of the side. Both are measured on white paper: drawings on black
    paper are inverted first.
    """

    paper: Paper
    ink: float
    stroke_width: float

    @classmethod
    def measure(cls, sketches: Pixels, *, are_drawings: bool) -> Self | None:
        """The statistics of sketches uint8 [n, H, W, C]; None if these are not line drawings.

        Images are none if most have colours, or all are without lines. Unless ``are_drawings``,
        neither are images without paper: those with a median grey between 64 and 191. An image does
        not count if it has colours, is all ink, or has strokes more than eight times wider than the
        median image's.
        """
        coloured = _are_coloured(sketches)
        if 2 * coloured.sum() > len(sketches):
            return None
        sketches = sketches[~coloured]
        median = float(np.median(sketches))
        if not are_drawings and 255 - WHITE_MEDIAN < median < WHITE_MEDIAN:
            return None
        white = median > 127
        on_white = sketches if white else 255 - sketches
        strokes = stroke_width(on_white)
        if np.isnan(strokes).all():
            return None
        blank = on_white.min(axis=(1, 2, 3)) >= BLANK
        usual = strokes <= OUTLIER * np.nanmedian(strokes)
        return cls(
            paper="white" if white else "black",
            ink=round(float(ink(on_white)[usual | blank].mean()), 4),
            stroke_width=round(float(strokes[usual].mean()), 2),
        )
