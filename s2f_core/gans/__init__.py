"""Objectives: what a training step does. The union is their registry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from s2f_core.gans.blueprint import Blueprint, Direction
from s2f_core.gans.cyclegan import CycleGANSection
from s2f_core.gans.game import Game
from s2f_core.gans.pix2pix import Pix2PixSection
from s2f_core.gans.unconditional import UnconditionalSection

__all__ = ["Blueprint", "Direction", "Game", "Objective"]

Objective = Annotated[
    Pix2PixSection | CycleGANSection | UnconditionalSection, Field(discriminator="type")
]
