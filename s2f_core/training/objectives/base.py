"""The interface of an objective, and the blueprint of its networks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from s2f_core.data.batches import Batch
from s2f_core.data.palette import Palette
from s2f_core.data.selection import Direction
from s2f_core.networks import Discriminator, Generator
from s2f_core.networks.discriminator_base import DiscriminatorNetwork
from s2f_core.networks.unet import UNet
from s2f_core.training.objectives.cuda_graph import CudaGraphs, TrainStep
from s2f_core.training.objectives.players import GeneratorPlayer, Player
from s2f_core.training.recipe import Turn


@dataclass(frozen=True)
class Blueprint:
    """The networks' sections, size and width, and the channels of A and B.

    ``palettes`` are those that a generator draws from that is told one.
    """

    generator: Generator
    discriminator: Discriminator
    size: int
    width: int
    channels: tuple[int, int]
    palettes: tuple[Palette, ...] = ()

    def ends(self, direction: Direction) -> tuple[int, int]:
        """Return the channels in and out of the generator of a direction."""
        a, b = self.channels
        return (a, b) if direction == "a-to-b" else (b, a)

    def make_generator(self, direction: Direction = "a-to-b") -> nn.Module:
        """Build the generator of a direction; raises UserError where the size does not fit."""
        network = self.generator.build(self.size, self.width, *self.ends(direction))
        if isinstance(network, UNet):
            network.set_palettes(self.palettes)
        return network

    def make_discriminator(self, image: int, condition: int = 0) -> DiscriminatorNetwork:
        """Build a discriminator of images with so many channels, and of a condition's before them.

        Raises UserError where the size does not fit.
        """
        return self.discriminator.build(self.size, self.width, condition, image)


class Objective(ABC):
    """Networks that learn from batches, with their losses and optimisers."""

    _graphs: CudaGraphs | None = None

    @property
    @abstractmethod
    def players(self) -> dict[str, Player]:
        """All players by name."""

    @abstractmethod
    def train_step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Update the players whose turn it is on one batch; return named scalars to log."""

    def step(self, batch: Batch, turn: Turn) -> dict[str, Tensor]:
        """Take a :meth:`train_step`, then update the averages of the generators it trained."""
        train_step: TrainStep = self._graphs or self.train_step
        scalars = train_step(batch, turn)
        if turn.generator:
            for player in self._generator_players:
                player.update_average()
        return scalars

    @property
    def capturable(self) -> bool:
        """Whether a step can be a CUDA graph: all of it on the device, on the same tensors."""
        return all(player.capturable for player in self.players.values())

    def use_cuda_graphs(self) -> None:
        """Take steps as CUDA graphs from now on; raises RuntimeError unless on a GPU."""
        for player in self.players.values():
            player.keep_rate_on_device()
        self._graphs = CudaGraphs(self.train_step)

    @property
    def _generator_players(self) -> list[GeneratorPlayer]:
        return [player for player in self.players.values() if isinstance(player, GeneratorPlayer)]

    @property
    def generators(self) -> dict[Direction, nn.Module]:
        """The networks that are validated and saved, by direction."""
        directions: tuple[Direction, ...] = ("a-to-b", "b-to-a")
        networks = [player.inference_network for player in self._generator_players]
        return dict(zip(directions, networks, strict=False))

    @property
    def networks(self) -> dict[str, nn.Module]:
        """The networks that learn, by name."""
        return {name: player.network for name, player in self.players.items()}

    def set_rate_factor(self, factor: float) -> None:
        """Multiply all initial learning rates by a factor."""
        for player in self.players.values():
            player.set_rate_factor(factor)

    def state_dict(self) -> dict[str, Any]:
        """Return all that a resumed training needs."""
        return {name: player.state_dict() for name, player in self.players.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a :meth:`state_dict`."""
        for name, player in self.players.items():
            player.load_state_dict(state[name])
        if self._graphs:
            self._graphs.reset()
