"""Run a generator over batches: in eval mode, seeded, with every random state restored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from s2f_core.common.images import Floats, Pixels, from_model
from s2f_core.networks.mirror import mirror_mean

BATCH = 16

Array = TypeVar("Array", Pixels, Floats)


def batches(count: int) -> list[range]:
    """Split the rows 0 to ``count`` into ranges of at most sixteen."""
    return [range(first, min(first + BATCH, count)) for first in range(0, count, BATCH)]


def generate(
    generator: nn.Module, inputs: Iterable[Tensor], seed: int = 0, *, mirror: bool = False
) -> Pixels:
    """Return the outputs for batches [b, C, H, W] in [-1, 1] as uint8 [n, H, W, C'].

    Each batch is moved to the generator's device. Some generators draw noise: torch is seeded once,
    before the first batch. Afterwards torch's random state and the generator's mode are as before.
    ``mirror`` returns the :func:`.mirror.mirror_mean`.
    """
    return _run(generator, inputs, seed, from_model, mirror=mirror)


def generate_floats(
    generator: nn.Module,
    inputs: Iterable[Tensor],
    seed: int = 0,
    *,
    mirror: bool = False,
    palette: Tensor | None = None,
) -> Floats:
    """As :func:`generate`, but return float32 [n, C', H, W], not clipped.

    ``palette`` [1, 12] is for a U-Net that is told one.
    """
    device = next(generator.parameters()).device
    told = {} if palette is None else {"palette": palette.to(device)}
    return _run(generator, inputs, seed, _to_floats, mirror=mirror, **told)


def _run(
    generator: nn.Module,
    inputs: Iterable[Tensor],
    seed: int,
    convert: Callable[[Tensor], Array],
    *,
    mirror: bool,
    **told: Tensor,
) -> Array:
    run: Callable[[Tensor], Tensor] = partial(generator, **told)
    if mirror:
        run = partial(mirror_mean, run)
    device = next(generator.parameters()).device
    training = generator.training
    generator.eval()
    try:
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            torch.inference_mode(),
        ):
            torch.manual_seed(seed)
            return np.concatenate([convert(run(batch.to(device))) for batch in inputs])
    finally:
        generator.train(training)


def _to_floats(outputs: Tensor) -> Floats:
    floats: Floats = outputs.float().cpu().numpy()
    return floats
