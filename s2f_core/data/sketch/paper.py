"""Take the paper out of a drawing: its colour, light and ruling, and what lies around the sheet.

What is left is ink: what differs from the paper. The drawing is a scan, a photograph of a sheet, or
digital.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Floats, Pixels, limit_side, luma
from s2f_core.data.sketch.ruling import remove_ruling
from s2f_core.data.sketch.sheet import find_sheet, margin_colour

PURE = 254  # greys from here on are pure white, which photographed paper is not
PURE_SHARE = 0.2  # with so much of pure white, a drawing is digital, or scanned and cleaned
WHITE = 240  # greys from here on belong to white paper
PAPER = 0.9  # the quantile of a drawing's greys that belongs to its paper
BLACK = 128  # paper below this grey is dark
MIDDLE = 200  # white ink can be on paper below this grey
COARSE = 256  # pixels of the longer side at which paper is estimated
STROKE = 8  # a stroke is narrower than the drawing's longer side divided by this
FILL = 0.4  # what is darker than this share of the paper around it is ink, not a shadow
TINT = 0.12  # a shadow changes the shares of the channels by less
STRONG = 0.5  # channels with less than this share of the brightest channel of the paper are noise
LEVEL = 0.75  # the quantile of the drawing against the paper that is paper
INNER = 0.99  # of a coarse pixel that belongs to the sheet
NOISE = 3.0  # standard deviations of the paper's grain that are no ink
MAX_GRAIN = 0.15  # of ink, at most, is taken for grain
RESIDUE = 0.08  # of ink that printed lines leave
ROUNDS = 6  # of the fit of a smooth surface to the paper

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class CleanDrawing:
    """Dark ink on white, uint8 [h, w, 1], and one phrase for each change that might surprise."""

    pixels: Pixels
    notes: tuple[str, ...] = ()


def clean(drawing: Pixels, *, has_tones: bool = False) -> CleanDrawing:
    """Turn a drawing uint8 [h, w, 1 or 3] into dark ink on white paper.

    ``has_tones``: soft greys on white paper are a part of the drawing, and no shadows.

    In this order:

    1. If a sheet lies on a table or in a frame of another grey, what is around it becomes paper.
    2. Light ink on dark or coloured paper is inverted.
    3. Ink becomes grey: the darkest channel, so that a red line is a line.
    4. Each channel is divided by the paper's, which is estimated around each place, so that colour,
       uneven light and shadows go. Paper that is white already is left alone.
    5. Printed lines and squares are taken out.
    """
    notes: list[str] = []
    sheet = find_sheet(drawing)
    if sheet is not None:
        notes.append("the surroundings of the sheet were left out")
        drawing = np.where(sheet[..., None], drawing, _median_colour(drawing, sheet))
    if _has_light_ink(drawing):
        notes.append("light ink on dark paper was inverted")
        drawing = 255 - drawing
    darkest = drawing.min(axis=2)
    is_white = has_tones and np.quantile(darkest, PAPER) >= WHITE
    if is_white or (darkest >= PURE).mean() >= PURE_SHARE:
        ink = (255 - darkest).astype(np.float32) / 255
        without, ruled = remove_ruling(ink)
        grey = np.rint(255 * (1 - without)).astype(np.uint8) if ruled else darkest
    else:
        inside = np.ones(darkest.shape, bool) if sheet is None else sheet
        ink = _ink(drawing.astype(np.float32), inside)
        grain = min(MAX_GRAIN, NOISE * _deviation(ink[inside & (ink < MAX_GRAIN)]))
        ink, ruled = remove_ruling(ink)
        grain = max(grain, RESIDUE) if ruled else grain
        grey = np.rint(255 * (1 - ((ink - grain) / (1 - grain)).clip(0, 1))).astype(np.uint8)
    if ruled:
        notes.append("printed lines were taken out")
    return CleanDrawing(grey[..., None], tuple(notes))


def _median_colour(drawing: Pixels, where: Mask) -> Pixels:
    return np.asarray(np.median(drawing[where], axis=0), dtype=np.uint8)


def _has_light_ink(drawing: Pixels) -> bool:
    """Whether there is more light ink than dark ink on paper that is dark, or of a middle grey."""
    small = luma(limit_side(drawing, COARSE))
    paper = float(luma(margin_colour(drawing)[None, None])[0, 0])
    if paper >= MIDDLE or np.median(small) >= MIDDLE:
        return False
    window = max(3, max(small.shape) // 4) | 1
    around = cv2.medianBlur(small, window).astype(np.float32)
    difference = small - around
    grain = 2 * NOISE * _deviation(difference)
    lighter = float(difference[difference > grain].sum())
    darker = -float(difference[difference < -grain].sum())
    if paper < BLACK and np.median(small) < BLACK:
        return lighter >= darker
    return lighter > 2 * darker


def _ink(drawing: Floats, inside: Mask) -> Floats:
    """The ink of a drawing float32 [h, w, C], dark on any paper: float32 [h, w] in [0, 1].

    There is none outside the sheet, bool [h, w].
    """
    paper = _paper(drawing, inside)
    share = drawing / np.maximum(paper, 1)
    weak = paper < STRONG * paper.max(axis=2, keepdims=True)
    share[weak] = 1
    darkest = share.min(axis=2)
    level = max(0.5, float(np.quantile(darkest[inside], LEVEL)))
    return np.asarray((1 - darkest / level).clip(0, 1) * inside, np.float32)


def _paper(drawing: Floats, inside: Mask) -> Floats:
    """Estimate the paper at each pixel of a drawing [h, w, C]: float32 [h, w, C].

    A closing removes strokes; wide fills remain in it. These are told from shadows by their
    darkness and tint against a smooth surface fitted to the paper.
    """
    height, width = drawing.shape[:2]
    small = limit_side(drawing, COARSE)
    inside = limit_side(inside.astype(np.float32)[..., None], COARSE)[..., 0] > INNER
    small = small * inside[..., None]
    side = max(3, max(small.shape[:2]) // STROKE) | 1
    closed = _close(small, side)
    surface = _smooth_surface(closed, inside)
    share = closed / np.maximum(surface, 1)
    fill = (share.mean(axis=2) < FILL) | (share.max(axis=2) - share.min(axis=2) > TINT)
    closed[fill | ~inside] = surface[fill | ~inside]
    smooth = cv2.GaussianBlur(closed, (0, 0), max(1.0, side / 16))
    paper = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(paper, np.float32).reshape(drawing.shape)


def _close(image: Floats, side: int) -> Floats:
    """Fill what is darker and narrower than ``side`` in an image [h, w, C], also at its edge."""
    padded = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_REFLECT)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(closed[side:-side, side:-side], np.float32).reshape(image.shape)


def _smooth_surface(paper: Floats, inside: Mask) -> Floats:
    """Fit a quadratic surface to the brighter part of a paper [h, w, C]: float32 [h, w, C]."""
    rows, columns = np.indices(paper.shape[:2], dtype=np.float64)
    y, x = rows / max(1, len(paper) - 1) - 0.5, columns / max(1, paper.shape[1] - 1) - 0.5
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    grey = paper.mean(axis=2)
    used = inside & (grey >= np.quantile(grey[inside], 0.5))
    fitted = np.zeros(paper.shape)
    for _ in range(ROUNDS):
        weights, *_ = np.linalg.lstsq(terms[used], paper[used].astype(np.float64), rcond=None)
        fitted = terms @ weights
        near = np.abs(paper / np.maximum(fitted, 1) - 1).max(axis=2) < TINT
        if (inside & near).sum() < len(weights):
            break
        used = inside & near
    low, high = np.quantile(paper[used], (0.01, 1.0), axis=0)
    return np.asarray(fitted.clip(0.8 * low, high), np.float32)


def _deviation(values: npt.NDArray[np.floating]) -> float:
    """The standard deviation of most values, by their median absolute deviation."""
    if not values.size:
        return 0.0
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
