"""What curation measures of an image."""

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

BLOCK = 128  # images a task
SHARPNESS = 128  # pixels a side at which sharpness is measured
THUMBNAIL = 32  # pixels a side


@dataclass(frozen=True)
class Measures:
    """Of n images: perceptual hashes [n], grey thumbnails uint8 [n, 1024], sharpness [n].

    ``face`` [n] is the share of the side that the largest face takes up, 0 where there is none, NaN
    where none was looked for.
    """

    hashes: Hashes
    thumbnails: Pixels
    sharpness: Doubles
    face: Doubles


def measure(table: Table, detector: FaceDetector | None) -> Measures:
    """The measures of all images of a table, in their order; memory is the measures' own."""
    with workers(table) as run:
        tasks = (joblib.delayed(_block)(first, table, detector) for first in _firsts(table))
        parts: dict[int, Measures] = dict(run(tasks))
    ordered = [parts[first] for first in _firsts(table)]
    return Measures(
        np.concatenate([part.hashes for part in ordered]),
        np.concatenate([part.thumbnails for part in ordered]),
        np.concatenate([part.sharpness for part in ordered]),
        np.concatenate([part.face for part in ordered]),
    )


def _firsts(table: Table) -> range:
    return range(0, len(table), BLOCK)


def _block(first: int, table: Table, detector: FaceDetector | None) -> tuple[int, Measures]:
    images = table.images(range(first, min(first + BLOCK, len(table))))
    greys = [_grey(image) for image in images]
    return first, Measures(
        np.array([perceptual_hash(grey) for grey in greys], np.uint64),
        np.stack([resize(grey, THUMBNAIL).ravel() for grey in greys]),
        np.array([sharpness(grey) for grey in greys]),
        np.array([np.nan if detector is None else _share(image, detector) for image in images]),
    )


def _grey(image: Pixels) -> Pixels:
    """Of an image [H, W, 1 or 3]: uint8 [H, W, 1]."""
    if image.shape[-1] == 1:
        return image
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8)[..., None]


def perceptual_hash(grey: Pixels) -> int:
    """64 bits of an image uint8 [H, W, 1]: which of its 8×8 lowest frequencies exceed the median.

    ImageHash's ``phash``, after Zauner 2010, section 3.2.1.
    """
    import imagehash
    from PIL import Image

    bits = imagehash.phash(Image.fromarray(grey[..., 0])).hash
    return int.from_bytes(np.packbits(bits).tobytes())


def sharpness(grey: Pixels) -> float:
    """The variance of the Laplacian of an image uint8 [H, W, 1] at 128×128."""
    return float(cv2.Laplacian(resize(grey, SHARPNESS), cv2.CV_64F).var())


def _share(image: Pixels, detector: FaceDetector) -> float:
    """The larger side of the largest face's box, as a share of the image's shorter side."""
    sides = [max(face.box[2:]) for face in detector.detect(to_rgb(image))]
    height, width = image.shape[:2]
    return float(max(sides, default=0.0) / min(height, width))
