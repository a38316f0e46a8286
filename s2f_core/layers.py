"""Normalisations and weight initialisation shared by the networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from torch import nn

Norm = Literal["batch", "instance", "none"]

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
