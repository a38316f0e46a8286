"""What an objective is given to build its networks from."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from s2f_core.data.selection import Direction
from s2f_core.networks import Discriminator, Generator


@dataclass(frozen=True)
class Blueprint:
    """The sections of the networks, and what they are built to; ``channels`` of A and of B."""

    generator: Generator
    discriminator: Discriminator
    size: int
    width: int
    channels: tuple[int, int]

    def ends(self, direction: Direction) -> tuple[int, int]:
        """Channels in and out of the generator of a direction."""
        a, b = self.channels
        return (a, b) if direction == "a-to-b" else (b, a)

    def make_generator(self, direction: Direction = "a-to-b") -> nn.Module:
        """The generator of a direction; raises UserError where the size does not fit."""
        return self.generator.build(self.size, self.width, *self.ends(direction))

    def make_discriminator(self, channels: int) -> nn.Module:
        """A discriminator of so many channels; raises UserError where the size does not fit."""
        return self.discriminator.build(self.size, self.width, channels)
