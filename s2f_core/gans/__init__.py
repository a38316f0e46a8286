"""Objectives: what a training step does. The union is their registry.

A GAN has a ``generator``, a ``step`` and a state; the training loop knows nothing else of it.
"""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor, nn

from s2f_core.gans.pix2pix import Pix2PixSection
from s2f_core.pairs import Batch

Objective = Pix2PixSection


class Gan(Protocol):
    """What the training loop asks of an objective."""

    @property
    def generator(self) -> nn.Module:
        """The network that translates A to B."""

    @property
    def networks(self) -> dict[str, nn.Module]:
        """All networks by name, the generator among them."""

    def set_rate(self, factor: float) -> None:
        """Multiply the initial learning rates by a factor."""

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Train on one batch; named scalars to log."""

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed training needs."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what ``state_dict`` gave."""
