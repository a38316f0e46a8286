"""DiffAugment: differentiable augmentation of all that a discriminator sees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from s2f_core.common.distributed import sample_sharded

Augmentation = Literal["colour", "translation", "cutout"]


def diff_augment(images: Tensor, policy: Sequence[Augmentation], coloured: int) -> Tensor:
    """[B, C, H, W] in [-1, 1], each image changed at random, the gradient kept.

    Source: Zhao et al. 2020, section 3. Real and generated images get it in D's step and in G's,
    which is why G does not learn it. ``coloured``: how many of the last channels are the image
    that is judged; ``colour`` changes these alone, not an input that stands before them.
    """
    for name in policy:
        images = _AUGMENTATIONS[name](images, coloured)
    return images


def _colour(images: Tensor, coloured: int) -> Tensor:
    """Brightness ± 0.5, saturation × 0 to 2, contrast × 0.5 to 1.5 (its appendix)."""
    before, image = images[:, :-coloured], images[:, -coloured:]
    brightness, saturation, contrast = _uniform(images, 3)
    image = image + brightness - 0.5
    grey = image.mean(dim=1, keepdim=True)
    image = (image - grey) * (saturation * 2) + grey
    mean = image.mean(dim=(1, 2, 3), keepdim=True)
    image = (image - mean) * (contrast + 0.5) + mean
    return torch.cat([before, image], dim=1)


def _translation(images: Tensor, coloured: int) -> Tensor:
    """Shifted by up to an eighth of the side each way; what comes in is 0."""
    del coloured
    batch, _, height, width = images.shape
    share = sample_sharded(lambda count: torch.rand(count, 2, device=images.device), batch)
    rows, columns = (
        torch.arange(side, device=images.device)[None] + _shift(one, side // 8)
        for one, side in zip(share.chunk(2, dim=1), (height, width), strict=True)
    )
    padded = F.pad(images, (1, 1, 1, 1))
    rows, columns = (rows + 1).clamp(0, height + 1), (columns + 1).clamp(0, width + 1)
    pick = torch.arange(batch, device=images.device)[:, None, None]
    moved = padded.permute(0, 2, 3, 1)[pick, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def _shift(share: Tensor, most: int) -> Tensor:
    """Whole pixels from -most to most, for shares in [0, 1)."""
    return torch.floor(share * (2 * most + 1)).long() - most


def _cutout(images: Tensor, coloured: int) -> Tensor:
    """A square of half the side, its centre anywhere, set to 0."""
    del coloured
    height, width = images.shape[2:]
    centre = _uniform(images, 2)
    rows = torch.arange(height, device=images.device)[None, None, :, None]
    columns = torch.arange(width, device=images.device)[None, None, None, :]
    inside = ((rows - centre[0] * height).abs() < height / 4) & (
        (columns - centre[1] * width).abs() < width / 4
    )
    return images.masked_fill(inside, 0.0)


def _uniform(images: Tensor, count: int) -> Tensor:
    """Numbers [count, B, 1, 1, 1] in [0, 1)."""
    return sample_sharded(
        lambda batch: torch.rand(count, batch, 1, 1, 1, device=images.device), len(images), dim=1
    )


_AUGMENTATIONS: dict[Augmentation, Callable[[Tensor, int], Tensor]] = {
    "colour": _colour,
    "translation": _translation,
    "cutout": _cutout,
}
