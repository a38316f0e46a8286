"""A generator's input made of one photo, as the data stages make those of a table."""

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


class Conditioning:
    """The background removed where it was for a generator, then its condition.

    Both by the sections that the model file tells; where it tells none, being older or imported, a
    condition that is called what its type is has the type's defaults. ``assets`` is the folder of
    fetched weights, which are read at the first call.
    """

    def __init__(self, description: Description, assets: Path) -> None:
        self.description, self.assets = description, assets

    def __call__(self, photo: Pixels) -> Pixels:
        """The input of a photo uint8 [s, s, 3]: uint8 [s, s, C].

        Raises ImageError where the photo has no subject or not what the condition looks for, and
        UserError where no photo becomes such an input, or weights are missing.
        """
        if self.description.background == "removed":
            photo = self._removed(photo)
        return photo if self.description.direction == "b-to-a" else self._condition(photo)

    @cached_property
    def _condition(self) -> Callable[[Pixels], Pixels]:
        told = self.description
        section = self._section(Condition, told.drawing or {"type": told.condition}, "condition")
        if isinstance(section, Noise) or not isinstance(section, PhotoCondition):
            raise UserError(
                f"{told.variant}: its inputs, '{told.condition}', were not made of photos; give "
                "it drawings, without from_photo"
            )
        return section.load(self.assets)

    @cached_property
    def _removed(self) -> Callable[[Pixels], Pixels]:
        told = self.description.matting or {"model": "u2netp"}
        section = self._section(Background, told, "background")
        model = section.open(self.assets / section.model)
        return lambda photo: remove_from_photo(photo, section, model)

    def _section(self, union: Any, told: dict[str, Any], what: str) -> Any:
        try:
            return TypeAdapter(union).validate_python(told)
        except ValidationError:
            raise UserError(
                f"{self.description.variant}: its file does not say how the {what} of its images "
                f"was made (it says {told}): give it drawings, without from_photo"
            ) from None
