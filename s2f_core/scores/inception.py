"""Features of the 2015 TensorFlow Inception, through torch-fidelity, cached by content."""

from __future__ import annotations

import hashlib
import os
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3

from s2f_core import cache
from s2f_core.errors import UserError
from s2f_core.images import Pixels, rgb
from s2f_core.scores.kinds import Values

NETWORK = "Inception-v3 of 2015 (TensorFlow), pool features, 2048-d"
RESIZE = "bilinear as in TensorFlow 1 to 299×299, inside torch-fidelity; uint8 RGB in"
BATCH = 32


class Features:
    """Turns images into Inception features.

    ``weights`` is the TorchScript file of the asset ``inception``. Features are kept in the user's
    cache under a hash of the pixels and of the weights, so that the same photos are seen once.
    """

    def __init__(self, weights: Path) -> None:
        try:
            self.checksum = hashlib.sha256(weights.read_bytes()).hexdigest()
        except OSError as error:
            raise UserError(f"{weights} cannot be read: {error}; fetch it again") from None
        self.weights = weights
        self._network: FeatureExtractorInceptionV3 | None = None

    def __call__(self, images: Pixels) -> Values:
        """Features float64 [n, 2048] of uint8 [n, H, W, 1 or 3]; batch size does not matter."""
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
        if self._network is None:
            self._network = load(self.weights)
        batches = []
        with torch.inference_mode():
            for start in range(0, len(images), BATCH):
                batch = torch.from_numpy(rgb(images[start : start + BATCH]))
                inputs = batch.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
                batches.append(self._network(inputs)[0].numpy())
        return np.concatenate(batches)


def load(weights: Path) -> FeatureExtractorInceptionV3:
    """torch-fidelity's extractor with the weights of a TorchScript copy of the same network.

    The copy holds the 94 convolutions in torch-fidelity's order, each with its batch norm's shift,
    mean and variance (the scale is 1), and no class head; that is filled with zeros, unused.
    Each norm is folded into its convolution, which moves a feature by 1e-5 and makes the network
    half as fast again on a CPU. Raises UserError where the file is not that network.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # torch.jit.load is on its way out
            copy = torch.jit.load(str(weights), map_location="cpu")  # type: ignore[no-untyped-call]
            source = list(copy.state_dict().values())
    except (OSError, RuntimeError, ValueError) as error:
        raise UserError(f"{weights} cannot be loaded: {error}; fetch it again") from None
    names = [name for name, part in _skeleton().named_modules() if isinstance(part, BasicConv2d)]
    if len(source) != 4 * len(names):
        raise UserError(f"{weights}: {len(source)} tensors, expected {4 * len(names)}")
    state = {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    for place, name in enumerate(names):
        weight, shift, mean, variance = source[4 * place : 4 * place + 4]
        state[f"{name}.conv.weight"] = weight
        state[f"{name}.bn.weight"] = torch.ones_like(shift)
        state[f"{name}.bn.bias"] = shift
        state[f"{name}.bn.running_mean"] = mean
        state[f"{name}.bn.running_var"] = variance
        state[f"{name}.bn.num_batches_tracked"] = torch.tensor(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "inception.pth"
        torch.save(state, file)
        network = FeatureExtractorInceptionV3(
            "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(file)
        )
    for block in network.modules():
        if isinstance(block, BasicConv2d):
            block.conv = fuse_conv_bn_eval(block.conv, block.bn)
            block.bn = torch.nn.Identity()
    return network.to(memory_format=torch.channels_last)


def _skeleton() -> torch.nn.Module:
    """The extractor's modules without weights: it can only be made with a file of them."""

    class Skeleton(FeatureExtractorInceptionV3):  # type: ignore[misc]  # no types
        def load_state_dict(self, *_: object, **__: object) -> None:
            """Keep the initial weights; only the modules' names are wanted."""

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.pth"
        torch.save({}, file)
        return Skeleton("names", ["2048"], feature_extractor_weights_path=str(file))
