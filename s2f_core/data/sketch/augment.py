"""Roughen the lines of A at random in training, so that a model accepts people's drawings.

A generator that has seen only computed sketches fails on drawn ones: people's lines tremble, are
thicker, and leave most of a photo out. Lengths are in 128ths of the image's side, so that a setting
means the same at every size.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, resize, to_model, to_rgb
from s2f_core.data.sketch.canny import canny
from s2f_core.data.sketch.photographed import darken_paper, light_unevenly, lose_ink
from s2f_core.data.sketch.ranges import OFF, Changes, Lengths, Levels, Shares
from s2f_core.data.sketch.strokes import UNITS, thicken

CUTS = 8  # random segments that cut long strokes before some strokes are dropped
FAINT = 64  # a pixel with less ink than this, of 255, belongs to no stroke


class CannyRanges(Section):
    """Ranges of Canny's settings: ``canny: {sigma: [1, 3], low: [30, 80], high: [80, 200]}``.

    A low threshold that is drawn above the high one is lowered to it.
    """

    sigma: Lengths = Field((1.0, 1.0), description="Gaussian blur before, in 128ths of the side.")
    low: Levels = Field((50.0, 50.0), description="Low hysteresis threshold on the gradient.")
    high: Levels = Field((120.0, 120.0), description="High hysteresis threshold on the gradient.")

    def draw_edges(self, photo: Pixels, random: np.random.Generator) -> Pixels:
        """The edges of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], black on white.

        They are detected at 128 pixels a side at least and then shrunk by areas, as in tables of
        edges.
        """
        side = photo.shape[0]
        sigma, low, high = (random.uniform(*ends) for ends in (self.sigma, self.low, self.high))
        photo = resize(photo, UNITS) if side < UNITS else photo
        grey = np.asarray(cv2.cvtColor(to_rgb(photo), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        edges = 255 - canny(grey, sigma * grey.shape[0] / UNITS, min(low, high), high)
        return resize(edges[..., None], side) if side < UNITS else edges[..., None]


class SketchAugment(Section):
    """Random changes to the dark lines of A in training batches: ``sketch:`` of a recipe.

    A value is drawn from each range for every image, in the order of the keys; all ranges are off
    by default. Lengths are in 128ths of the side. The lines then look less computed: people's lines
    tremble, are thicker, and leave out much of a photo. ``grain``, ``paper`` and ``light`` make a
    photographed drawing of it.
    """

    chance: float = Field(1.0, gt=0, le=1, description="Share of the images that are changed.")
    canny: CannyRanges | None = Field(
        None,
        description=(
            "Replaces A, which must be edges, by Canny's edges of B at random settings (P2 computes"
            " edges in training)."
        ),
    )
    drop: Shares = Field(OFF, description="Chance of a stroke to be left out.")
    jitter: Lengths = Field(
        OFF,
        description="Standard deviation of a smooth field that moves lines (Simard et al. 2003).",
    )
    smoothness: float = Field(
        16.0, ge=2, le=128, description="Distance over which that field changes."
    )
    thickness: Changes = Field(
        OFF, description="Added to the width of lines; negative values make them thinner."
    )
    blur: Lengths = Field(OFF, description="Standard deviation of a Gaussian blur.")
    sharpen: Shares = Field(OFF, description="Ink from 0 to 1 that makes a line after the blur.")
    grain: Shares = Field(OFF, description="Ink that is lost at most to the paper's grain.")
    photographed: float = Field(
        1.0, gt=0, le=1, description="Share of the images that ``paper`` and ``light`` change."
    )
    paper: Shares = Field(OFF, description="Darkness of the paper, from 0 for white to 1.")
    light: Shares = Field(OFF, description="Uneven light: the most that a place is darkened by.")

    @property
    def active(self) -> bool:
        """Whether any change is on."""
        lines = (self.drop, self.jitter, self.thickness, self.blur, self.sharpen)
        ranges = (*lines, self.grain, self.paper, self.light)
        return self.canny is not None or any(ends != OFF for ends in ranges)

    def check(self, sketch: Pixels, condition: str) -> None:
        """Raise UserError if ``canny`` would replace sketches that are not Canny's edges.

        ``sketch`` is any sketch of the condition: only Canny's edges are purely black and white.
        """
        if self.canny and not np.isin(sketch, (0, 255)).all():
            raise UserError(
                "sketch.canny replaces inputs by Canny's edges, but the condition "
                f"{condition!r} has greys, so its inputs are not such edges; leave sketch.canny out"
            )

    def __call__(self, a: Tensor, b: Tensor, random: np.random.Generator) -> Tensor:
        """Change each image of A, float32 [B, C, H, W] in [-1, 1]; the shape stays.

        ``canny`` takes its edges from ``b`` [B, 1 or 3, H, W]; no other change uses it. All
        randomness comes from ``random``. The values are rounded to 8 bits.
        """
        if not self.active:
            return a
        photos = from_model(b) if self.canny else [None] * len(a)
        pairs = zip(from_model(a), photos, strict=True)
        changed = [self.augment(sketch, photo, random) for sketch, photo in pairs]
        return to_model(torch.from_numpy(np.stack(changed)))

    def augment(self, sketch: Pixels, photo: Pixels | None, random: np.random.Generator) -> Pixels:
        """Change one sketch uint8 [H, W, C]; ``canny`` replaces it by edges of ``photo``."""
        shape, unit = sketch.shape, sketch.shape[0] / UNITS
        if random.random() >= self.chance:
            return sketch
        if self.canny and photo is not None:
            sketch = np.broadcast_to(self.canny.draw_edges(photo, random), shape)
        if self.drop != OFF:
            sketch = _drop_strokes(sketch, random.uniform(*self.drop), random)
        if self.jitter != OFF:
            amplitude = random.uniform(*self.jitter) * unit
            sketch = _distort(sketch, amplitude, self.smoothness * unit, random)
        if self.thickness != OFF:
            sketch = thicken(sketch, random.uniform(*self.thickness) * unit)
        if self.blur != OFF:
            sketch = _blur(sketch, random.uniform(*self.blur) * unit)
        if self.sharpen != OFF:
            sketch = _sharpen(sketch, random.uniform(*self.sharpen))
        return self._photograph(sketch.reshape(shape), random)

    def _photograph(self, sketch: Pixels, random: np.random.Generator) -> Pixels:
        """Change the paper of a sketch uint8 [H, W, C], and the light on it."""
        if self.grain != OFF:
            sketch = lose_ink(sketch, random.uniform(*self.grain), random)
        if OFF == self.paper == self.light or random.random() >= self.photographed:
            return sketch
        if self.paper != OFF:
            sketch = darken_paper(sketch, random.uniform(*self.paper))
        if self.light != OFF:
            sketch = light_unevenly(sketch, random.uniform(*self.light), random)
        return sketch


def _drop_strokes(sketch: Pixels, chance: float, random: np.random.Generator) -> Pixels:
    """Erase each stroke with this chance; a pixel that touches a remaining stroke stays.

    A stroke is a connected part of the lines, after random segments have cut contours and shading
    that hang together all over the image. People leave out whole strokes; erasing random spots
    would leave faded ends.
    """
    lines = (sketch.min(axis=2) < 255 - FAINT).astype(np.uint8)
    pieces = lines.copy()
    for start, end in random.integers(0, sketch.shape[0], (CUTS, 2, 2)).tolist():
        cv2.line(pieces, start, end, 0, lineType=cv2.LINE_4)  # 8-connected strokes would leak
    count, strokes = cv2.connectedComponents(pieces, connectivity=8)
    stays = np.asarray(random.random(count) >= chance)
    stays[0] = False  # background, and cut pixels: the strokes beside these decide
    remaining = stays[strokes].astype(np.uint8)
    touch = np.ones((3, 3), np.uint8)
    erased = np.greater(cv2.dilate(lines - remaining, touch), cv2.dilate(remaining, touch))
    return np.where(erased[..., None], np.uint8(255), sketch)


def _distort(
    sketch: Pixels, amplitude: float, smoothness: float, random: np.random.Generator
) -> Pixels:
    """Move lines by splines through normal displacements on a grid of ``smoothness`` pixels."""
    height, width = sketch.shape[:2]
    nodes = max(2, round(height / smoothness) + 1), max(2, round(width / smoothness) + 1)
    coarse = amplitude * random.standard_normal((*nodes, 2), dtype=np.float32)
    field = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    rows, columns = np.indices((height, width), dtype=np.float32)
    across, down = columns + field[..., 0], rows + field[..., 1]
    method, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(sketch, across, down, method, borderMode=border), dtype=np.uint8)


def _blur(sketch: Pixels, sigma: float) -> Pixels:
    if not sigma:
        return sketch
    return np.asarray(cv2.GaussianBlur(sketch, (0, 0), sigma), dtype=np.uint8)


def _sharpen(sketch: Pixels, level: float) -> Pixels:
    """Map ink of ``level`` to half black, half of it to white, one and a half times it to black."""
    ink = 1 - np.arange(256) / 255
    table: Pixels = np.rint(255 * (1.5 - ink / max(level, 1e-3)).clip(0, 1)).astype(np.uint8)
    return np.asarray(table[sketch])
