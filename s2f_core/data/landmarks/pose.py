"""The pose of a person by BlazePose (Bazarevsky et al. 2020), MediaPipe's full model.

A detector finds the centre, size and lean of a person. A network then reads 33 landmarks from the
upright square around the person, and its heatmaps refine them, as in MediaPipe.
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

DETECTOR_SIDE, SIDE = 224, 256  # the inputs of the two networks, in pixels
GRIDS = ((28, 2), (14, 2), (7, 6))  # the detector's cells a side and anchors a cell: 2,254 anchors
HIPS, REACH = 2, 3  # rows of a detection: centre of the hips, a point on the circle around the body
MARGIN = 1.25  # the network's square is larger than that circle by this factor
REFINE_RADIUS = 3  # cells of a heatmap around a landmark
LANDMARKS = 33  # the network has six more, for tracking


class PoseDetector:
    """Detects a person with the weights in ``assets/mediapipe``; picklable, safe in threads.

    ``threshold`` is the lowest score of a person in both networks.
    """

    def __init__(self, assets: Path, threshold: float = 0.5) -> None:
        weights = assets / "mediapipe" / "mediapipe.zip"
        self.detector = TfliteNetwork(weights, "pose_detection.tflite")
        self.network = TfliteNetwork(weights, "pose_landmark_full.tflite")
        self.threshold = threshold

    def detect(self, photo: Pixels) -> Floats | None:
        """The landmarks [33, 3] of the highest-scoring person in a photo uint8 [H, W, 3], or None.

        They are x and y in pixels, also outside the photo, and the visibility from 0 to 1. Raises
        UserError if the weights are missing or damaged.
        """
        patch = self.find_person(photo)
        if patch is None:
            return None
        values = patch.crop(photo, SIDE, cv2.BORDER_REPLICATE).astype(np.float32) / 255
        landmarks, score, _, heat, _ = self.network(values)
        if score.item() < self.threshold:
            return None
        points = landmarks.reshape(-1, 5)[:LANDMARKS]
        maps = sigmoid(np.moveaxis(heat[0], -1, 0)[:LANDMARKS])
        places = patch.to_photo(refine(points[:, :2] / SIDE, maps))
        return np.column_stack([places, sigmoid(points[:, 3])])

    def find_person(self, photo: Pixels) -> Patch | None:
        """The upright square around the highest-scoring person in a photo, or None."""
        whole = Patch.around(photo)
        values = whole.crop(photo, DETECTOR_SIDE, cv2.BORDER_CONSTANT).astype(np.float32)
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
        (x, y), (to_x, to_y) = whole.to_photo(best[[HIPS, REACH]] / DETECTOR_SIDE).tolist()
        side = 2 * math.hypot(to_x - x, to_y - y) * MARGIN
        return Patch(x, y, side, math.atan2(to_x - x, y - to_y))


def refine(points: npt.NDArray[Any], maps: Floats) -> Floats:
    """Move points [n, 2] (x, y, each 0…1) to the centre of the heat around them.

    The centre is the mean of the 7×7 cells around a point, weighted by their heat in ``maps``
    [n, h, w]; cell i is at i / w. A point stays if it is outside, or if no cell has a heat of 0.5.
    """
    count, height, width = maps.shape
    cells = np.floor(points * (width, height)).astype(int)
    inside = np.all((cells >= 0) & (cells < (width, height)), axis=1)
    around = cells[..., None] + np.arange(-REFINE_RADIUS, REFINE_RADIUS + 1)
    columns, rows = np.moveaxis(np.where(inside[:, None, None], around + REFINE_RADIUS, 0), 1, 0)
    padded = np.pad(maps, ((0, 0), (REFINE_RADIUS, REFINE_RADIUS), (REFINE_RADIUS, REFINE_RADIUS)))
    heat = padded[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    along = np.stack([heat.sum(axis=1), heat.sum(axis=2)], axis=1)
    total = np.maximum(heat.sum(axis=(1, 2)), np.finfo(np.float32).tiny)[:, None]
    centres = (along * around).sum(axis=2) / total / (width, height)
    moves = inside & (heat.max(axis=(1, 2)) >= 0.5)
    return np.where(moves[:, None], centres, points).astype(np.float32)


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits), dtype=np.float32)
