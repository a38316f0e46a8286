"""Objectives as pure functions on tensors. Each returns a scalar."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def bce(logits: Tensor, real: bool) -> Tensor:
    """Mean binary cross-entropy of logits of any shape against "all real" or "all generated".

    ``bce(D(fake), real=True)`` is the generator's non-saturating loss, -log σ(D(fake))
    (Goodfellow et al. 2014, section 3).
    """
    return F.softplus(-logits if real else logits).mean()


def l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of two tensors of one shape (Isola et al. 2017, eq. 3)."""
    return (output - target).abs().mean()
