"""The interface of matting models: a photo becomes an alpha matte."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.images import Pixels
from s2f_core.data.background.fill import Colour, Fill

Matting = Callable[[Pixels], Pixels]  # a photo uint8 [H, W, 3] to its alpha uint8 [H, W, 1]


class MattingModel(Section):
    """Keys of every matting model: ``background:``."""

    feather: float = Field(
        0,
        ge=0,
        le=50,
        description="Standard deviation in pixels of the blur that softens the subject's edge.",
    )
    fill: Fill = Field(
        Colour(), description="The new background: a colour, or the old one blurred."
    )

    @abstractmethod
    def open(self, asset: Path) -> Matting:
        """The model, which can be pickled; its first call reads the weights in ``asset``."""
