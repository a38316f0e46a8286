"""Near duplicates: perceptual hashes propose them, thumbnails confirm them.

Hashes alone do not tell aligned faces apart. Among the 498,501 pairs of CelebA's first 999 images,
25 differ in at most 8 of 64 bits, and all show two persons. The thumbnails of any two of these
images correlate by at most 0.935. Those of copies (JPEG of quality 10, a quarter of the size,
blurred by 2 pixels) correlate by more than 0.975.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels

Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

BLOCK = 128  # images that are compared at once
OTHERS = 4096  # with this many others
SAME = 0.97  # thumbnails that correlate by at least this show one image


def find_duplicates(hashes: Hashes, thumbnails: Pixels, distance: int) -> Rows:
    """For each of n images, the row of the first image that it is a near duplicate of: [n].

    An image without such an original has its own row. Originals are no duplicates themselves, so
    that a chain of similar images does not become one image. ``thumbnails`` are uint8 [n, pixels];
    ``distance`` is the number of bits in which two hashes may differ. All images are compared with
    all originals, a block at a time.
    """
    first = np.arange(len(hashes))
    originals = np.empty(len(hashes), np.int64)
    count = 0
    for start in range(0, len(hashes), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(hashes)))
        for low in range(0, count, OTHERS):
            others = originals[low : min(low + OTHERS, count)]
            same = _alike(rows, others, hashes, thumbnails, distance)
            copies = same.any(axis=1)
            first[rows[copies]] = others[same[copies].argmax(axis=1)]
            rows = rows[~copies]
        same = _alike(rows, rows, hashes, thumbnails, distance)
        for place, row in enumerate(rows):
            if first[row] == row:
                later = rows[place:][same[place, place:]]
                first[later[first[later] == later]] = row
        rows = rows[first[rows] == rows]
        originals[count : count + len(rows)] = rows
        count += len(rows)
    return first


def _alike(
    rows: Rows, others: Rows, hashes: Hashes, thumbnails: Pixels, distance: int
) -> npt.NDArray[np.bool_]:
    """Whether each of ``rows`` is alike each of ``others``: [rows, others]."""
    same = np.bitwise_count(hashes[rows][:, None] ^ hashes[others]) <= distance
    for place in np.flatnonzero(same.any(axis=1)):
        near = np.flatnonzero(same[place])
        same[place, near] = correlation(thumbnails[rows[place]], thumbnails[others[near]]) >= SAME
    return np.asarray(same)


def correlation(thumbnail: Pixels, others: Pixels) -> npt.NDArray[np.float32]:
    """Pearson's correlation of a thumbnail uint8 [pixels] with others [n, pixels]: [n].

    It is 0 for a thumbnail of one colour.
    """
    a, b = (
        values - values.mean(axis=-1, keepdims=True)
        for values in (thumbnail.astype(np.float32), others.astype(np.float32))
    )
    norms = np.linalg.norm(b, axis=-1) * np.linalg.norm(a)
    return np.asarray(b @ a / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
