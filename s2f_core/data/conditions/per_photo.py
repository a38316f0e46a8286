"""The base of conditions that make one input from one photo."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.data.tables import Domain, Table


class PhotoCondition(Section):
    """A condition that is a function of one photo. ``ASSETS`` names the assets that it needs."""

    ASSETS: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def load(self, assets: Path) -> Callable[[Pixels], Pixels]:
        """The function from photo to input, which can be pickled.

        ``assets`` is the folder of fetched weights; the first call of the function reads them.
        """

    def single(self) -> Self:
        """The same condition with one input of each photo."""
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
