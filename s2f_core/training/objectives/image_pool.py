"""History of generated images (Shrivastava et al. 2017; Zhu et al. 2017, section 4)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from s2f_core.common.distributed import all_gather, shard


class ImagePool:
    """Up to ``size`` images made earlier; size 0 keeps none.

    Called with [B, C, H, W], it gives as many back: until it is full those very images; then each
    with probability one half is exchanged for one of the pool at random. Processes that train
    together hold one pool: each has all of it, and exchanges the images of all.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.images: list[Tensor] = []

    def __call__(self, images: Tensor) -> Tensor:
        """Images to show to the discriminator in place of these."""
        every = all_gather(images.detach())
        return shard(torch.stack([self._exchange(image) for image in every]), len(images))

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(image.clone())  # a view would keep its whole batch
            return image
        if self.size and torch.rand(()) < 0.5:
            place = int(torch.randint(self.size, ()))
            older, self.images[place] = self.images[place], image.clone()
            return older.to(image.device)  # a resumed pool begins on the CPU
        return image

    def state_dict(self) -> dict[str, Any]:
        """The images it holds."""
        return {"images": list(self.images)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        self.images = list(state["images"])
