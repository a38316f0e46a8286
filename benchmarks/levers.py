"""What may make a step faster, each a context that a step is taken in; most are not in the product.

docs/performance.md says which ones are, and what the others gained or lost.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from s2f_core.data.batches import Batch
from s2f_core.networks import convolutions
from s2f_core.training.objectives import Game, losses
from s2f_core.training.objectives.discriminator import Critic
from s2f_core.training.objectives.pix2pix import Pix2Pix
from s2f_core.training.objectives.players import Scalars
from s2f_core.training.recipe import Turn

Lever = Callable[[Game], AbstractContextManager[None]]
DEEP = 64  # positions of a batch up to which a layer counts as deep


@contextmanager
def changed(owner: Any, **values: object) -> Iterator[None]:
    """Attributes of a module or class as given."""
    kept = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(owner, name, value)


def plain(_: Game) -> AbstractContextManager[None]:
    """Every convolution as PyTorch computes it, ``up: nearest`` in its two operations."""
    return changed(convolutions, FEW=0.0, LARGE=sys.maxsize)


def no_products(_: Game) -> AbstractContextManager[None]:
    """No convolution as a matrix product."""
    return changed(convolutions, FEW=0.0)


def apart(_: Game) -> AbstractContextManager[None]:
    """``up: nearest`` in its two operations."""
    return changed(convolutions, LARGE=sys.maxsize)


def deep_float32(_: Game) -> AbstractContextManager[None]:
    """Products on few positions in float32, their weights not cast."""
    linear = functional.linear

    def exact(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if len(x) > DEEP:
            return linear(x, weight, bias)
        with torch.autocast(x.device.type, enabled=False):
            return linear(x.float(), weight, bias)

    return changed(functional, linear=exact)


def adam(**way: bool) -> Lever:
    """Adam by another of PyTorch's implementations: ``fused``, ``foreach``; neither is a loop."""

    @contextmanager
    def within(game: Game) -> Iterator[None]:
        groups = [g for player in game.players.values() for g in player.optimizer.param_groups]
        kept = [dict(group) for group in groups]
        for group in groups:
            group.update({"fused": False, "foreach": False, **way})
        try:
            yield
        finally:
            for group, old in zip(groups, kept, strict=True):
                group.update({name: old[name] for name in ("fused", "foreach")})

    return within


def judged_together(_: Game) -> AbstractContextManager[None]:
    """D's step on real and generated images in one pass; not for batch norm, which would differ."""

    def loss(
        self: Critic, real: Tensor, fake: Tensor, noise: float, scalars: Scalars
    ) -> tuple[Tensor, list[Tensor], list[Tensor]]:
        both = [found.chunk(2) for found in self.features(torch.cat([real, fake]), noise)]
        logits = both[-1]
        d_real, d_fake = losses.discriminator_losses("vanilla", logits[0], logits[1])
        shown = [torch.sigmoid(each.detach()).mean() for each in logits]
        scalars.add(d_real=d_real, d_fake=d_fake, d_out_real=shown[0], d_out_fake=shown[1])
        return d_real + d_fake, [found for found, _ in both], [found for _, found in both]

    return changed(Critic, loss=loss)


def generated_twice(_: Game) -> AbstractContextManager[None]:
    """A pass of G for D's step and another for its own, in place of one for both."""

    def play(self: Pix2Pix, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        seen = self._seen(batch, batch.b), self._seen(batch, self._constant(batch))
        found = self.critic.learn([seen], 1, turn.noise)
        return found | self._generate([batch], [self.generator(batch.a)], turn)

    return changed(Pix2Pix, play=play)


def updated_at_once(_: Game) -> AbstractContextManager[None]:
    """``updates: simultaneous`` where a variant has alternating ones."""
    return changed(Pix2Pix, play=lambda self, batch, turn: self._play_at_once([batch], turn))


@contextmanager
def one_thread(_: Game) -> Iterator[None]:
    """The processor's first core alone computes."""
    kept = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(kept)
