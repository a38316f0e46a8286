"""The curves that a person draws of a face's features, from MediaPipe's 468 points.

Points are [468, 2] (x, y) in 128ths of the side. The numbers of the points are those of the
canonical face model (Kartynnik et al. 2019). "Right" is the person's right, which is left in a
picture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Doubles
from s2f_core.data.landmarks.mesh import BROWS, EYES, LIPS, OVAL
from s2f_core.data.sketch.curves import Curve, Part, ellipse, joined, length
from s2f_core.data.sketch.ranges import Share

Indices = tuple[int, ...]


class Side(NamedTuple):
    """The points of one half of a face; the lids run from the outer corner to the inner one."""

    upper_lid: Indices
    lower_lid: Indices
    crease: Indices
    brow_top: Indices
    brow_bottom: Indices
    ridge: Indices
    wing: Indices
    smile_line: Indices
    ear: Indices
    neck: int


RIGHT = Side(
    EYES[3], EYES[2], (247, 30, 29, 27, 28, 56, 190), BROWS[3], BROWS[2],
    (55, 193, 188, 174, 236, 134, 220), (115, 48, 64, 98), (129, 203, 206, 216, 212),
    (127, 234, 93, 132), 136,
)  # fmt: skip
LEFT = Side(
    EYES[1], EYES[0], (467, 260, 259, 257, 258, 286, 414), BROWS[1], BROWS[0],
    (285, 417, 412, 399, 456, 363, 440), (344, 278, 294, 327), (358, 423, 426, 436, 432),
    (356, 454, 323, 361), 365,
)  # fmt: skip
SIDES = (RIGHT, LEFT)
NOSE_BASE = (98, 97, 2, 326, 327)
NOSTRILS = ((98, 97), (326, 327))
UNDER_LIP = (83, 18, 313)
JAW = OVAL[0][7:30]  # from the left ear over the chin to the right ear
FOREHEAD = (*OVAL[0][29:], *OVAL[0][1:8])
CHIN, MIDDLE_OF_EYES = 152, 168
OPEN_MOUTH = 1.2  # units between the inner edges of the lips
IRIS = 0.2  # radius of an iris as a share of the eye's width


class Features(Section):
    """Chances of the features to be drawn: ``features:`` of a drawing."""

    upper_lid: Share = Field(0.97, description="Upper lids.")
    lower_lid: Share = Field(0.65, description="Lower lids.")
    crease: Share = Field(0.35, description="Creases of the upper lids.")
    lashes: Share = Field(0.1, description="Eyelashes.")
    pupil: Share = Field(0.92, description="Pupils: discs, or circles with a dot.")
    simple_eyes: Share = Field(0.12, description="Dots or ovals in place of the eyes.")
    brow: Share = Field(0.93, description="Eyebrows: a line, an outline, or a row of hairs.")
    ridge: Share = Field(0.4, description="A side of the nose's ridge.")
    wings: Share = Field(0.7, description="Wings of the nose; without them its tip alone.")
    nostrils: Share = Field(0.35, description="Nostrils.")
    nose: Share = Field(0.96, description="The nose, with all its parts.")
    lips: Share = Field(0.75, description="Both lips; without them one line for the mouth.")
    teeth: Share = Field(0.3, description="Teeth in an open mouth.")
    under_lip: Share = Field(0.25, description="The shadow below the lower lip.")
    smile_lines: Share = Field(0.15, description="Lines from the nose to the mouth's corners.")
    jaw: Share = Field(0.93, description="The jaw, from ear to ear.")
    forehead: Share = Field(0.12, description="The upper outline of the face.")
    ears: Share = Field(0.35, description="Ears.")
    neck: Share = Field(0.55, description="The neck's two lines.")

    def trace(self, points: Doubles, random: np.random.Generator) -> list[Part]:
        """The features of one drawing; the curves of a part move together."""
        simple = random.random() < self.simple_eyes
        eyes = self._simple_eyes(points, random) if simple else self._eyes(points, random)
        return [
            *eyes,
            *self._brows(points, random),
            self._nose(points, random),
            self._mouth(points, random),
            self._outline(points, random),
        ]

    def _eyes(self, points: Doubles, random: np.random.Generator) -> list[Part]:
        """Both eyes: what is drawn of one is drawn of the other."""
        names = ("upper_lid", "lower_lid", "crease", "lashes", "pupil")
        shown = {name: random.random() < getattr(self, name) for name in names}
        filled, parts = random.random() < 0.5, []
        for side in SIDES:
            upper, lower = points[list(side.upper_lid)], points[list(side.lower_lid)]
            part = [upper] if shown["upper_lid"] else []
            if shown["lower_lid"]:
                part.append(lower if random.random() < 0.6 else lower[1:-2])
            if shown["crease"]:
                part.append(points[list(side.crease)][1:-1])
            if shown["lashes"]:
                part += lashes(upper, random)
            if shown["pupil"]:
                part += pupil(upper, lower, filled=filled)
            parts.append(part)
        return parts

    def _simple_eyes(self, points: Doubles, random: np.random.Generator) -> list[Part]:
        dots, parts = random.random() < 0.5, []
        for side in SIDES:
            upper, lower = points[list(side.upper_lid)], points[list(side.lower_lid)]
            centre, width = _centre(upper, lower), length(upper[[0, -1]])
            if dots:
                parts.append(disc(centre, 0.16 * width))
            else:
                oval = ellipse(centre, (0.45 * width, width * random.uniform(0.25, 0.4)), 1.05)
                parts.append([oval, *disc(centre, 0.12 * width)])
        return parts

    def _brows(self, points: Doubles, random: np.random.Generator) -> list[Part]:
        if random.random() >= self.brow:
            return []
        style = random.choice(["line", "outline", "hairs"], p=[0.5, 0.25, 0.25])
        parts = []
        for side in SIDES:
            top, bottom = points[list(side.brow_top)], points[list(side.brow_bottom)]
            middle = (top + bottom) / 2
            if style == "line":
                parts.append([middle])
            elif style == "outline":
                parts.append([joined(top, bottom[::-1], top[:1])])
            else:
                parts.append(hairs(bottom, top, random))
        return parts

    def _nose(self, points: Doubles, random: np.random.Generator) -> Part:
        if random.random() >= self.nose:
            return []
        base, part = points[list(NOSE_BASE)], []
        ridge, wings, nostrils = (
            random.random() < chance for chance in (self.ridge, self.wings, self.nostrils)
        )
        side = SIDES[int(random.integers(2))]
        if ridge:
            start = int(random.integers(0, 4))
            part.append(points[list(side.ridge)][start:])
        if wings:
            part += [points[list(each.wing)] for each in SIDES]
        if nostrils:
            part += [points[list(pair)] for pair in NOSTRILS]
        if not nostrils or random.random() < 0.5:
            part.append(base if wings or random.random() < 0.5 else base[1:-1])
        return part

    def _mouth(self, points: Doubles, random: np.random.Generator) -> Part:
        lower, upper, inner_lower, inner_upper = (points[list(edge)] for edge in LIPS)
        lips = random.random() < self.lips
        gap = float(np.linalg.norm(inner_lower - inner_upper, axis=1).max())
        if gap < OPEN_MOUTH:
            part = [joined(upper[:1], (inner_lower + inner_upper)[2:-2] / 2, upper[-1:])]
        else:
            part = [inner_upper, inner_lower] if lips or random.random() < 0.6 else [inner_lower]
            if random.random() < self.teeth:
                part += teeth(inner_upper, inner_lower, random)
        if lips:
            part.append(upper)
            part.append(lower if random.random() < 0.6 else lower[2:-2])
        if random.random() < self.under_lip:
            part.append(points[list(UNDER_LIP)])
        return part

    def _outline(self, points: Doubles, random: np.random.Generator) -> Part:
        jaw, forehead, ears, neck, smile_lines = (
            random.random() < chance
            for chance in (self.jaw, self.forehead, self.ears, self.neck, self.smile_lines)
        )
        part = []
        if jaw:
            start, end = random.integers(0, 5, 2)
            part.append(points[list(JAW)][start : len(JAW) - end])
        if forehead:
            part.append(points[list(FOREHEAD)])
        if ears:
            part += [ear(points, side) for side in SIDES]
        if neck:
            part += [neck_line(points, side, random) for side in SIDES]
        if smile_lines:
            part += [points[list(side.smile_line)] for side in SIDES]
        return part


def _centre(upper: Curve, lower: Curve) -> Doubles:
    return np.asarray((upper.mean(axis=0) + lower.mean(axis=0)) / 2)


def disc(centre: Doubles, radius: float) -> Part:
    """A filled disc, as a hand fills it: circles inside each other, about a unit apart."""
    rings = max(1, round(radius))
    return [ellipse(centre, (radius * k / rings,) * 2) for k in range(1, rings + 1)]


def pupil(upper: Curve, lower: Curve, *, filled: bool) -> Part:
    """The iris between two lids: a disc, or a circle with a dot in it."""
    centre, radius = _centre(upper, lower), IRIS * length(upper[[0, -1]])
    if filled:
        return disc(centre, 0.8 * radius)
    return [ellipse(centre, (radius, radius), 1.05), *disc(centre, 0.35 * radius)]


def lashes(lid: Curve, random: np.random.Generator) -> Part:
    """Short lines outwards from the outer half of an upper lid."""
    out = lid - lid.mean(axis=0) - np.array([0, 0.1 * length(lid)])
    lengths = np.maximum(np.linalg.norm(out, axis=1), 1e-3)
    out *= 0.2 * length(lid) * random.uniform(0.6, 1.2) / lengths[:, None]
    return [joined([lid[k]], [lid[k] + out[k]]) for k in range(5)]


def hairs(bottom: Curve, top: Curve, random: np.random.Generator) -> Part:
    """A brow as a row of short strokes from its lower to its upper edge, and its middle line."""
    count = int(random.integers(4, 9))
    at = np.linspace(0, len(top) - 1, count)
    low, high = (
        np.column_stack([np.interp(at, range(len(edge)), axis) for axis in edge.T])
        for edge in (bottom, top)
    )
    strokes = [joined([a], [b]) for a, b in zip(low[:-1], high[1:], strict=True)]
    return [*strokes, (top + bottom) / 2]


def teeth(upper: Curve, lower: Curve, random: np.random.Generator) -> Part:
    """Teeth in an open mouth: the line between the rows, or lines between the teeth."""
    if random.random() < 0.5:
        return [(upper + lower)[1:-1] / 2]
    return [joined([upper[k]], [lower[k]]) for k in range(3, 8)]


def ear(points: Doubles, side: Side) -> Curve:
    """The outline of an ear: a bow outwards from the side of the face."""
    edge = points[list(side.ear)]
    out = edge.mean(axis=0) - points[MIDDLE_OF_EYES]
    bow = 0.55 * length(edge) * np.sin(np.linspace(0, np.pi, len(edge)))[:, None]
    return np.asarray(edge + bow * out / max(float(np.linalg.norm(out)), 1e-3))


def neck_line(points: Doubles, side: Side, random: np.random.Generator) -> Curve:
    """A line from the jaw downwards, along the face's axis."""
    start = points[side.neck]
    axis = (points[CHIN] - points[MIDDLE_OF_EYES]) * random.uniform(0.3, 0.6)
    return joined([start], [start + axis / 2], [start + axis])
