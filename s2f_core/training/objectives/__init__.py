"""Objectives: what a training step does. The union is their registry."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from s2f_core.training.objectives.base import Game
from s2f_core.training.objectives.blueprint import Blueprint
from s2f_core.training.objectives.cyclegan import CycleGANSection
from s2f_core.training.objectives.pix2pix import Pix2PixSection
from s2f_core.training.objectives.unconditional import UnconditionalSection

__all__ = ["UNPAIRED", "Blueprint", "Game", "Objective"]

Objective = Annotated[
    Pix2PixSection | CycleGANSection | UnconditionalSection, Field(discriminator="type")
]

UNPAIRED = tuple(  # what learns from images that are no pairs
    name
    for section in get_args(get_args(Objective)[0])
    if not section.paired
    for name in get_args(section.model_fields["type"].annotation)
)
