"""The interface of a backbone: a frozen network whose features losses and scores compare."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.common.errors import UserError

Layer = tuple[Tensor, Tensor]  # weights [out, in, H, W] and biases [out] of a convolution


class Backbone(nn.Module, ABC):
    """A network with fixed weights, to which gradients of an image pass.

    ``channels``: of each of the features that it returns. ``min_side``: pixels a side of the
    smallest images that it sees. ``enlarge``: times by which it enlarges images first.
    """

    channels: tuple[int, ...]
    min_side: int
    enlarge: float = 1
    pretrained = True  # no initialisation changes it

    def forward(self, images: Tensor) -> list[Tensor]:
        """Map images [B, 1 or 3, H, W] in [-1, 1] to features, the finest first."""
        colours = images.expand(-1, 3, -1, -1)
        if self.enlarge > 1:
            colours = F.interpolate(colours, scale_factor=self.enlarge, mode="bilinear")
        return self.features(colours)

    @abstractmethod
    def features(self, images: Tensor) -> list[Tensor]:
        """Map images [B, 3, H, W] in [-1, 1] to features, the finest first."""

    def freeze(self) -> None:
        """Turn weights into buffers that no state holds.

        An optimiser does not find them, and a checkpoint does not repeat them.
        """
        for module in self.modules():
            for name, weight in [*module.named_parameters(recurse=False)]:
                delattr(module, name)
                module.register_buffer(name, weight.detach(), persistent=False)
            for name, buffer in [*module.named_buffers(recurse=False)]:
                module.register_buffer(name, buffer, persistent=False)

    def check(self, size: int, channels: int) -> None:
        """Raise UserError unless it sees images of ``size`` pixels with so many channels."""
        name = type(self).__name__
        if channels not in (1, 3):
            raise UserError(f"{name} sees images of 1 or 3 channels, these have {channels}")
        if size < self.min_side:
            raise UserError(
                f"{name} sees images of at least {self.min_side} px, these have {size} px"
            )
