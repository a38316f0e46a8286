"""Near duplicates: proposed by perceptual hashes, confirmed by thumbnails.

Hashes alone do not tell aligned faces apart. Of the 498,501 pairs of CelebA's first 999, 25 differ
in at most 8 of 64 bits, and all are of two persons; among 200,000 such pairs would be 40,000 times
as many. Their thumbnails correlate by at most 0.935, those of any two of the 999 as well, while
copies as JPEG of quality 10, at a quarter of the size or blurred by 2 pixels are over 0.975.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

BLOCK = 128  # images that are compared at once
OTHERS = 4096  # with how many
SAME = 0.97  # the correlation from which two thumbnails are of one image


def find_duplicates(hashes: Hashes, thumbnails: Pixels, distance: int) -> Numbers:
    """For each of n images the first that it is a near duplicate of, or itself: [n].

    Only an image that is itself no duplicate stands for others, so that a chain of likenesses does
    not become one image. ``thumbnails`` are uint8 [n, pixels]; ``distance`` is how many bits of two
    hashes may differ. All are compared with all, a block at a time: buckets of hashes would be as
    uneven as the images are alike.
    """
    first = np.arange(len(hashes))
    standing = np.empty(len(hashes), np.int64)
    count = 0
    for start in range(0, len(hashes), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(hashes)))
        for low in range(0, count, OTHERS):
            those = standing[low : min(low + OTHERS, count)]
            same = _alike(rows, those, hashes, thumbnails, distance)
            copies = same.any(axis=1)
            first[rows[copies]] = those[same[copies].argmax(axis=1)]
            rows = rows[~copies]
        same = _alike(rows, rows, hashes, thumbnails, distance)
        for place, row in enumerate(rows):
            if first[row] == row:
                later = rows[place:][same[place, place:]]
                first[later[first[later] == later]] = row
        rows = rows[first[rows] == rows]
        standing[count : count + len(rows)] = rows
        count += len(rows)
    return first


def _alike(
    rows: Numbers, others: Numbers, hashes: Hashes, thumbnails: Pixels, distance: int
) -> npt.NDArray[np.bool_]:
    """Which of ``rows`` are alike which of ``others``: [rows, others]."""
    same = np.bitwise_count(hashes[rows][:, None] ^ hashes[others]) <= distance
    for place in np.flatnonzero(same.any(axis=1)):
        near = np.flatnonzero(same[place])
        same[place, near] = correlation(thumbnails[rows[place]], thumbnails[others[near]]) >= SAME
    return np.asarray(same)


def correlation(one: Pixels, others: Pixels) -> npt.NDArray[np.float32]:
    """Pearson's, of a thumbnail uint8 [pixels] with others [n, pixels]: [n]; 0 for plain ones."""
    a, b = (
        values - values.mean(axis=-1, keepdims=True)
        for values in (one.astype(np.float32), others.astype(np.float32))
    )
    norms = np.linalg.norm(b, axis=-1) * np.linalg.norm(a)
    return np.asarray(b @ a / np.maximum(norms, np.finfo(np.float32).tiny), dtype=np.float32)
