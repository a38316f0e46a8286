"""DiffAugment: differentiable augmentation of the discriminator's inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from s2f_core.common.distributed import sample_sharded

Augmentation = Literal["colour", "translation", "cutout"]


def diff_augment(images: Tensor, policy: Sequence[Augmentation], image_channels: int) -> Tensor:
    """Augment images [B, C, H, W] in [-1, 1] at random, each differently; differentiable.

    Source: Zhao et al. 2020, section 3. It augments real and generated images in the steps of D and
    of G, so G does not learn the augmentation. The last ``image_channels`` channels are the judged
    image; ``colour`` changes only them, not a conditional input before them.
    """
    for name in policy:
        images = _AUGMENTATIONS[name](images, image_channels)
    return images


def _colour(images: Tensor, image_channels: int) -> Tensor:
    """Change brightness by ± 0.5, saturation by 0 to 2 times, contrast by 0.5 to 1.5 times."""
    condition, image = images[:, :-image_channels], images[:, -image_channels:]
    brightness, saturation, contrast = _uniform(images, 3)
    image = image + brightness - 0.5
    grey = image.mean(dim=1, keepdim=True)
    image = (image - grey) * (saturation * 2) + grey
    mean = image.mean(dim=(1, 2, 3), keepdim=True)
    image = (image - mean) * (contrast + 0.5) + mean
    return torch.cat([condition, image], dim=1)


def _translation(images: Tensor, image_channels: int) -> Tensor:
    """Shift by up to an eighth of the side each way; fill with 0."""
    del image_channels
    batch, _, height, width = images.shape
    shares = sample_sharded(lambda count: torch.rand(count, 2, device=images.device), batch)
    rows, columns = (
        torch.arange(side, device=images.device)[None] + _shift(share, side // 8)
        for share, side in zip(shares.chunk(2, dim=1), (height, width), strict=True)
    )
    padded = F.pad(images, (1, 1, 1, 1))
    rows, columns = (rows + 1).clamp(0, height + 1), (columns + 1).clamp(0, width + 1)
    index = torch.arange(batch, device=images.device)[:, None, None]
    shifted = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]]
    return shifted.permute(0, 3, 1, 2)


def _shift(share: Tensor, limit: int) -> Tensor:
    """Return whole pixels from -limit to limit for shares in [0, 1)."""
    return torch.floor(share * (2 * limit + 1)).long() - limit


def _cutout(images: Tensor, image_channels: int) -> Tensor:
    """Set a square of half the side, with its centre anywhere, to 0."""
    del image_channels
    height, width = images.shape[2:]
    centre = _uniform(images, 2)
    rows = torch.arange(height, device=images.device)[None, None, :, None]
    columns = torch.arange(width, device=images.device)[None, None, None, :]
    inside = ((rows - centre[0] * height).abs() < height / 4) & (
        (columns - centre[1] * width).abs() < width / 4
    )
    return images.masked_fill(inside, 0.0)


def _uniform(images: Tensor, count: int) -> Tensor:
    """Sample numbers [count, B, 1, 1, 1] in [0, 1)."""
    return sample_sharded(
        lambda batch: torch.rand(count, batch, 1, 1, 1, device=images.device), len(images), dim=1
    )


_AUGMENTATIONS: dict[Augmentation, Callable[[Tensor, int], Tensor]] = {
    "colour": _colour,
    "translation": _translation,
    "cutout": _cutout,
}
