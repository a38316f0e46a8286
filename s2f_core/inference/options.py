"""Options of a call of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict, get_args

from s2f_core.common.errors import UserError
from s2f_core.data.palette import Palette, check_palette
from s2f_core.data.sketch.normalise import Fit
from s2f_core.networks.upscalers.select import Factor, UpscalerChoice

Align = Literal["auto", "off"]

MAX_SAMPLES = 10_000
MAX_SEED = 2**63 - 1  # the seeds of further samples fit into PyTorch's 64 bits too


class OptionKwargs(TypedDict, total=False):
    """The options as keyword arguments; see :class:`Options`."""

    seed: int
    from_photo: bool
    mirror: bool
    upscale: Factor | None
    upscaler: UpscalerChoice
    fit: Fit | None
    align: Align
    palette: Palette | None
    pen: bool
    cut: bool


@dataclass(frozen=True)
class Options:
    """Options of a call of a model.

    Attributes:
        seed: Seed of the noise of the first sample; each next sample adds one.
        samples: Outputs of each input; more than one needs a generator that draws noise.
        from_photo: The input is a photo: its background is removed and the condition applied, as
            for the training images.
        mirror: Average the output with that of the mirrored input, mirrored back. Takes twice as
            long. For models that take images and were trained with ``flip``.
        upscale: Enlarge outputs to 2 or 4 times the model's size.
        upscaler: The upscaler; ``auto`` is the best one whose weights are there.
        fit: How an oblong picture becomes a square: ``pad`` adds paper, ``crop`` cuts out the
            middle, ``stretch`` changes the proportions. By default a drawing is padded and a photo
            cropped.
        align: ``auto``: move, turn and scale a drawing's face to where the training had its faces,
            and undo it after. For models of drawings that were trained on aligned faces; a drawing
            without a face goes in as it is. ``off``: all do.
        palette: The colours of background, hair, skin and clothes, each as ``#rrggbb``, with commas
            between them, for a generator that is told them; :meth:`.Model.palette_of` gives those
            of a photo. By default they are those of a training photo: the seed is its number.
        pen: Give lines the width of the lines in the training drawings.
        cut: Cut the output of a padded picture to the part that the picture covers.
    """

    seed: int = 0
    samples: int = 1
    from_photo: bool = False
    mirror: bool = False
    upscale: Factor | None = None
    upscaler: UpscalerChoice = "auto"
    fit: Fit | None = None
    align: Align = "auto"
    palette: Palette | None = None
    pen: bool = True
    cut: bool = True

    def __post_init__(self) -> None:
        """Raise UserError for a value that is not possible."""
        allowed = {
            "upscale": (None, 2, 4),
            "upscaler": get_args(UpscalerChoice),
            "fit": (None, *get_args(Fit)),
            "align": get_args(Align),
        }
        for name, values in allowed.items():
            if (value := getattr(self, name)) not in values:
                known = ", ".join(str(each) for each in values if each is not None)
                raise UserError(f"{name}: {value!r} is not possible (allowed: {known})")
        if self.palette is not None:
            try:
                check_palette(self.palette)
            except ValueError as error:
                raise UserError(f"palette: {error}") from None
        for name, number, least, most in (
            ("samples", self.samples, 1, MAX_SAMPLES),
            ("seed", self.seed, 0, MAX_SEED),
        ):
            if not least <= number <= most:
                raise UserError(f"{name}: {number} is not possible (allowed: {least} to {most})")
