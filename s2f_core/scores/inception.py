"""Features of the 2015 TensorFlow Inception, cached by content."""

from __future__ import annotations

import hashlib
import os
import warnings
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from s2f_core import cache
from s2f_core.errors import UserError
from s2f_core.images import Pixels, rgb
from s2f_core.scores.inception_v3 import LAYERS, Layer, fold, pool_features, resize
from s2f_core.scores.kinds import Values

NETWORK = "Inception-v3 of 2015 (TensorFlow), pool features, 2048-d"
RESIZE = "bilinear as in TensorFlow 1 to 299×299; uint8 RGB in"
BATCH = 8  # on a CPU 10 % faster than 32: what a layer works on stays in its cache


class Features:
    """Turns images into Inception features.

    ``weights`` is the TorchScript file of the asset ``inception``; it is not read before there is
    something to compute. Features are kept in the user's cache under a hash of the pixels and of
    the weights, so that the same photos are seen once. Raises UserError where the file is missing
    or is not that network.
    """

    def __init__(self, weights: Path) -> None:
        self.weights = weights
        self._layers: list[Layer] = []

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the weights' file."""
        try:
            with self.weights.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UserError(f"{self.weights} cannot be read: {error}; fetch it again") from None

    @property
    def network(self) -> str:
        """What a score says of where its features come from."""
        return f"{NETWORK}, sha256 {self.checksum}"

    def __call__(self, images: Pixels) -> Values:
        """Features float64 [n, 2048] of uint8 [n, H, W, 1 or 3]; batch size does not matter."""
        images = rgb(images)
        key = hashlib.sha256(f"{self.checksum}{images.shape}".encode())
        key.update(np.ascontiguousarray(images).data)
        file = cache.folder("features") / f"{key.hexdigest()}.npy"
        if not file.exists():
            hashes = [hashlib.sha256(image.tobytes()).digest() for image in images]
            _, first, place = np.unique(hashes, return_index=True, return_inverse=True)
            features = self._compute(images[first])[place]  # equal images are seen once
            unfinished = file.with_suffix(f".{os.getpid()}")
            with unfinished.open("wb") as stream:
                np.save(stream, features)
            unfinished.replace(file)
        found: Values = np.load(file).astype(np.float64)
        return found

    def _compute(self, images: Pixels) -> Values:
        self._layers = self._layers or load(self.weights)
        batches = []
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                batch = torch.from_numpy(images[start : start + BATCH])
                batches.append(pool_features(resize(batch), self._layers).numpy())
        return np.concatenate(batches)


def load(weights: Path) -> list[Layer]:
    """The convolutions of a TorchScript copy of the network, with their norms folded in.

    The copy holds the 94 convolutions in torch-fidelity's order, each with its batch norm's shift,
    mean and variance (the scale is 1), and no class head. Folding moves a feature by 1e-5 and makes
    the network half as fast again on a CPU. Raises UserError where the file is not that network.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # torch.jit.load is on its way out
            copy = torch.jit.load(str(weights), map_location="cpu")  # type: ignore[no-untyped-call]
            source = list(copy.state_dict().values())
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{weights} cannot be loaded: {error}; fetch it again") from None
    if len(source) != 4 * LAYERS:
        raise UserError(f"{weights}: {len(source)} tensors, expected {4 * LAYERS}")
    return [fold(*source[place : place + 4]) for place in range(0, len(source), 4)]
