"""A quick drawing of a face: an oval, two eyes, a mouth, and little else."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Doubles
from s2f_core.data.landmarks.mesh import LIPS
from s2f_core.data.sketch.contours import Contours
from s2f_core.data.sketch.curves import Part, ellipse, joined, length
from s2f_core.data.sketch.displacement import Displacement
from s2f_core.data.sketch.features import (
    CHIN,
    LEFT,
    NOSE_BASE,
    RIGHT,
    SIDES,
    disc,
    ear,
)
from s2f_core.data.sketch.ranges import Share

EYE_STYLES = {"dots": 0.35, "circles": 0.35, "lines": 0.15, "bows": 0.15}
NOSE_STYLES = {"angle": 0.35, "bow": 0.3, "line": 0.2, "dots": 0.15}
WHOLE_HAIR = 80.0  # units from which an outline goes around the head
FOREHEAD_TOP, BRIDGE = 10, 6  # points of the mesh
MOUTH_STYLES = {"bow": 0.6, "lips": 0.25, "line": 0.15}


class Doodle(Section):
    """What a doodle shows beside its eyes and its mouth: ``doodle:`` of a drawing."""

    chance: Share = Field(0.5, description="Share of the drawings that are doodles.")
    head: Share = Field(0.95, description="The head's outline, an oval.")
    nose: Share = Field(0.6, description="The nose: an angle, a bow, a line or two dots.")
    brow: Share = Field(0.2, description="Eyebrows.")
    hair: Share = Field(0.5, description="The outline of the hair, or a few strokes.")
    ears: Share = Field(0.15, description="Ears.")
    displacement: Displacement = Field(
        Displacement(field=(1.5, 6), shift=4, scale=0.25, turn=12),
        description="How far its parts are from the photo's.",
    )

    def trace(self, points: Doubles, contours: Contours, random: np.random.Generator) -> list[Part]:
        """The curves of one doodle; those of a part move together."""
        parts = [*eyes(points, random), mouth(points, random)]
        if random.random() < self.head:
            parts.append(head(points, random))
        if random.random() < self.nose:
            parts.append(nose(points, random))
        if random.random() < self.brow:
            parts += [[(points[list(s.brow_top)] + points[list(s.brow_bottom)]) / 2] for s in SIDES]
        if random.random() < self.hair:
            parts.append(hair(points, contours, random))
        if random.random() < self.ears:
            parts.append([ear(points, side) for side in SIDES])
        return parts


def _style(styles: dict[str, float], random: np.random.Generator) -> str:
    return str(random.choice(list(styles), p=list(styles.values())))


def eyes(points: Doubles, random: np.random.Generator) -> list[Part]:
    """Two eyes: dots, circles with dots, upright lines, or bows."""
    style, size, parts = _style(EYE_STYLES, random), random.uniform(0.7, 1.4), []
    for side in SIDES:
        upper, lower = points[list(side.upper_lid)], points[list(side.lower_lid)]
        centre = (upper.mean(axis=0) + lower.mean(axis=0)) / 2
        width = size * length(upper[[0, -1]])
        if style == "dots":
            parts.append(disc(centre, 0.15 * width))
        elif style == "circles":
            oval = ellipse(centre, (0.45 * width, 0.4 * width), random.uniform(0.95, 1.15))
            parts.append([oval, *disc(centre, random.uniform(0.08, 0.2) * width)])
        elif style == "lines":
            half = np.array([0, random.uniform(0.3, 0.9) * width])
            parts.append([joined([centre - half], [centre + half])])
        else:
            parts.append([upper if random.random() < 0.7 else lower])
    return parts


def mouth(points: Doubles, random: np.random.Generator) -> Part:
    """A bow through the mouth's corners and the middle of its lower edge, lips, or a line."""
    lower, upper = points[list(LIPS[0])], points[list(LIPS[1])]
    style = _style(MOUTH_STYLES, random)
    if style == "lips":
        return [joined(upper, lower[::-1])]
    left, right = upper[0], upper[-1]
    middle = (left + right) / 2
    if style == "line":
        return [joined([left], [middle], [right])]
    deep = points[list(LIPS[2])][5] - middle
    deep = deep * random.uniform(0.8, 2.4)
    across = np.linspace(-1, 1, 9)[:, None]
    bow = middle + across * (right - left) / 2 * random.uniform(0.9, 1.7) + (1 - across**2) * deep
    return [bow]


def head(points: Doubles, random: np.random.Generator) -> Part:
    """An oval around the face, along its axis from above the forehead to the chin."""
    chin, forehead = points[CHIN], points[FOREHEAD_TOP]
    axis = forehead - chin
    height = float(np.linalg.norm(axis)) * random.uniform(1, 1.6)
    width = height * random.uniform(0.7, 1.05)
    oval = ellipse((0, -height / 2), (width / 2, height / 2), random.uniform(0.93, 1.06))
    tilt = float(np.arctan2(axis[0], -axis[1]))
    cos, sin = np.cos(tilt), np.sin(tilt)
    return [np.asarray(oval @ np.array([[cos, sin], [-sin, cos]]) + chin)]


def nose(points: Doubles, random: np.random.Generator) -> Part:
    """A nose in one or two strokes."""
    style, base, top = _style(NOSE_STYLES, random), points[list(NOSE_BASE)], points[BRIDGE]
    if style == "angle":
        return [joined([top], [base[0]], [base[2]])]
    if style == "bow":
        return [base]
    if style == "line":
        return [joined([top], [base[2]])]
    return [*disc(base[1], 0.6), *disc(base[3], 0.6)]


def hair(points: Doubles, contours: Contours, random: np.random.Generator) -> Part:
    """The outline of the hair, or strokes that stand on the head."""
    whole = [curve for curve in contours.head if length(curve) > WHOLE_HAIR]
    if whole and random.random() < 0.6:
        return whole[:1]
    top, width = points[FOREHEAD_TOP], length(points[[RIGHT.ear[0], LEFT.ear[0]]])
    return [
        joined([top + root], [top + root + tip])
        for root, tip in zip(
            np.column_stack([random.uniform(-0.3, 0.3, 6) * width, random.uniform(-6, 2, 6)]),
            np.column_stack([random.uniform(-6, 6, 6), random.uniform(-14, -5, 6)]),
            strict=True,
        )
    ]
