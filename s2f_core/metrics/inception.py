"""What networks see of images, cached by content; the 2015 TensorFlow Inception is one."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels, to_rgb
from s2f_core.data.assets.catalogue import find
from s2f_core.data.assets.checksums import is_whole
from s2f_core.metrics.feature_cache import remembered
from s2f_core.metrics.inception_v3 import LAYERS, fold, network, resize
from s2f_core.metrics.onnx_graph import Layer
from s2f_core.metrics.types import Values

NETWORK = "Inception-v3 of 2015 (TensorFlow), pool features, 2048-d"
RESIZE = "bilinear as in TensorFlow 1 to 299×299; uint8 RGB in"
RUNTIME = ", onnxruntime"  # part of the cache's key, since it decides the last digits

See = Callable[[Pixels], Floats]


@dataclass(frozen=True)
class Backbone:
    """A network whose view of images is worth keeping.

    ``title`` says which, ``resize`` how images reach its size. ``load`` makes of the weights' file
    what turns one image, uint8 [H, W, 3], into float32 [d], and is safe in threads; it raises
    UserError where the file is not that network's.
    """

    title: str
    resize: str
    load: Callable[[Path], See]


class Features:
    """Turns images into what a network sees of them.

    ``weights`` is the network's file, by default the TorchScript file of the asset ``inception``;
    it is not read before there is something to compute. Features are kept in the user's cache under
    a hash of the pixels and of the weights, so that the same photos are seen once. Raises UserError
    where the file is missing or is not that network.
    """

    def __init__(self, weights: Path, backbone: Backbone | None = None) -> None:
        self.weights = weights
        self.backbone = backbone or INCEPTION
        self._see: See | None = None

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
        return f"{self.backbone.title}, sha256 {self.checksum}"

    @property
    def resize(self) -> str:
        """How images reach the network's size."""
        return self.backbone.resize

    def __call__(self, images: Pixels) -> Values:
        """Features float64 [n, d] of uint8 [n, H, W, 1 or 3]: of each alone, a core an image."""
        return remembered("features", f"{self.checksum}{RUNTIME}", to_rgb(images), self._compute)

    def _compute(self, images: Pixels) -> Values:
        self._see = self._see or self.backbone.load(self.weights)
        with ThreadPoolExecutor(torch.get_num_threads()) as threads:
            return np.stack(list(threads.map(self._see, images)))


def load(weights: Path) -> list[Layer]:
    """The convolutions of a TorchScript copy of the network, with their norms folded in.

    The copy holds the 94 convolutions in torch-fidelity's order, each with its batch norm's shift,
    mean and variance (the scale is 1), and no class head. Folding moves a feature by 1e-5. Raises
    UserError where the file is not the published one: TorchScript is code, and no other is opened.
    """
    if not is_whole(weights, find("inception").files[0].checksum):
        raise UserError(f"{weights} cannot be loaded: it is not the published file; fetch it again")
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


def _open(weights: Path) -> See:
    see = network(load(weights))
    return lambda image: see(resize(image))


INCEPTION = Backbone(NETWORK, RESIZE, _open)
