"""Measures of images: perceptual hash, thumbnail, sharpness, size of the face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import joblib
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Doubles, Pixels, resize, to_rgb
from s2f_core.common.parallel import workers
from s2f_core.data.landmarks.faces import FaceDetector
from s2f_core.data.tables import Table

Hashes = npt.NDArray[np.uint64]

BLOCK = 128  # images of a task
SHARPNESS_SIDE = 128  # pixels a side at which sharpness is measured
THUMBNAIL_SIDE = 32  # pixels


@dataclass(frozen=True)
class Measures:
    """The measures of n images.

    ``hashes`` [n] are perceptual hashes and ``thumbnails`` uint8 [n, 1024] are grey. ``face`` [n]
    is the largest face's share of the side, 0 without a face and NaN without a detector.
    """

    hashes: Hashes
    thumbnails: Pixels
    sharpness: Doubles
    face: Doubles


def measure(table: Table, detector: FaceDetector | None) -> Measures:
    """Measure all images of a table, in their order, a block of images at a time."""
    with workers(table) as run:
        tasks = (joblib.delayed(_measure_block)(start, table, detector) for start in _starts(table))
        parts: dict[int, Measures] = dict(run(tasks))
    ordered = [parts[start] for start in _starts(table)]
    return Measures(
        np.concatenate([part.hashes for part in ordered]),
        np.concatenate([part.thumbnails for part in ordered]),
        np.concatenate([part.sharpness for part in ordered]),
        np.concatenate([part.face for part in ordered]),
    )


def _starts(table: Table) -> range:
    return range(0, len(table), BLOCK)


def _measure_block(start: int, table: Table, detector: FaceDetector | None) -> tuple[int, Measures]:
    images = table.images(range(start, min(start + BLOCK, len(table))))
    greys = [_to_grey(image) for image in images]
    return start, Measures(
        np.array([perceptual_hash(grey) for grey in greys], np.uint64),
        np.stack([resize(grey, THUMBNAIL_SIDE).ravel() for grey in greys]),
        np.array([sharpness(grey) for grey in greys]),
        np.array(
            [np.nan if detector is None else _face_share(image, detector) for image in images]
        ),
    )


def _to_grey(image: Pixels) -> Pixels:
    """The grey uint8 [H, W, 1] of an image [H, W, 1 or 3]."""
    if image.shape[-1] == 1:
        return image
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8)[..., None]


def perceptual_hash(grey: Pixels) -> int:
    """A hash of 64 bits of an image uint8 [H, W, 1].

    Each bit tells whether one of the 8×8 lowest frequencies exceeds the median: ImageHash's
    ``phash``, after Zauner 2010, section 3.2.1.
    """
    import imagehash
    from PIL import Image

    bits = imagehash.phash(Image.fromarray(grey[..., 0])).hash
    return int.from_bytes(np.packbits(bits).tobytes())


def sharpness(grey: Pixels) -> float:
    """The variance of the Laplacian of an image uint8 [H, W, 1] at 128×128."""
    return float(cv2.Laplacian(resize(grey, SHARPNESS_SIDE), cv2.CV_64F).var())


def _face_share(image: Pixels, detector: FaceDetector) -> float:
    """The larger side of the largest face's box, as a share of the image's shorter side."""
    sides = [max(face.box[2:]) for face in detector.detect(to_rgb(image))]
    height, width = image.shape[:2]
    return float(max(sides, default=0.0) / min(height, width))
