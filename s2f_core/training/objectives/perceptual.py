"""The perceptual loss: a distance between a frozen network's features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from s2f_core.networks.backbones.base import Backbone
from s2f_core.training.objectives.losses import perceptual_distance

if TYPE_CHECKING:  # importing it costs seconds that only a training has to spend
    from lightning_fabric import Fabric


class PerceptualLoss:
    """:func:`.perceptual_distance` of a backbone's features, on the fabric's device and precision.

    Gradients pass to the first of two batches of images [B, 1 or 3, H, W] in [-1, 1].
    """

    def __init__(self, fabric: Fabric, backbone: Backbone) -> None:
        self.backbone = fabric.to_device(backbone)
        self._precision = fabric.strategy.precision

    def __call__(self, fake: Tensor, real: Tensor) -> Tensor:
        """Return the distance, a scalar float32."""
        with self._precision.forward_context():
            generated = self.backbone(fake)
            with torch.no_grad():
                target = self.backbone(real)
        convert = self._precision.convert_output
        return perceptual_distance(convert(generated), convert(target))
