"""Photographs of pencil drawings on real paper, and the strokes that are truly on it.

Each is computed: paper of one colour with fibres, ruling, pencil with grain, uneven light, a soft
shadow, the camera's blur and noise, and JPEG.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image

from s2f_core.common.images import Floats, Pixels, decode

Colour = tuple[int, int, int]

PAPERS: dict[str, Colour] = {
    "white": (238, 236, 230),
    "grey": (150, 150, 148),
    "yellow": (240, 214, 92),
    "kraft": (186, 146, 104),
    "pink": (242, 176, 192),
    "blue": (120, 160, 214),
}
BLUE_INK: Colour = (150, 178, 222)
RED_INK: Colour = (232, 140, 150)


@dataclass(frozen=True)
class Photo:
    """The photograph uint8 [s, s, 3], and where strokes and ruling are: bool [s, s] each."""

    pixels: Pixels
    strokes: Any
    ruling: Any


def photo(
    paper: Colour = PAPERS["white"],
    *,
    ruling: str = "none",
    shadow: float = 1.0,
    light: float = 0.75,
    pencil: float = 0.6,
    tilt: float = 1.5,
    side: int = 512,
    seed: int = 0,
) -> Photo:
    """Photograph a drawn face.

    ``ruling`` is none, lined or squared, turned by ``tilt`` degrees. ``light`` is the brightness of
    the darkest corner against the brightest, ``shadow`` that inside a soft shadow. ``pencil`` is
    the darkness of a stroke.
    """
    random = np.random.default_rng(seed)
    strokes, lines = _face(side), _ruling(ruling, side, tilt)
    reflectance = np.asarray(paper, np.float32) / 255 * np.ones((side, side, 1), np.float32)
    fibres = cv2.GaussianBlur(random.standard_normal((side, side)).astype(np.float32), (0, 0), 1.2)
    reflectance *= 1 + 0.02 * fibres[..., None]
    for mask, colour in lines:
        tint = np.asarray(colour, np.float32) / 255
        reflectance *= 1 - mask[..., None] * (1 - tint)
    grain = (0.75 + 0.5 * random.random((side, side))).astype(np.float32)
    reflectance *= 1 - (pencil * np.minimum(1, strokes * grain))[..., None]
    image: Any = reflectance * (_light(side, light) * _shadow(side, shadow))[..., None] * 255
    image = cv2.GaussianBlur(image, (0, 0), 0.7)
    image = image + 2.5 * random.standard_normal(image.shape)
    pixels = _jpeg(image.clip(0, 255).astype(np.uint8))
    covered = np.zeros((side, side), bool)
    for mask, _ in lines:
        covered |= mask > 0.5
    return Photo(pixels, strokes > 0.5, covered & (strokes == 0))


def _face(side: int) -> Floats:
    """A face in strokes of three widths: float32 [s, s] in [0, 1]."""
    page: Any = np.zeros((side, side), np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return round(x * side), round(y * side)

    thin, pen = max(1, side // 250), max(2, side // 130)
    cv2.ellipse(page, at(0.5, 0.5), at(0.24, 0.33), 0, 0, 360, 255, pen, cv2.LINE_AA)
    for x in (0.41, 0.59):
        cv2.ellipse(page, at(x, 0.44), at(0.05, 0.022), 0, 0, 360, 255, thin, cv2.LINE_AA)
        cv2.circle(page, at(x, 0.44), side // 70, 255, -1, cv2.LINE_AA)
        cv2.ellipse(page, at(x, 0.40), at(0.06, 0.03), 0, 200, 340, 255, pen, cv2.LINE_AA)
    nose = np.array([at(0.5, 0.45), at(0.47, 0.57), at(0.5, 0.585), at(0.53, 0.57)])
    cv2.polylines(page, [nose], isClosed=False, color=255, thickness=thin, lineType=cv2.LINE_AA)
    cv2.ellipse(page, at(0.5, 0.68), at(0.08, 0.03), 0, 10, 170, 255, pen, cv2.LINE_AA)
    for turn in range(9):  # hair
        start = at(0.3 + 0.05 * turn, 0.24 - 0.06 * np.sin(np.pi * turn / 8))
        end = at(0.24 + 0.065 * turn, 0.12 - 0.03 * np.sin(np.pi * turn / 8))
        cv2.line(page, start, end, 255, pen, cv2.LINE_AA)
    return np.asarray(page.astype(np.float32) / 255)


def _ruling(kind: str, side: int, tilt: float) -> list[tuple[Floats, Colour]]:
    """Masks float32 [s, s] of the printed lines, and their colours."""
    if kind == "none":
        return []
    rows, columns = np.indices((side, side), dtype=np.float32)
    angle = np.deg2rad(tilt)
    across = columns * np.cos(angle) + rows * np.sin(angle)
    down = rows * np.cos(angle) - columns * np.sin(angle)

    def stripes(position: Floats, period: float, width: float) -> Floats:
        distance = np.abs((position + period / 2) % period - period / 2)
        return np.asarray((width / 2 + 0.5 - distance).clip(0, 1), np.float32)

    if kind == "squared":
        period = side / 32
        both = np.maximum(stripes(across, period, 1.2), stripes(down, period, 1.2))
        return [(np.asarray(both, np.float32), BLUE_INK)]
    margin = (2.0 - np.abs(across - 0.14 * side)).clip(0, 1).astype(np.float32)
    return [(stripes(down, side / 20, 1.6), BLUE_INK), (margin, RED_INK)]


def _light(side: int, darkest: float) -> Floats:
    """Light that falls off to one corner, curved as from a lamp: float32 [s, s]."""
    rows, columns = np.indices((side, side), dtype=np.float32) / side
    distance = np.hypot(rows - 0.1, columns - 0.2) / np.hypot(0.9, 0.8)
    return np.asarray(1 - (1 - darkest) * distance**1.5, np.float32)


def _shadow(side: int, depth: float) -> Floats:
    """The shadow of a hand over the lower right, with a soft edge: float32 [s, s]."""
    shade: Any = np.ones((side, side), np.float32)
    corners = np.array([(1.0, 0.35), (0.72, 0.5), (0.6, 0.8), (0.55, 1.0), (1.0, 1.0)]) * side
    cv2.fillPoly(shade, [corners.astype(np.int32)], depth)
    return np.asarray(cv2.GaussianBlur(shade, (0, 0), side / 50), np.float32)


def _jpeg(image: Pixels) -> Pixels:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=80)
    return decode(buffer.getvalue())
