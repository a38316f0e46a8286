"""Sketching: the lines of A changed at random while training, so that they look less computed.

A generator that has seen computed sketches alone fails on drawn ones: people's lines tremble, are
thicker, and most of a photo's are missing. Lengths are in 128ths of the image's side, so that a
setting means the same at every size.
"""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
import torch
from pydantic import AfterValidator, Field
from torch import Tensor

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, resize, to_model, to_rgb
from s2f_core.data.sketch.canny import canny
from s2f_core.data.sketch.strokes import UNITS, thicken

CUTS = 8  # segments that long strokes are cut along before some are dropped
FAINT = 64  # ink of 255 up to which a pixel belongs to no stroke


def _ordered(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError(f"the range starts at {ends[0]:g}, above its end {ends[1]:g}")
    return ends


Ordered = AfterValidator(_ordered)
Share = Annotated[float, Field(ge=0, le=1)]
Length = Annotated[float, Field(ge=0, le=32)]
Change = Annotated[float, Field(ge=-16, le=16)]
Level = Annotated[float, Field(ge=0, le=5000)]
Shares = Annotated[tuple[Share, Share], Ordered]
Lengths = Annotated[tuple[Length, Length], Ordered]
Changes = Annotated[tuple[Change, Change], Ordered]
Levels = Annotated[tuple[Level, Level], Ordered]

OFF: tuple[float, float] = (0.0, 0.0)


class CannyRanges(Section):
    """``canny: {sigma: [1, 3], low: [30, 80], high: [80, 200]}``: ranges of Canny's settings.

    ``sigma`` is in 128ths of the side, the thresholds are as the condition ``edges`` has them; a
    low one that comes out above the high one is lowered to it.
    """

    sigma: Lengths = (1.0, 1.0)
    low: Levels = (50.0, 50.0)
    high: Levels = (120.0, 120.0)

    def edges(self, photo: Pixels, random: np.random.Generator) -> Pixels:
        """Edges of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], black on white.

        Found at 128 pixels a side at least and shrunk by areas, as tables of edges are.
        """
        side = photo.shape[0]
        sigma, low, high = (random.uniform(*ends) for ends in (self.sigma, self.low, self.high))
        photo = resize(photo, UNITS) if side < UNITS else photo
        grey = np.asarray(cv2.cvtColor(to_rgb(photo), cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        found = 255 - canny(grey, sigma * grey.shape[0] / UNITS, min(low, high), high)
        return resize(found[..., None], side) if side < UNITS else found[..., None]


class SketchAugment(Section):
    """``sketch:`` of a recipe: what is done to A's dark lines on white; all is off by default.

    Each is a range that a value is drawn from for every image, in this order:

    - ``canny`` draws A anew from B by Canny's detector at random settings (P2 computed its edges
      while training), for a condition of edges (see :meth:`check`) whose A and B are pairs.
    - ``drop``: the chance of every stroke to be left out. Strokes are the connected parts of the
      lines, cut where eight random segments cross them: a person leaves whole lines out, where
      blobs erased at random would leave ends that fade; the cuts divide contours, and shading,
      that hang together all over the image.
    - ``jitter`` moves the lines by a smooth random field (as Simard et al. 2003, "elastic
      distortions"), whose standard deviation is the value; ``smoothness`` is the distance over
      which it changes.
    - ``thickness`` is added to the width of lines by dilation with discs, or taken away by
      erosion where it is negative; what no disc has is blended from the two nearest.
    - ``blur``: standard deviation of a Gaussian.
    - ``sharpen``: the ink that makes a line after the blur, between 0 and 1. Less than half of it
      becomes paper, one and a half black. Low values make round, thick strokes.

    ``chance``: the part of the images that are changed at all. ``jitter``, ``smoothness``,
    ``thickness`` and ``blur`` are in 128ths of the side.
    """

    chance: float = Field(1.0, gt=0, le=1)
    canny: CannyRanges | None = None
    drop: Shares = OFF
    jitter: Lengths = OFF
    smoothness: float = Field(16.0, ge=2, le=128)
    thickness: Changes = OFF
    blur: Lengths = OFF
    sharpen: Shares = OFF

    @property
    def active(self) -> bool:
        """Whether anything is changed."""
        ranges = (self.drop, self.jitter, self.thickness, self.blur, self.sharpen)
        return self.canny is not None or any(ends != OFF for ends in ranges)

    def check(self, page: Pixels, condition: str) -> None:
        """Raise UserError where ``canny`` would draw edges in place of another condition.

        ``page`` is any of the condition's sketches: Canny's alone are black and white.
        """
        if self.canny and not np.isin(page, (0, 255)).all():
            raise UserError(
                f"sketch.canny draws edges anew, but the condition {condition!r} has greys: it is "
                "not made of Canny's edges; leave canny out"
            )

    def __call__(self, a: Tensor, b: Tensor, random: np.random.Generator) -> Tensor:
        """A [B, C, H, W] in [-1, 1] as it might have been drawn, of the same shape.

        ``b`` [B, 1 or 3, H, W] is what ``canny`` draws from; nothing else looks at it. All
        randomness is ``random``'s. The values pass through 8 bits.
        """
        if not self.active:
            return a
        photos = from_model(b) if self.canny else [None] * len(a)
        pages = zip(from_model(a), photos, strict=True)
        drawn = [self.draw(page, photo, random) for page, photo in pages]
        return to_model(torch.from_numpy(np.stack(drawn)))

    def draw(self, page: Pixels, photo: Pixels | None, random: np.random.Generator) -> Pixels:
        """One sketch uint8 [H, W, C] as another; ``canny`` makes it of the photo, of its size."""
        shape, unit = page.shape, page.shape[0] / UNITS
        if random.random() >= self.chance:
            return page
        if self.canny and photo is not None:
            page = np.broadcast_to(self.canny.edges(photo, random), shape)
        if self.drop != OFF:
            page = _dropped(page, random.uniform(*self.drop), random)
        if self.jitter != OFF:
            amplitude = random.uniform(*self.jitter) * unit
            page = _moved(page, amplitude, self.smoothness * unit, random)
        if self.thickness != OFF:
            page = thicken(page, random.uniform(*self.thickness) * unit)
        if self.blur != OFF:
            page = _blurred(page, random.uniform(*self.blur) * unit)
        if self.sharpen != OFF:
            page = _sharpened(page, random.uniform(*self.sharpen))
        return page.reshape(shape)


def _dropped(page: Pixels, chance: float, random: np.random.Generator) -> Pixels:
    """Strokes erased, each with this chance; a pixel that touches one that stays, stays."""
    lines = (page.min(axis=2) < 255 - FAINT).astype(np.uint8)
    pieces = lines.copy()
    for start, end in random.integers(0, page.shape[0], (CUTS, 2, 2)).tolist():
        cv2.line(pieces, start, end, 0, lineType=cv2.LINE_4)  # 8-connected ones would leak
    count, strokes = cv2.connectedComponents(pieces, connectivity=8)
    stays = np.asarray(random.random(count) >= chance)
    stays[0] = False  # where a segment runs along a line, what is beside it decides
    kept = stays[strokes].astype(np.uint8)
    touch = np.ones((3, 3), np.uint8)
    erased = np.greater(cv2.dilate(lines - kept, touch), cv2.dilate(kept, touch))
    return np.where(erased[..., None], np.uint8(255), page)


def _moved(
    page: Pixels, amplitude: float, smoothness: float, random: np.random.Generator
) -> Pixels:
    """Moved by splines through a grid of normal displacements, ``smoothness`` pixels apart."""
    height, width = page.shape[:2]
    nodes = max(2, round(height / smoothness) + 1), max(2, round(width / smoothness) + 1)
    coarse = amplitude * random.standard_normal((*nodes, 2), dtype=np.float32)
    field = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    rows, columns = np.indices((height, width), dtype=np.float32)
    across, down = columns + field[..., 0], rows + field[..., 1]
    how, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(page, across, down, how, borderMode=border), dtype=np.uint8)


def _blurred(page: Pixels, sigma: float) -> Pixels:
    if not sigma:
        return page
    return np.asarray(cv2.GaussianBlur(page, (0, 0), sigma), dtype=np.uint8)


def _sharpened(page: Pixels, level: float) -> Pixels:
    """Ink of ``level`` becomes half black, half of it white, one and a half times it black."""
    ink = 1 - np.arange(256) / 255
    table: Pixels = np.rint(255 * (1.5 - ink / max(level, 1e-3)).clip(0, 1)).astype(np.uint8)
    return np.asarray(table[page])
