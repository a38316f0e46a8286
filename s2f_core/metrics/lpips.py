"""LPIPS: the perceptual distance of each output from its target."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.common.parallel import map_on_cores
from s2f_core.metrics.feature_cache import cached_features
from s2f_core.metrics.types import JointScore, Values
from s2f_core.networks.backbones.shift_tolerant import ShiftTolerant, load_shift_tolerant


class PerceptualDistance:
    """Shift-tolerant LPIPS of pairs of images, cached by content.

    ``assets`` is the folder of fetched weights; raises UserError where those are missing.
    """

    resize = "none; uint8 RGB in"
    loss_network = "lpips-alex"

    def __init__(self, assets: Path) -> None:
        self.weights = assets / "lpips" / "lpips.zip"

    @cached_property
    def network(self) -> str:
        """The network's title and the checksum of its weights, for reports."""
        try:
            with self.weights.open("rb") as file:
                checksum = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise UserError(f"{self.weights} cannot be read: run 's2f fetch lpips'") from None
        return f"Shift-tolerant AlexNet of LPIPS, sha256 {checksum}"

    def __call__(self, images: Pixels) -> Values:
        """Return the distance float64 [n, 1] of the two images in each uint8 [n, H, W, 2 · 3].

        NaN for images of fewer than 21 pixels a side, which the network does not take. Each pair is
        computed on one core, so that the result does not depend on their number.
        """
        return cached_features("lpips", self.network, images, self._compute)

    @cached_property
    def _module(self) -> ShiftTolerant:
        """The network, with channels last, in which it takes 0.6 times as long."""
        return load_shift_tolerant(self.weights, "alex").to(memory_format=torch.channels_last)

    def _compute(self, pairs: Pixels) -> Values:
        network = self._module
        if min(pairs.shape[1:3]) < network.min_side:
            return np.full((len(pairs), 1), np.nan)
        return np.asarray(map_on_cores(lambda pair: _distance(network, pair), pairs))[:, None]


@torch.inference_mode()
def _distance(network: ShiftTolerant, pair: Pixels) -> float:
    """Return the distance of the two images in uint8 [H, W, 2 · 3]."""
    images = torch.from_numpy(pair).movedim(2, 0).reshape(2, 3, *pair.shape[:2]) / 127.5 - 1
    images = images.contiguous(memory_format=torch.channels_last)
    ours, theirs = zip(*(tap.split(1) for tap in network(images)), strict=True)
    return network.distance(ours, theirs).item()


def lpips(distances: Values) -> Values:
    """Return the distance of each pair float64 [n] from those of the network [n, 1].

    Source: Zhang et al. 2018, eq. 1, with the shift-tolerant AlexNet of Ghildyal and Liu 2022, at
    the images' own size.
    """
    return distances[:, 0]


LPIPS = JointScore(
    title="LPIPS (shift-tolerant)",
    space="lpips",
    function=lpips,
    higher_is_better=False,
    range=(0, None),
    library=f"s2f with torch {torch.__version__}, tested equal to stlpips-pytorch 0.0.2",
    describe=(
        "Perceptual distance from the target: differences of a network's features, weighted by "
        "people's judgements. A shift of a pixel costs next to nothing. Rests on AlexNet, which "
        "learned ImageNet; left out where the losses used the same network."
    ),
)
