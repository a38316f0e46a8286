"""The look of a photographed drawing: grey paper, uneven light, and the paper's grain."""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Floats, Pixels
from s2f_core.data.sketch.strokes import UNITS

GRAIN_SIZE = 0.6  # standard deviation of the grain, in 128ths of the side
NODES = 3  # of the light, on each axis


def paper_grain(shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """The grain of paper: smooth noise float32 [H, W] in [0, 1], equally fine at each size."""
    noise = random.standard_normal(shape[:2], dtype=np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), GRAIN_SIZE * max(shape[:2]) / UNITS)
    return np.asarray((0.5 + soft / (4 * soft.std())).clip(0, 1), dtype=np.float32)


def lose_ink(sketch: Pixels, share: float, random: np.random.Generator) -> Pixels:
    """Take up to ``share`` of the ink off a sketch uint8 [H, W, C], by the paper's grain."""
    kept = 1 - np.float32(share) * paper_grain(sketch.shape, random)
    return np.asarray(np.rint(255 - (255 - sketch) * kept[..., None]), dtype=np.uint8)


def darken_paper(sketch: Pixels, share: float) -> Pixels:
    """Lay a sketch uint8 [H, W, C] on paper that is darker than white by ``share``."""
    return np.asarray(np.rint(sketch * np.float32(1 - share)), dtype=np.uint8)


def light_unevenly(sketch: Pixels, share: float, random: np.random.Generator) -> Pixels:
    """Darken a sketch uint8 [H, W, C] smoothly, by nothing to ``share`` of its light."""
    height, width = sketch.shape[:2]
    coarse = random.random((NODES, NODES), dtype=np.float32)
    shade = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    light = 1 - np.float32(share) * shade.clip(0, 1)
    return np.asarray(np.rint(sketch * light[..., None]), dtype=np.uint8)
