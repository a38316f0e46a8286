"""The photo in grey, which a generator then learns to colour."""

from __future__ import annotations

from typing import Literal

from s2f_core.common.images import Pixels, luma
from s2f_core.data.conditions.formula import FormulaCondition


class Gray(FormulaCondition):
    """The photo's luma (ITU-R BT.601): ``{type: gray}``."""

    type: Literal["gray"]

    def apply(self, photo: Pixels) -> Pixels:
        """Grey of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1]."""
        return luma(photo)[..., None]
