"""What takes long to see in an image, kept in the user's cache by content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from s2f_core.common import cache
from s2f_core.common.images import Pixels
from s2f_core.metrics.bootstrap import Values


def remembered(
    name: str, key: str, images: Pixels, compute: Callable[[Pixels], npt.NDArray[np.floating[Any]]]
) -> Values:
    """What ``compute`` gives for images uint8 [n, H, W, C], float64 [n, …].

    It is asked for images that it has not seen, and for equal ones once. ``name`` is the folder in
    the cache, ``key`` whatever else decides the values, such as a hash of the weights.
    """
    digest = hashlib.sha256(f"{key}{images.shape}".encode())
    digest.update(np.ascontiguousarray(images).data)
    file = cache.cache_folder(name) / f"{digest.hexdigest()}.npy"
    if not file.exists():
        hashes = [hashlib.sha256(image.tobytes()).digest() for image in images]
        _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as stream:
            np.save(stream, compute(images[first])[place])
        unfinished.replace(file)
    return np.asarray(np.load(file), dtype=np.float64)
