"""A cache of features, in the user's cache folder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from s2f_core.common.atomic import atomic_write
from s2f_core.common.cache import cache_folder
from s2f_core.common.images import Pixels
from s2f_core.metrics.bootstrap import Values


def cached_features(
    name: str, key: str, images: Pixels, compute: Callable[[Pixels], npt.NDArray[np.floating[Any]]]
) -> Values:
    """Return the features of images uint8 [n, H, W, C], float64 [n, …], from the cache if possible.

    ``compute`` runs only for images that are not in the cache, and once for equal images. ``name``
    is the folder in the cache. ``key`` is everything else that decides the features, such as a
    hash of the weights.
    """
    digest = hashlib.sha256(f"{key}{images.shape}".encode())
    digest.update(np.ascontiguousarray(images).data)
    file = cache_folder(name) / f"{digest.hexdigest()}.npy"
    if not file.exists():
        hashes = [hashlib.sha256(image.tobytes()).digest() for image in images]
        _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        features = compute(images[first])[place]
        with atomic_write(file, features.nbytes, shared=True) as unfinished:
            np.save(unfinished, features)
    return np.asarray(np.load(file), dtype=np.float64)
