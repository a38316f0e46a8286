"""What the training loop asks of an objective, and what all of them do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from s2f_core.data import Direction
from s2f_core.gans.players import Generating, Player
from s2f_core.pairs import Batch
from s2f_core.recipe import Turn


class Game(ABC):
    """Players that learn from a batch, in turn."""

    @property
    @abstractmethod
    def players(self) -> dict[str, Player]:
        """All players by name."""

    @abstractmethod
    def step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Train whose turn it is on one batch; named scalars to log."""

    @property
    def generators(self) -> dict[Direction, nn.Module]:
        """The networks that translate, as they are validated and saved."""
        generating = [player for player in self.players.values() if isinstance(player, Generating)]
        directions: tuple[Direction, ...] = ("a-to-b", "b-to-a")
        return {way: player.shown for way, player in zip(directions, generating, strict=False)}

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks that learn, by name."""
        return {name: player.network for name, player in self.players.items()}

    def set_rate(self, factor: float) -> None:
        """Multiply all initial learning rates by a factor."""
        for player in self.players.values():
            player.set_rate(factor)

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed training needs."""
        return {name: player.state_dict() for name, player in self.players.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave."""
        for name, player in self.players.items():
            player.load_state_dict(state[name])
