"""The pose of a person by BlazePose (Bazarevsky et al. 2020), MediaPipe's full model.

A detector finds a person's middle, size and lean; 33 landmarks are then read from the upright
square around them, and moved to where the network's heatmaps say they are, as MediaPipe does.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Floats, Pixels
from s2f_core.data.landmarks.faces import anchors, merge_boxes
from s2f_core.data.landmarks.patch import Patch
from s2f_core.data.landmarks.tflite import TfliteNetwork

DETECTOR_SIDE, SIDE = 224, 256  # pixels that the two networks see
GRIDS = ((28, 2), (14, 2), (7, 6))  # cells a side, anchors a cell, of the detector: 2,254
HIPS, REACH = 2, 3  # rows of a detection: the hips' middle, a point on the circle around the body
MARGIN = 1.25
REFINED = 3  # cells of a heatmap either way
LANDMARKS = 33  # the network has six more, for tracking


class PoseDetector:
    """Finds a person with the weights in ``assets/mediapipe``; picklable, safe in threads.

    ``threshold`` is the score from which something is a person, in either network.
    """

    def __init__(self, assets: Path, threshold: float = 0.5) -> None:
        weights = assets / "mediapipe" / "mediapipe.zip"
        self.detector = TfliteNetwork(weights, "pose_detection.tflite")
        self.network = TfliteNetwork(weights, "pose_landmark_full.tflite")
        self.threshold = threshold

    def detect(self, photo: Pixels) -> Floats | None:
        """The landmarks [33, 3] of the surest person in a photo uint8 [H, W, 3], or None.

        x and y in pixels, which may be outside of the photo, and the visibility from 0 to 1.
        Raises UserError where the weights are missing or damaged.
        """
        patch = self.person(photo)
        if patch is None:
            return None
        values = patch.cut(photo, SIDE, cv2.BORDER_REPLICATE).astype(np.float32) / 255
        found, sure, _, heat, _ = self.network(values)
        if sure.item() < self.threshold:
            return None
        points = found.reshape(-1, 5)[:LANDMARKS]
        maps = sigmoid(np.moveaxis(heat[0], -1, 0)[:LANDMARKS])
        places = patch.places(refine(points[:, :2] / SIDE, maps))
        return np.column_stack([places, sigmoid(points[:, 3])])

    def person(self, photo: Pixels) -> Patch | None:
        """The upright square around the surest person in a photo uint8 [H, W, 3], or None."""
        whole = Patch.whole(photo)
        values = whole.cut(photo, DETECTOR_SIDE, cv2.BORDER_CONSTANT).astype(np.float32)
        raw, logits = self.detector(values / 127.5 - 1)
        scores = sigmoid(logits.ravel())
        likely = np.flatnonzero(scores >= self.threshold)
        if not len(likely):
            return None
        places = raw.reshape(len(scores), -1, 2)[likely].copy()
        middles = anchors(DETECTOR_SIDE, GRIDS)[likely]
        places[:, 0] += middles
        places[:, 2:] += middles[:, None]
        (best, _), *_ = merge_boxes(places, scores[likely])
        (x, y), (to_x, to_y) = whole.places(best[[HIPS, REACH]] / DETECTOR_SIDE).tolist()
        side = 2 * math.hypot(to_x - x, to_y - y) * MARGIN
        return Patch(x, y, side, math.atan2(to_x - x, y - to_y))


def refine(points: npt.NDArray[Any], maps: Floats) -> Floats:
    """Points [n, 2] (x, y, each 0…1) moved to the middle of their heat in ``maps`` [n, h, w].

    It is the mean of the 7×7 cells around a point, weighted by their heat, cell i being at i / w.
    One that is outside, or has no heat of 0.5 there, stays.
    """
    count, height, width = maps.shape
    cells = np.floor(points * (width, height)).astype(int)
    inside = np.all((cells >= 0) & (cells < (width, height)), axis=1)
    around = cells[..., None] + np.arange(-REFINED, REFINED + 1)
    columns, rows = np.moveaxis(np.where(inside[:, None, None], around + REFINED, 0), 1, 0)
    padded = np.pad(maps, ((0, 0), (REFINED, REFINED), (REFINED, REFINED)))
    heat = padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    along = np.stack([heat.sum(axis=1), heat.sum(axis=2)], axis=1)
    total = np.maximum(heat.sum(axis=(1, 2)), np.finfo(np.float32).tiny)[:, None]
    moved = (along * around).sum(axis=2) / total / (width, height)
    moves = inside & (heat.max(axis=(1, 2)) >= 0.5)
    return np.where(moves[:, None], moved, points).astype(np.float32)


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits), dtype=np.float32)
