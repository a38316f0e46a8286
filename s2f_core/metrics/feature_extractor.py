"""Features of images from a network with fetched weights, cached by content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels, to_rgb
from s2f_core.metrics.feature_cache import cached_features
from s2f_core.metrics.types import Values

RUNTIME = ", onnxruntime"  # part of the cache's key, since it decides the last digits

Extract = Callable[[Pixels], Floats]


@dataclass(frozen=True)
class Backbone:
    """A network that gives features.

    ``title`` names the network, ``resize`` the rule by which images reach its size. ``load`` reads
    a weights file and returns a function from one image uint8 [H, W, 3] to float32 [d], which is
    safe in threads. ``load`` raises UserError where the file is not that network's.
    ``loss_network`` is its key among the networks that a loss can use, if it is one.
    """

    title: str
    resize: str
    load: Callable[[Path], Extract]
    loss_network: str = ""


class FeatureExtractor:
    """Turns images into features of a backbone.

    ``weights`` is the backbone's file; it is read when there is something to compute. The user's
    cache keeps features under a hash of the pixels and of the weights. Raises UserError where the
    file is missing or is not that backbone's.
    """

    def __init__(self, weights: Path, backbone: Backbone) -> None:
        self.weights = weights
        self.backbone = backbone
        self._extract: Extract | None = None

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the weights file."""
        try:
            with self.weights.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise UserError(f"{self.weights} cannot be read: {error}; fetch it again") from None

    @property
    def network(self) -> str:
        """The backbone's title and the checksum of its weights, for reports."""
        return f"{self.backbone.title}, sha256 {self.checksum}"

    @property
    def resize(self) -> str:
        """The rule by which images reach the backbone's size."""
        return self.backbone.resize

    @property
    def loss_network(self) -> str:
        """Its key among the networks that a loss can use; empty where it is none of them."""
        return self.backbone.loss_network

    def __call__(self, images: Pixels) -> Values:
        """Return features float64 [n, d] of uint8 [n, H, W, 1 or 3].

        The network sees one image at a time, on one core each.
        """
        key = f"{self.checksum}{RUNTIME}"
        return cached_features("features", key, to_rgb(images), self._compute)

    def compute(self, images: Pixels) -> Values:
        """Return the same features, computed here and not kept: for images that nobody sees again.

        The cache would fill with the outputs of each validation.
        """
        return np.asarray(self._compute(to_rgb(images)), dtype=np.float64)

    def _compute(self, images: Pixels) -> Values:
        self._extract = self._extract or self.backbone.load(self.weights)
        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            return np.stack(list(threads.map(self._extract, images)))
