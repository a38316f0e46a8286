"""The mirror mean of a generator: the mean of its output and that of the mirrored input."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.networks.checkpoint import Description


def mirror_mean(run: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Return ½(G(x) + flip G(flip x)) of images [B, C, H, W], where flip swaps left and right.

    The mean is exactly symmetric, M(flip x) = flip M(x), also where ``run`` draws noise: torch's
    random state is the same before both runs.
    """
    with torch.random.fork_rng([images.device] if images.device.type == "cuda" else []):
        straight = run(images)
    return (straight + run(images.flip(-1)).flip(-1)) / 2


class MirrorMean(nn.Module):
    """The mirror mean as one network, for export: both inputs are one batch of twice the size.

    Both inputs get the same planes of noise and palette, which are those of a U-Net.
    """

    def __init__(self, generator: nn.Module) -> None:
        super().__init__()
        self.generator = generator
        self.train(generator.training)

    def forward(
        self,
        images: Tensor,
        noise: Tensor | None = None,
        inner: Tensor | None = None,
        palette: Tensor | None = None,
    ) -> Tensor:
        """Map [B, C, H, W] to [B, C', H, W], as the generator does."""
        planes = {"noise": noise, "inner": inner, "palette": palette}
        doubled = {name: torch.cat([x, x]) for name, x in planes.items() if x is not None}
        outputs = self.generator(torch.cat([images, images.flip(-1)]), **doubled)
        straight, mirrored = outputs.unflatten(0, (2, -1))
        mean: Tensor = (straight + mirrored.flip(-1)) / 2
        return mean


def mirror_problem(description: Description) -> str:
    """Return the reason why a model has no mirror mean; empty if it has one.

    A model that never saw mirrored inputs may tell left from right, as by the colours of a pose. A
    training with ``flip`` mirrors poses like all other inputs, so its model takes both.
    """
    name = description.variant
    if description.generator.takes == "vector":
        return f"{name} makes images from noise, which has no left and right: leave mirror out"
    if description.flip is False:
        return (
            f"{name} was trained without recipe.flip, so it knows no mirrored inputs: leave "
            "mirror out, or train with flip: true"
        )
    return ""


def check_mirror(description: Description) -> None:
    """Raise UserError where a model has no mirror mean."""
    if problem := mirror_problem(description):
        raise UserError(f"mirror: {problem}")
