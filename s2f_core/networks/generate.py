"""A generator at work: tensors in, pixels out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from s2f_core.common.images import Pixels, from_model

BATCH = 16


def batches(count: int) -> list[range]:
    """The rows 0 to ``count`` in ranges of at most sixteen."""
    return [range(first, min(first + BATCH, count)) for first in range(0, count, BATCH)]


def generate(
    generator: Callable[[Tensor], Tensor], inputs: Iterable[Tensor], seed: int = 0
) -> Pixels:
    """What a generator in eval mode makes of batches, uint8 [n, H, W, C].

    Some generators draw noise: torch's seed is set before the first batch, and its state put back.
    """
    with torch.random.fork_rng(devices=[]), torch.inference_mode():
        torch.manual_seed(seed)
        return np.concatenate([from_model(generator(batch)) for batch in inputs])
