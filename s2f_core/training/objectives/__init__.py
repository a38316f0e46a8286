"""Objectives: the losses and updates of a training step. The union is their registry."""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from s2f_core.training.objectives.base import Blueprint, Objective
from s2f_core.training.objectives.cyclegan import CycleGANSection
from s2f_core.training.objectives.pix2pix import Pix2PixSection
from s2f_core.training.objectives.unconditional import UnconditionalSection

__all__ = ["UNPAIRED", "Blueprint", "Objective", "ObjectiveSection"]

ObjectiveSection = Annotated[
    Pix2PixSection | CycleGANSection | UnconditionalSection, Field(discriminator="type")
]

UNPAIRED = tuple(  # the types that learn without pairs
    name
    for section in get_args(get_args(ObjectiveSection)[0])
    if not section.paired
    for name in get_args(section.model_fields["type"].annotation)
)
