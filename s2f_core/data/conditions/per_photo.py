"""The base of conditions that are made from one photo."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.data.tables import Domain, Table


class PhotoCondition(Section):
    """A condition that is a function of one photo. ``ASSETS`` names the assets that it can need."""

    ASSETS: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def load(self, assets: Path) -> Callable[[Pixels], Pixels]:
        """The function from photo to input, which can be pickled.

        A condition that makes K inputs of a photo returns uint8 [K, H, W, C].
        ``assets`` is the folder of fetched weights; the first call of the function reads them.
        """

    def single(self) -> PhotoCondition:
        """The condition of the first input alone."""
        return self

    def open(self, photos: Table, assets: Path) -> Domain:
        """The rows of the photos, and the function that makes their inputs."""
        return Domain(photos.accepted, PhotoConverter(photos, self.load(assets)))


@dataclass(frozen=True)
class PhotoConverter:
    """Applies a function to the photo of a row."""

    photos: Table
    apply: Callable[[Pixels], Pixels]

    def __call__(self, row: int) -> Pixels:
        """The input made from a row's photo; raises ImageError if the photo has none."""
        return self.apply(self.photos.image(row))
