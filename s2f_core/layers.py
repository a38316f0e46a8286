"""Normalisations and weight initialisation shared by the networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import nn

Norm = Literal["batch", "instance", "none"]
Up = Literal["transposed", "nearest"]

NORMS: dict[Norm, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm2d,
    "instance": nn.InstanceNorm2d,  # no affine part, as in the reference implementation
    "none": nn.Identity,
}


def needs_bias(norm: Norm) -> bool:
    """Whether a convolution in front of this norm has a bias of its own.

    Batch norm has its own shift; instance norm, here without an affine part, has none (its mean
    subtraction makes the bias idle, but the reference keeps it, so its checkpoints have one).
    """
    return norm != "batch"


def doubling(up: Up, source: int, out: int, kernel: int, *, bias: bool) -> list[nn.Module]:
    """Layers that double the resolution of [B, source, H, W] to [B, out, 2H, 2W].

    ``transposed`` is the papers' own, a transposed convolution of ``kernel`` 3 or 4. ``nearest``
    repeats pixels and convolves 3×3, which leaves no checkerboard (Odena et al. 2016).
    """
    if up == "nearest":
        return [nn.Upsample(scale_factor=2), nn.Conv2d(source, out, 3, 1, 1, bias=bias)]
    extra = kernel % 2
    return [nn.ConvTranspose2d(source, out, kernel, 2, 1, output_padding=extra, bias=bias)]


def initialise(network: nn.Module, gain: float = 0.02) -> None:
    """N(0, gain) weights, zero biases and N(1, gain) norm scales, in place.

    Source: Isola et al. 2017, section 6.2; Radford et al. 2016, section 4 (DCGAN).
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, 0.0, gain)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, gain)
            nn.init.zeros_(module.bias)
