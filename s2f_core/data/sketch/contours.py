"""The curves of hair, shoulders and clothes, from a photo and the matte of its person.

Curves are [n, 2] (x, y) in 128ths of the longer side.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Doubles, Pixels, luma
from s2f_core.data.landmarks.mesh import OVAL
from s2f_core.data.sketch.canny import canny
from s2f_core.data.sketch.curves import Curve, Part, length, smooth
from s2f_core.data.sketch.features import CHIN
from s2f_core.data.sketch.masks import beard_mask, dilate, erode, feature_mask, fill
from s2f_core.data.sketch.ranges import Share
from s2f_core.data.sketch.strokes import UNITS

BORDER = 2.0  # units at the picture's border where the matte ends, but no person
MIN_OUTLINE = 12.0  # units that a piece of an outline is long
MIN_HATCH = 4  # units that a stroke of hatching is long
HAIR_BLUR = 2.0  # units of the blur before hair counts as dark
DARK = 70  # of 255; darker hair is hatched
MIN_STRAND = 7.0  # units that a strand is long
OUTLINE_BLUR = 2.0  # units over which the matte's outline is smoothed
EDGE_BLUR = 1.3  # units of the blur before Canny's detector
APART = 7  # units between the outline, or the face, and strands


@dataclass(frozen=True)
class Contours:
    """The curves of a photo around its features, the longest first.

    ``dark_hair`` and ``beard`` are uint8 [H, W] at 128 on the longer side, 1 where there is some.
    """

    head: Part
    shoulders: Part
    hair: Part
    clothes: Part
    face: Part
    dark_hair: Pixels
    beard: Pixels


class Surroundings(Section):
    """Hair, shoulders and other lines around the features: ``surroundings:`` of a drawing."""

    hair: Share = Field(0.95, description="Chance of the outline of the hair.")
    shoulders: Share = Field(0.6, description="Chance of the outline of the shoulders.")
    strands: Share = Field(0.75, description="Chance of strands of hair.")
    strands_most: int = Field(24, ge=0, le=200, description="Strands at most, the longest.")
    hatching: Share = Field(0.25, description="Chance of hatching on dark hair.")
    beard: Share = Field(0.35, description="Chance of hatching on a beard.")
    clothes: Share = Field(0.4, description="Chance of lines of the clothes.")
    clothes_most: int = Field(6, ge=0, le=200, description="Lines of the clothes at most.")
    details: Share = Field(
        0.4, description="Chance of lines in the face, such as glasses and wrinkles."
    )
    details_most: int = Field(6, ge=0, le=200, description="Lines in the face at most.")

    def trace(self, contours: Contours, random: np.random.Generator) -> list[Part]:
        """The curves of one drawing, a random choice; those of a part move together."""
        shown = [random.random() < chance for chance in (self.hair, self.shoulders)]
        outline = [
            curve
            for part, show in zip((contours.head, contours.shoulders), shown, strict=True)
            for curve in part
            if show
        ]
        groups = (
            (contours.hair, self.strands, self.strands_most),
            (contours.clothes, self.clothes, self.clothes_most),
            (contours.face, self.details, self.details_most),
        )
        inner: Part = []
        for curves, chance, most in groups:
            show, count = random.random() < chance, int(random.integers(0, most + 1))
            inner += curves[:count] if show else []
        areas = (contours.dark_hair, self.hatching), (contours.beard, self.beard)
        for area, chance in areas:
            inner += hatch(area, random) if random.random() < chance else []
        return [outline, inner]


def find_contours(photo: Pixels, matte: Pixels, points: Doubles) -> Contours:
    """The curves of a photo uint8 [H, W, 1 or 3] with a matte uint8 [H, W, 1].

    ``points`` [468, 2] are the face's, in 128ths of the longer side.
    """
    grey, alpha = (_at_units(image) for image in (luma(photo), matte[..., 0]))
    outline = matte_outline(alpha)
    chin = float(points[CHIN, 1])
    head, shoulders = split_at(outline, chin)
    edges = _edges(grey)
    face = fill(grey.shape, points[list(OVAL[0])])
    person = erode((alpha > 127).astype(np.uint8), APART)
    around = person & (1 - dilate(face, APART // 2))
    below = np.arange(len(grey))[:, None] > chin
    hair, clothes = (edges * (around & zone.astype(np.uint8)) for zone in (~below, below))
    inside = erode(face, APART) & (1 - feature_mask(grey.shape, points))
    dark = cv2.GaussianBlur(grey, (0, 0), HAIR_BLUR) < DARK
    return Contours(
        head,
        shoulders,
        strands(hair),
        strands(clothes),
        strands(edges * inside),
        around & dark.astype(np.uint8) & (~below).astype(np.uint8),
        beard_mask(grey, points),
    )


def _at_units(image: Pixels) -> Pixels:
    """Resize [H, W] to 128 on the longer side."""
    scale = UNITS / max(image.shape)
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=method), dtype=np.uint8)


def matte_outline(alpha: Pixels) -> Part:
    """The outline of a matte uint8 [H, W] at 128 units, without the picture's border."""
    height, width = alpha.shape
    soft = cv2.GaussianBlur(alpha, (0, 0), OUTLINE_BLUR)
    padded = cv2.copyMakeBorder((soft > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return []
    longest = max(contours, key=len)
    curve = longest[:, 0].astype(np.float64) - 0.5
    low, high = np.array([BORDER, BORDER]), np.array([width, height]) - BORDER
    inside = np.asarray(((curve > low) & (curve < high)).all(axis=1))
    return _longest_first([smooth(run, 2.5) for run in _closed_runs(curve, inside)], MIN_OUTLINE)


def _closed_runs(curve: Curve, inside: npt.NDArray[np.bool_]) -> Part:
    """The pieces of a closed curve whose points are all inside."""
    if inside.all():
        return [np.concatenate([curve, curve[:1]])]
    start = int(np.argmin(inside))
    return _runs(np.roll(curve, -start, axis=0), np.roll(inside, -start))


def _runs(curve: Curve, inside: npt.NDArray[np.bool_]) -> Part:
    """The pieces of a curve whose points are all inside."""
    cuts = np.flatnonzero(np.diff(inside.astype(int))) + 1
    pieces = zip(np.split(curve, cuts), np.split(inside, cuts), strict=True)
    return [piece for piece, within in pieces if within[0] and len(piece) > 1]


def split_at(curves: Part, height: float) -> tuple[Part, Part]:
    """The pieces of curves above and below a height (y)."""
    above: Part = []
    below: Part = []
    for curve in curves:
        lower = np.asarray(curve[:, 1] > height)
        above += _runs(curve, ~lower)
        below += _runs(curve, lower)
    return _longest_first(above, MIN_OUTLINE), _longest_first(below, MIN_OUTLINE)


def _edges(grey: Pixels) -> Pixels:
    """Canny's edges of grey uint8 [H, W], 0 or 1, at thresholds that follow its contrast."""
    gradient = cv2.GaussianBlur(grey, (0, 0), EDGE_BLUR)
    strength = np.abs(np.gradient(gradient)).sum(axis=0)
    high = 8 * float(np.percentile(strength, 75))
    return canny(grey, EDGE_BLUR, 0.4 * high, high) // np.uint8(255)


def strands(edges: Pixels) -> Part:
    """The lines of edges uint8 [H, W], 0 or 1, the longest first."""
    contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    lines = [_one_way(contour[:, 0].astype(np.float64) + 0.5) for contour in contours]
    return _longest_first([smooth(line, 2.0) for line in lines if len(line) > 2], MIN_STRAND)


def _one_way(contour: Curve) -> Curve:
    """Half of the contour around a line one pixel wide, which goes there and back.

    It begins at the end of the line: the point that is farthest from the middle.
    """
    start = int(np.argmax(((contour - contour.mean(axis=0)) ** 2).sum(axis=1)))
    return np.roll(contour, -start, axis=0)[: len(contour) // 2 + 1]


def hatch(mask: Pixels, random: np.random.Generator) -> Part:
    """Nearly parallel strokes where a mask uint8 [H, W] is 1."""
    middle, reach = np.array(mask.shape[::-1]) / 2, np.arange(-UNITS, UNITS + 1.0)
    angle, spacing = random.uniform(0, np.pi), random.uniform(2.5, 6)
    strokes: Part = []
    for offset in np.arange(-UNITS, UNITS, spacing):
        turn = angle + random.normal(0, 0.06)
        along = np.array([np.cos(turn), np.sin(turn)])
        line = middle + offset * np.array([-along[1], along[0]]) + reach[:, None] * along
        strokes += [run for run in _runs(line, _is_on(mask, line)) if len(run) > MIN_HATCH]
    return strokes


def _is_on(mask: Pixels, line: Curve) -> npt.NDArray[np.bool_]:
    """Whether each point of a line is where the mask uint8 [H, W] is 1."""
    x, y = np.floor(line).astype(int).T
    height, width = mask.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    inside[inside] = mask[y[inside], x[inside]] > 0
    return np.asarray(inside)


def _longest_first(curves: Part, least: float) -> Part:
    return sorted((c for c in curves if length(c) >= least), key=length, reverse=True)
