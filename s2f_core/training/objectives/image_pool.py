"""History of generated images (Shrivastava et al. 2017; Zhu et al. 2017, section 4)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from s2f_core.common.distributed import all_gather, shard


class ImagePool:
    """A pool of up to ``size`` earlier images; size 0 keeps none.

    Called with [B, C, H, W], it returns as many. While it fills, it returns the images themselves;
    then it exchanges each, with probability one half, for a random one of the pool. Processes that
    train together hold the same pool: each exchanges the images of all.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def __call__(self, images: Tensor) -> Tensor:
        """Exchange generated images for those that the discriminator is trained on."""
        gathered = all_gather(images.detach())
        return shard(torch.stack([self._exchange(image) for image in gathered]), len(images))

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())  # a view would keep its whole batch
            return image
        if self.size and torch.rand(()) < 0.5:
            position = int(torch.randint(self.size, ()))
            earlier, self.images[position] = self.images[position], image.clone()
            return earlier.to(image.device)  # a resumed pool begins on the CPU
        return image

    def state_dict(self) -> dict[str, Any]:
        """Return the images in the pool."""
        return {"images": list(self.images)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        self.images = list(state["images"])
