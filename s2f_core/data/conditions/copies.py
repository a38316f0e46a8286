"""The base of conditions that make several random inputs from one photo."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Self

import numpy as np
from pydantic import Field

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.common.seeding import Seed, stream
from s2f_core.data.conditions.per_photo import PhotoCondition


class Copies(PhotoCondition):
    """A random condition with ``copies`` inputs of each photo.

    An input depends on the seed, the photo's pixels and the number of its copy alone.
    """

    copies: int = Field(
        1, ge=1, le=32, description="Inputs of each photo; a training draws one of them at random."
    )
    seed: Seed = Field(0, description="Seed of all random choices.")

    def single(self) -> Self:
        """The same condition with the first copy alone."""
        return self.model_copy(update={"copies": 1})

    def streams(self, photo: Pixels) -> Iterator[np.random.Generator]:
        """The random numbers of each copy of a photo uint8 [H, W, 1 or 3]."""
        key = int.from_bytes(hashlib.sha256(to_rgb(photo).tobytes()).digest()[:8], "little")
        return (stream(self.seed, key, copy) for copy in range(self.copies))


def collate(inputs: list[Pixels]) -> Pixels:
    """Inputs of one photo, uint8 [H, W, C] each, as [K, H, W, C]; a single one as it is."""
    return inputs[0] if len(inputs) == 1 else np.stack(inputs)
