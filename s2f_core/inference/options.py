"""What can be chosen when a model is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, get_args

from s2f_core.common.errors import UserError
from s2f_core.data.sketch.normalise import Fit
from s2f_core.networks.upscalers.select import Factor, UpscalerChoice


class OptionKwargs(TypedDict, total=False):
    """The options of a call by keyword; see :class:`Options`."""

    seed: int
    from_photo: bool
    upscale: Factor | None
    upscaler: UpscalerChoice
    fit: Fit | None
    pen: bool
    cut: bool


@dataclass(frozen=True)
class Options:
    """How pictures are taken and given back.

    ``from_photo``: the background is removed and the condition made as for the training images.
    ``fit``: how what is oblong becomes a square, see
    :func:`s2f_core.data.sketch.normalise.square`; by default a drawing is padded and a photo
    cropped. ``cut``: the output of a padded one is cut to what the input
    covers. ``pen``: lines become as wide as those learned from. ``upscale`` ×2 or ×4 by
    ``upscaler``, see :mod:`s2f_core.networks.upscalers.select`. ``samples`` of each input, the
    first with ``seed``, the next with the number after it; a generator that draws no noise has one.
    """

    seed: int = 0
    samples: int = 1
    from_photo: bool = False
    upscale: Factor | None = None
    upscaler: UpscalerChoice = "auto"
    fit: Fit | None = None
    pen: bool = True
    cut: bool = True

    def __post_init__(self) -> None:
        """Raise UserError for a value that is not possible."""
        allowed = {
            "upscale": (None, 2, 4),
            "upscaler": get_args(UpscalerChoice),
            "fit": (None, *get_args(Fit)),
        }
        values = {"upscale": self.upscale, "upscaler": self.upscaler, "fit": self.fit}
        for name, value in values.items():
            if value not in allowed[name]:
                known = ", ".join(str(each) for each in allowed[name] if each is not None)
                raise UserError(f"{name}: {value!r} is not possible (allowed: {known})")
        if self.samples < 1 or self.seed < 0:
            raise UserError(
                f"samples: {self.samples} and seed: {self.seed} are not possible (allowed: 1 and "
                "more, 0 and more)"
            )
