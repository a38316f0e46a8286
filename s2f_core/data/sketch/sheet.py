"""Find the sheet of paper in a picture: its margin, and where it ends on a table or in a frame."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels, limit_side, luma

MARGIN = 16  # the margin is this part of the shorter side
COARSE = 256  # pixels of the longer side at which a sheet is looked for
CONTRAST = 50  # greys at least between a sheet and its surroundings
MIN_AREA = 0.3  # of the picture that is a sheet
MIN_RECTANGLE = 0.92  # of its rectangle that a sheet covers
MIN_PAPER = 0.6  # of a sheet that is paper
MIN_MARKS = 0.002  # of a sheet that is drawn on
WINDOW = 31  # pixels a side at that size around a mark
MARK = 30  # greys by which a mark differs from the paper around it


def margin_colour(image: Pixels) -> Pixels:
    """The median colour of the outermost sixteenth of an image [H, W, C]: uint8 [C]."""
    depth = max(1, min(image.shape[:2]) // MARGIN)
    edges = (image[:depth], image[-depth:], image[:, :depth], image[:, -depth:])
    flat = np.concatenate([edge.reshape(-1, image.shape[2]) for edge in edges])
    return np.asarray(np.median(flat, axis=0), dtype=np.uint8)


def find_sheet(image: Pixels) -> npt.NDArray[np.bool_] | None:
    """Where a picture uint8 [H, W, C] shows a sheet of paper, bool [H, W]; None if it has no edge.

    A sheet is a rectangle, also a turned one, of another grey than the margin, with marks on it: a
    rectangle without marks is a part of the drawing.
    """
    small = luma(limit_side(image, COARSE))
    margin = float(np.median(luma(margin_colour(image)[None, None])))
    threshold, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    other = (small > threshold) if margin <= threshold else (small <= threshold)
    shape = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    outline = max(contours, key=cv2.contourArea)
    area, box = cv2.contourArea(outline), cv2.minAreaRect(outline)
    rectangle = box[1][0] * box[1][1]
    if area < MIN_AREA * small.size or area < MIN_RECTANGLE * rectangle:
        return None
    filled = np.zeros(small.shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    inner = cv2.erode(filled, np.ones((7, 7), np.uint8), borderValue=0).astype(bool)
    paper = small[inner & other]
    if not paper.size or paper.size < MIN_PAPER * inner.sum():
        return None
    if abs(float(np.median(paper)) - margin) < CONTRAST:
        return None
    page = np.where(inner, small, np.uint8(np.median(paper)))
    marks = cv2.absdiff(page, cv2.medianBlur(page, WINDOW)) > MARK
    if marks[inner].mean() < MIN_MARKS:
        return None
    size = image.shape[1], image.shape[0]
    large = cv2.resize(inner.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(large > 0.5)
