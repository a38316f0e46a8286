"""The base of conditions that are formulas and need no assets."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.per_photo import PhotoCondition


class FormulaCondition(PhotoCondition):
    """A condition that is a formula of the photo."""

    @abstractmethod
    def apply(self, photo: Pixels) -> Pixels:
        """The input made from a photo uint8 [H, W, 1 or 3]."""

    def load(self, assets: Path) -> Callable[[Pixels], Pixels]:
        """Return ``apply``, which needs no assets."""
        del assets
        return self.apply
