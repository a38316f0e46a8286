"""Several conditions of each photo, of which a training sees one at random in every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.drawing import Drawing
from s2f_core.data.conditions.edges import Edges
from s2f_core.data.conditions.gray import Gray
from s2f_core.data.conditions.hed import Hed
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.conditions.per_photo import PhotoCondition
from s2f_core.data.conditions.shaded import Shaded
from s2f_core.data.conditions.xdog import XDoG

Part = Annotated[Drawing | Shaded | Pencil | XDoG | Hed | Edges | Gray, Field(discriminator="type")]


class Mixture(PhotoCondition):
    """Several kinds of sketches of each photo: ``{type: mixture, of: [{type: drawing}, …]}``.

    A training draws one of them at random for each image of each step, so that one model learns to
    read all of them; ``copies`` of a part makes it as many times as likely. All else sees the first
    copy of the first part: validations, scores, and models that draw a photo first. Two parts of
    one type need a ``seed`` each, or they draw alike.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("mediapipe", "selfie", "hed")

    type: Literal["mixture"]
    of: tuple[Part, ...] = Field(min_length=1, description="Conditions of one channel.")

    def load(self, assets: Path) -> Callable[[Pixels], Pixels]:
        """The function from a photo to all its sketches."""
        return Mixer(tuple(part.load(assets) for part in self.of))

    def single(self) -> PhotoCondition:
        """The condition of the first input of the first part."""
        return self.of[0].single()


@dataclass(frozen=True)
class Mixer:
    """Makes the sketches of all parts."""

    parts: tuple[Callable[[Pixels], Pixels], ...]

    def __call__(self, photo: Pixels) -> Pixels:
        """The sketches of a photo uint8 [H, W, 1 or 3]: uint8 [K, H, W, 1], part by part.

        Raises ImageError if a part finds nothing in the photo.
        """
        made = [part(photo) for part in self.parts]
        return np.concatenate([each if each.ndim == 4 else each[None] for each in made])
