"""What conditions share that look at one photo after the other."""

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
    """A condition that is a function of the photo.

    ``ASSETS`` names what it has to be fetched for it.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def load(self, assets: Path) -> Callable[[Pixels], Pixels]:
        """The function, which can be pickled; ``assets`` is the folder of fetched weights."""

    def open(self, photos: Table, assets: Path) -> Domain:
        """The rows of the photos, and what makes the condition of each."""
        return Domain(photos.accepted, PhotoConverter(photos, self.load(assets)))


@dataclass(frozen=True)
class PhotoConverter:
    """A function applied to the photo of a row."""

    photos: Table
    apply: Callable[[Pixels], Pixels]

    def __call__(self, row: int) -> Pixels:
        """The condition of a row's photo; raises ImageError where there is none."""
        return self.apply(self.photos.image(row))
