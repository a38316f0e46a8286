"""Normalisations, activations, up-sampling and weight initialisation shared by the networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrize

from s2f_core.common import distributed
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.networks.convolutions import NearestUp, TransposedConvolution

Norm = Literal["batch", "instance", "instance-affine", "group", "none"]
Up = Annotated[
    Literal["transposed", "nearest"],
    Field(
        description=(
            "Doubling by transposed convolutions (the papers'), or by nearest-neighbour and a "
            "convolution, which leaves no checkerboard (Odena et al. 2016)."
        )
    ),
]
Init = Literal["normal", "xavier", "kaiming", "orthogonal", "default"]


class BatchNorm(nn.BatchNorm2d):
    """Batch norm of [B, C, H, W].

    Raises UserError in training where a channel has a single value, which has no variance; PyTorch
    raises ValueError. With several processes the statistics are those of the whole batch.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        if self.training and distributed.world_size() > 1:
            return self._synchronised(x)
        if self.training and x.numel() == x.shape[1]:
            raise UserError(
                "batch norm cannot train on a batch of 1 where the map is 1×1 px: give batches of "
                "2 or more, larger images, a network of less depth, or another norm"
            )
        return super().forward(x)

    def _synchronised(self, x: Tensor) -> Tensor:
        values, count = x.float(), distributed.world_size()
        mean = distributed.all_reduce_sum(values.mean(dim=(0, 2, 3))) / count
        centred = values - mean[:, None, None]
        variance = distributed.all_reduce_sum(centred.square().mean(dim=(0, 2, 3))) / count
        self._update_statistics(mean.detach(), variance.detach(), count * x.numel() // x.shape[1])
        scale = (variance + self.eps).rsqrt()
        normed = centred * (scale * self.weight)[:, None, None] + self.bias[:, None, None]
        return normed.to(x.dtype)

    @torch.no_grad()
    def _update_statistics(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """Move the running statistics as PyTorch does, the variance by its unbiased estimate."""
        if self.running_mean is None or self.running_var is None or self.momentum is None:
            return
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * (count / max(1, count - 1)), self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


class Dropout(nn.Dropout):
    """Dropout of [B, C, H, W]; an image's mask is the same on any number of processes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        if distributed.world_size() == 1 or not self.training:
            return super().forward(x)
        mask = distributed.sample_sharded_like(
            lambda whole: F.dropout(torch.ones_like(whole), self.p), x
        )
        return x * mask


class InstanceNorm(nn.InstanceNorm2d):
    """Instance norm of [B, C, H, W], also of 1×1 maps.

    One pixel is its own mean, so the result is the shift, or zero without one, and no gradient
    passes. PyTorch raises ValueError, in eval mode as well.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        if torch.compiler.is_exporting():  # a graph holds for any size, of 1×1 too
            scale, shift = (self.weight, self.bias) if self.affine else (None, None)
            return torch.instance_norm(x, scale, shift, None, None, True, 0.0, self.eps, False)
        if x.shape[-2:].numel() > 1:
            return super().forward(x)
        centred = x - x  # not zeros_like: gradients are then zero, not missing
        if not self.affine:
            return centred
        return centred * self.weight[:, None, None] + self.bias[:, None, None]


def _group_norm(channels: int) -> nn.Module:
    """At most 32 groups (Wu & He 2018), of equal size and two channels or more where possible.

    One channel a group would be instance norm under another name.
    """
    most = min(32, max(1, channels // 2))
    return nn.GroupNorm(next(n for n in range(most, 0, -1) if channels % n == 0), channels)


NORMS: dict[Norm, Callable[[int], nn.Module]] = {
    "batch": BatchNorm,
    "instance": InstanceNorm,  # no affine part, as in the reference implementation
    "instance-affine": lambda channels: InstanceNorm(channels, affine=True),
    "group": _group_norm,
    "none": nn.Identity,
}


def needs_bias(norm: Norm) -> bool:
    """Return whether a convolution in front of this norm has a bias.

    A norm with a shift makes the bias idle. Instance norm without an affine part does so too (it
    subtracts the mean), but the reference implementation has the bias in its checkpoints.
    """
    return norm in {"instance", "none"}


class JReLU(nn.Module):
    """min(leaky_relu(x, leak) - shift, cap), element by element.

    Source: P4, which has it from fast.ai (Howard), there ``GeneralRelu``. The shift brings the mean
    of the output near zero.
    """

    def __init__(self, leak: float, shift: float, cap: float) -> None:
        super().__init__()
        self.leak, self.shift, self.cap = leak, shift, cap

    def forward(self, x: Tensor) -> Tensor:
        """Map any shape to the same."""
        return (F.leaky_relu(x, self.leak) - self.shift).clamp(max=self.cap)


class ReLUSection(Section):
    """Zero below zero: ``{type: relu}``."""

    type: Literal["relu"]

    def build(self) -> nn.Module:
        """Return the layer, which has no parameters."""
        return nn.ReLU()


class LeakyReLUSection(Section):
    """A small slope below zero: ``{type: leaky-relu}``."""

    type: Literal["leaky-relu"]
    slope: float = Field(0.2, ge=0, lt=1, description="Slope below zero (Radford et al. 2016).")

    def build(self) -> nn.Module:
        """Return the layer, which has no parameters."""
        return nn.LeakyReLU(self.slope)


class JReLUSection(Section):
    """min(leaky_relu(x) - shift, cap): ``{type: jrelu}`` (P4, from fast.ai)."""

    type: Literal["jrelu"]
    leak: float = Field(0.1, ge=0, lt=1, description="Slope below zero.")
    shift: float = Field(0.4, ge=0, le=10, description="Subtracted from the output.")
    cap: float = Field(6.0, gt=0, le=1000, description="Largest output.")

    def build(self) -> nn.Module:
        """Return the layer, which has no parameters."""
        return JReLU(self.leak, self.shift, self.cap)


Activation = Annotated[
    ReLUSection | LeakyReLUSection | JReLUSection,
    Field(discriminator="type"),
]
RELU = ReLUSection(type="relu")
LEAKY_RELU = LeakyReLUSection(type="leaky-relu")


def upsampling_layers(up: Up, source: int, out: int, kernel: int, *, bias: bool) -> list[nn.Module]:
    """Return layers that map [B, source, H, W] to [B, out, 2H, 2W].

    ``transposed`` is the papers' own, a transposed convolution of ``kernel`` 3 or 4; ``nearest`` is
    :class:`.NearestUp`, which leaves no checkerboard (Odena et al. 2016).
    """
    if up == "nearest":
        return [NearestUp(source, out, bias=bias)]
    return [TransposedConvolution(source, out, kernel, bias=bias)]


INITS: dict[Init, Callable[[Tensor, float], object]] = {
    "normal": lambda weight, gain: nn.init.normal_(weight, 0.0, gain),
    "xavier": nn.init.xavier_normal_,
    "kaiming": lambda weight, _: nn.init.kaiming_normal_(weight),
    "orthogonal": nn.init.orthogonal_,
}
_NORMS = (nn.BatchNorm2d, nn.InstanceNorm2d, nn.GroupNorm)
_POWER_ITERATIONS = 15  # as PyTorch makes when it applies a spectral norm


def initialise(network: nn.Module, init: Init = "normal", gain: float = 0.02) -> None:
    """Draw weights by ``init``, norm scales from N(1, gain), and set biases to zero, in place.

    ``normal`` draws N(0, gain) and is the papers' (Isola et al. 2017, section 6.2; Radford et al.
    2016, section 4). ``xavier`` and ``orthogonal`` are scaled by ``gain``, ``kaiming`` has its own
    scale: all three as in the reference implementation. ``default`` keeps PyTorch's own.
    Under a spectral norm the learned weight is drawn and its norm estimated anew.

    A module whose attribute ``pretrained`` is true keeps its weights, with all modules inside it.
    """
    if init == "default":
        return
    for module in _modules_to_draw(network):
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            spectral = parametrize.is_parametrized(module, "weight")
            learned = "parametrizations.weight.original" if spectral else "weight"
            INITS[init](module.get_parameter(learned), gain)
            with torch.no_grad():
                for _ in range(_POWER_ITERATIONS if spectral else 0):
                    module.weight  # noqa: B018  # reading it makes one power iteration
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, _NORMS) and module.affine:
            nn.init.normal_(module.weight, 1.0, gain)
            nn.init.zeros_(module.bias)


def _modules_to_draw(module: nn.Module) -> Iterator[nn.Module]:
    """The module and those inside it, outermost first, without pretrained ones."""
    if getattr(module, "pretrained", False):
        return
    yield module
    for child in module.children():
        yield from _modules_to_draw(child)
