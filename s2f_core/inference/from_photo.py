"""Compute a generator's input from one photo, as the data stages do for a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.background import Background
from s2f_core.data.background.remove import remove_from_photo
from s2f_core.data.conditions import Condition
from s2f_core.data.conditions.noise import Noise
from s2f_core.data.conditions.per_photo import PhotoCondition
from s2f_core.networks.checkpoint import Description


class PhotoToInput:
    """Remove the background if the training did, then compute the condition.

    The sections of both are in the model file. Older and imported files have none; then a condition
    that has the name of a type uses that type's defaults. ``assets`` is the folder of fetched
    weights, which are read at the first call.
    """

    def __init__(self, description: Description, assets: Path) -> None:
        self.description, self.assets = description, assets

    def __call__(self, photo: Pixels) -> Pixels:
        """Return the input uint8 [s, s, C] of a photo uint8 [s, s, 3].

        Raises ImageError where the photo shows no subject that the condition needs, and UserError
        where the model's inputs are not computed from photos, or weights are missing.
        """
        if self.description.background == "removed":
            photo = self._remove_background(photo)
        return photo if self.description.direction == "b-to-a" else self._condition(photo)

    @cached_property
    def _condition(self) -> Callable[[Pixels], Pixels]:
        description = self.description
        values = description.drawing or {"type": description.condition}
        section = self._section(Condition, values, "condition")
        if isinstance(section, Noise) or not isinstance(section, PhotoCondition):
            raise UserError(
                f"{description.variant}: its inputs, '{description.condition}', were not made of "
                "photos; give it drawings, without from_photo"
            )
        return section.single().load(self.assets)

    @cached_property
    def _remove_background(self) -> Callable[[Pixels], Pixels]:
        values = self.description.matting or {"model": "u2netp"}
        section = self._section(Background, values, "background")
        model = section.open(self.assets / section.model)
        return lambda photo: remove_from_photo(photo, section, model)

    def _section(self, union: Any, values: dict[str, Any], part: str) -> Any:
        try:
            return TypeAdapter(union).validate_python(values)
        except ValidationError:
            raise UserError(
                f"{self.description.variant}: its file does not say how the {part} of its images "
                f"was made (it says {values}): give it drawings, without from_photo"
            ) from None
