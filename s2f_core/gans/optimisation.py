"""Small pieces of every objective's step."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


def scale_rates(optimizers: Iterable[Optimizer], factor: float) -> None:
    """Set every learning rate to ``factor`` times its initial value."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group.setdefault("initial_lr", group["lr"]) * factor


def gradient_norm(network: nn.Module) -> Tensor:
    """L2 norm of all gradients of a network, a scalar."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return torch.nn.utils.get_total_norm(gradients)
