"""Faces by BlazeFace (Bazarevsky et al. 2019), MediaPipe's short-range detector.

It works at 128×128 pixels and misses faces smaller than about 12 % of the side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from s2f_core.common.images import Floats, Pixels
from s2f_core.data.landmarks.tflite import TfliteNetwork

Grids = tuple[tuple[int, int], ...]

SIDE = 128  # the network's input, in pixels
GRIDS = ((16, 2), (8, 6))  # cells a side and anchors a cell: 896 anchors
POINTS = 6
LIMIT = 100.0  # logits are clipped at it, as MediaPipe does
OVERLAP = 0.3  # boxes with a larger intersection over union are of one face


@dataclass(frozen=True)
class Face:
    """A face: ``box`` (left, top, width, height) and ``points`` [6, 2] (x, y), in pixels.

    The points are the person's right eye, left eye, tip of the nose, middle of the mouth, right ear
    and left ear. ``score`` is from 0 to 1. A box may extend beyond the photo.
    """

    box: tuple[float, float, float, float]
    points: Floats
    score: float


class FaceDetector:
    """Detects faces with the weights in ``assets/mediapipe``; picklable, safe in threads.

    ``threshold`` is the lowest score of a face.
    """

    def __init__(self, assets: Path, threshold: float = 0.5) -> None:
        weights = assets / "mediapipe" / "mediapipe.zip"
        self.network = TfliteNetwork(weights, "face_detection_short_range.tflite")
        self.threshold = threshold

    def detect(self, photo: Pixels) -> list[Face]:
        """The faces in a photo uint8 [H, W, 3], the highest score first.

        Raises UserError if the weights are missing or damaged.
        """
        small, corner, scale = _letterbox(photo)
        raw, logits = self.network(small.astype(np.float32) / 127.5 - 1)
        scores = 1 / (1 + np.exp(-logits.ravel().astype(np.float64).clip(-LIMIT, LIMIT)))
        likely = np.flatnonzero(scores >= self.threshold)
        places = raw.reshape(len(scores), 2 + POINTS, 2)[likely].copy()
        places[:, 0] += anchors()[likely]
        places[:, 2:] += anchors()[likely, None]
        return [
            Face(
                box=(left, top, width, height),
                points=((place[2:] - corner) / scale).astype(np.float32),
                score=score,
            )
            for place, score in merge_boxes(places, scores[likely])
            for left, top in [((place[0] - place[1] / 2 - corner) / scale).tolist()]
            for width, height in [(place[1] / scale).tolist()]
        ]


def _letterbox(photo: Pixels) -> tuple[Pixels, Floats, Floats]:
    """Fit a photo into 128×128 on black; also return its corner (x, y) there and its scale."""
    full = np.array(photo.shape[1::-1])
    size = np.rint(full * SIDE / full.max()).astype(int).clip(1)
    left, top = (SIDE - size) // 2
    method = cv2.INTER_AREA if full.max() > SIDE else cv2.INTER_LINEAR
    small = cv2.resize(photo, (int(size[0]), int(size[1])), interpolation=method)
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    canvas[top : top + size[1], left : left + size[0]] = small
    return canvas, np.array([left, top], np.float32), (size / full).astype(np.float32)


@cache
def anchors(side: int = SIDE, grids: Grids = GRIDS) -> Floats:
    """The centre (x, y) of the cell of each row of a detector, in pixels of its input: [n, 2].

    ``side`` is that of the input; each grid has a number of cells a side and of rows a cell.
    """
    centres = []
    for cells, repeats in grids:
        middles = (np.arange(cells) + 0.5) * side / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        centres.append(np.stack([x, y], axis=-1).reshape(-1, 2).repeat(repeats, axis=0))
    return np.concatenate(centres).astype(np.float32)


def merge_boxes(places: Floats, scores: Floats) -> list[tuple[Floats, float]]:
    """Weighted non-maximum suppression: one box [2 + 6, 2] a face with its best score, best first.

    ``places`` [n, 2 + 6, 2] are centres, extents and points. All boxes that overlap the best one
    are of the same face. The result is their mean, weighted by score, since single boxes of the
    network jitter (Bazarevsky et al. 2019, section 3.3).
    """
    faces = []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        same = intersection_over_union(places[left[0]], places[left]) > OVERLAP
        same[0] = True
        group, left = left[same], left[~same]
        mean = np.average(places[group], axis=0, weights=scores[group])
        faces.append((mean, float(scores[group[0]])))
    return faces


def intersection_over_union(box: Floats, others: Floats) -> Floats:
    """Intersection over union of a box (centre, extent) [2+, 2] with others [n, 2+, 2]: [n]."""
    low = np.maximum(box[0] - box[1] / 2, others[:, 0] - others[:, 1] / 2)
    high = np.minimum(box[0] + box[1] / 2, others[:, 0] + others[:, 1] / 2)
    shared = (high - low).clip(0).prod(axis=-1)
    total = box[1].prod() + others[:, 1].prod(axis=-1) - shared
    return np.asarray(shared / np.maximum(total, np.finfo(np.float32).tiny), dtype=np.float32)
