"""What the training loop asks of an objective, and what all of them do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from s2f_core.data.batches import Batch
from s2f_core.data.selection import Direction
from s2f_core.training.objectives.cuda_graph import Graphs, Play
from s2f_core.training.objectives.players import Generating, Player
from s2f_core.training.recipe import Turn


class Game(ABC):
    """Players that learn from a batch, in turn."""

    _graphs: Graphs | None = None

    @property
    @abstractmethod
    def players(self) -> dict[str, Player]:
        """All players by name."""

    @abstractmethod
    def play(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Train whose turn it is on one batch; named scalars to log."""

    def step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """What :meth:`play` does; then the averages of the weights that it trained follow."""
        play: Play = self._graphs or self.play
        found = play(batch, turn)
        if turn.generator:
            for player in self._generating:
                player.follow()
        return found

    @property
    def recordable(self) -> bool:
        """Whether all that a step does happens on the device, from the same tensors each time."""
        return all(player.recordable for player in self.players.values())

    def record(self) -> None:
        """From now on take steps as CUDA graphs; raises RuntimeError unless on a GPU."""
        for player in self.players.values():
            player.keep_on_device()
        self._graphs = Graphs(self.play)

    @property
    def _generating(self) -> list[Generating]:
        return [player for player in self.players.values() if isinstance(player, Generating)]

    @property
    def generators(self) -> dict[Direction, nn.Module]:
        """The networks that translate, as they are validated and saved."""
        directions: tuple[Direction, ...] = ("a-to-b", "b-to-a")
        shown = [player.shown for player in self._generating]
        return dict(zip(directions, shown, strict=False))

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
        if self._graphs:
            self._graphs.forget()
