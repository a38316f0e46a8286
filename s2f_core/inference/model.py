"""A model to be used: an image in, an image out, whatever is behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Unpack

import numpy as np
import torch
from PIL import Image
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.common.images import (
    Floats,
    ImageError,
    Pixels,
    decode,
    from_model,
    pil_to_rgb,
    to_network_input,
    to_rgb,
)
from s2f_core.data.sketch.normalise import Square, normalise_drawing, to_square
from s2f_core.inference.from_photo import Conditioning
from s2f_core.inference.inputs import noise_vectors, resize_square, to_page
from s2f_core.inference.options import OptionKwargs, Options
from s2f_core.networks.checkpoint import Description
from s2f_core.networks.generate import BATCH, batches, generate_floats
from s2f_core.networks.unet import UNetSection
from s2f_core.networks.upscalers.select import upscale

Picture = Path | str | Image.Image | Pixels


class Network(Protocol):
    """What is behind a model: a checkpoint run by PyTorch, or an exported one by ONNX Runtime."""

    @property
    def description(self) -> Description:
        """What the file says of its generator."""

    def __call__(self, inputs: Floats, *, seed: int = 0) -> Floats:
        """[n, in, H, W] in [-1, 1] to [n, out, H, W]; noise it draws depends on seed and n."""


@dataclass(frozen=True)
class Checkpoint:
    """A generator of a model file, in eval mode."""

    description: Description
    generator: nn.Module

    def __call__(self, inputs: Floats, *, seed: int = 0) -> Floats:
        """See :class:`Network`; torch's own random state is left as it was."""
        return generate_floats(self.generator, [torch.from_numpy(inputs)], seed)


class Model:
    """A generator behind one interface: ``model(image) -> image``.

    A picture is a PIL image, a path, or uint8 [H, W], [H, W, 1], [H, W, 3] or [H, W, 4] of any
    size. It is laid on white where it is transparent, and made a square. Where the generator has
    learned from line drawings, it is brought to their paper, size and pen by
    :func:`s2f_core.data.sketch.normalise.normalise_drawing`; a pose, a painting or flat
    colours are taken as they are. The square is shrunk to the generator's size by areas.

    ``data`` is the root of fetched weights and trained upscalers. ``finish`` is what is always done
    to the outputs [n, s, s, C], such as the upscaler of a registered translation.
    """

    def __init__(
        self, network: Network, data: Path, finish: Callable[[Pixels], Pixels] | None = None
    ) -> None:
        self.network, self.data = network, data
        self.description = network.description
        self._finish = finish
        self._condition = Conditioning(self.description, data / "assets")

    def __call__(
        self,
        image: Picture | Sequence[Picture] | None = None,
        *,
        samples: int | None = None,
        **options: Unpack[OptionKwargs],
    ) -> Any:
        """What the generator makes of an image, or of each of several; see :class:`Options`.

        Of an array an array uint8 [H, W, 1 or 3], of other pictures PIL images. A list of pictures
        gives a list; ``samples=K`` gives K in place of one. A generator of noise takes no image.
        Raises UserError where a picture cannot be read or used, an option does not fit the model,
        or weights are missing.
        """
        try:
            chosen = Options(samples=1 if samples is None else samples, **options)
        except TypeError as error:
            raise UserError(f"{error} (known: {', '.join(OptionKwargs.__annotations__)})") from None
        if image is None:
            found = self.sample(chosen)
            made = [Image.fromarray(_flat(each)) for each in found]
            return made[0] if samples is None else made
        several = isinstance(image, Sequence) and not isinstance(image, str)
        pictures: Sequence[Any] = image if several else [image]  # type: ignore[assignment]
        results = []
        for picture, outputs in zip(pictures, self.make(pictures, chosen), strict=True):
            array = isinstance(picture, np.ndarray)
            shown = outputs if array else [Image.fromarray(_flat(each)) for each in outputs]
            results.append(shown[0] if samples is None else shown)
        return results if several else results[0]

    def sample(self, options: Options) -> list[Pixels]:
        """Outputs of a generator of noise: each uint8 [s, s, C] of the seed and its number."""
        if not self.takes_noise:
            raise UserError(f"{self.description.variant} makes images of images: give it one")
        count = self._count(options)
        inputs = noise_vectors(self.description, options.seed, count)
        parts = [self.network(inputs[rows.start : rows.stop]) for rows in batches(count)]
        return list(self._finished(np.concatenate(parts), options))

    def make(self, pictures: Sequence[Picture], options: Options) -> list[list[Pixels]]:
        """The outputs, uint8 [H, W, 1 or 3], of each picture, ``options.samples`` of them."""
        squares = []
        for picture in pictures:
            try:
                squares.append(self.prepare(pixels(picture), options))
            except ImageError as reason:
                where = f"{picture}: " if isinstance(picture, str | Path) else ""
                raise UserError(f"{where}{reason}") from None
        return self.outputs(squares, options)

    def outputs(self, squares: Sequence[Square], options: Options) -> list[list[Pixels]]:
        """As :meth:`make`, of what :meth:`prepare` gave."""
        count = self._count(options)
        if not squares:
            return []
        told = self.description
        inputs = np.concatenate(
            [to_network_input(each.pixels[None], told.size, told.in_channels) for each in squares]
        )
        rounds = [
            self._finished(self._generated(inputs, options.seed + number), options)
            for number in range(count)
        ]
        return [
            [each.crop(made[row]) if options.cut else made[row] for made in rounds]
            for row, each in enumerate(squares)
        ]

    def prepare(self, image: Pixels, options: Options) -> Square:
        """An image uint8 [H, W, 3] as the generator's input at the size of the tables.

        uint8 [s, s, C], C the generator's or 1. Raises ImageError where nothing is found in a photo
        that its condition shows, and UserError where the model takes no images, no photos become
        its inputs, or weights are missing.
        """
        told = self.description
        if self.takes_noise:
            raise UserError(f"{told.variant} makes images of noise: it takes none, but samples")
        photo = options.from_photo or told.direction == "b-to-a"
        found = to_square(image, options.fit or ("crop" if photo else "pad"))
        side = told.drawn_at
        if photo:
            page = self._condition(to_rgb(resize_square(found.pixels, side)))
        elif told.lines is not None:
            page = normalise_drawing(found.pixels, told.lines, side, pen=options.pen)
        else:
            page = found.pixels
        return Square(to_page(page, side, told.in_channels), found.part)

    @property
    def takes_noise(self) -> bool:
        """Whether the generator makes images of noise alone."""
        return self.description.generator.takes == "vector"

    @property
    def draws_noise(self) -> bool:
        """Whether an image has more than one output."""
        section = self.description.generator
        return self.takes_noise or (isinstance(section, UNetSection) and section.noise != "none")

    def _count(self, options: Options) -> int:
        if options.samples > 1 and not self.draws_noise:
            raise UserError(
                f"{self.description.variant} draws no noise, so all {options.samples} samples of "
                "an image would be one: leave samples at 1"
            )
        return options.samples

    def _generated(self, inputs: Floats, seed: int) -> Floats:
        """One by one where noise is drawn, so that an output does not depend on its neighbours."""
        step = 1 if self.draws_noise else BATCH
        parts = [inputs[first : first + step] for first in range(0, len(inputs), step)]
        return np.concatenate([self.network(part, seed=seed) for part in parts])

    def _finished(self, made: Floats, options: Options) -> Pixels:
        if not np.isfinite(made).all():
            raise UserError(
                f"{self.description.variant} gives numbers that are not finite: its weights are "
                "damaged, or its training has diverged"
            )
        outputs = from_model(torch.from_numpy(made))
        if self._finish is not None:
            outputs = self._finish(outputs)
        if options.upscale is not None:
            outputs = upscale(outputs, options.upscale, options.upscaler, self.data)
        return outputs


def pixels(picture: Picture) -> Pixels:
    """A picture as uint8 [H, W, 3], upright and on white.

    Raises ImageError if a file cannot be decoded, UserError if it cannot be read or an array is not
    a picture.
    """
    if isinstance(picture, Image.Image):
        return pil_to_rgb(picture)
    if isinstance(picture, str | Path):
        try:
            return decode(Path(picture).read_bytes())
        except OSError as error:
            raise UserError(f"{picture} cannot be read: {error.strerror or error}") from None
    image = picture[..., None] if picture.ndim == 2 else picture
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in {1, 3, 4}:
        raise UserError(
            f"an array of {picture.dtype} {list(picture.shape)} is no picture (allowed: uint8 "
            "[H, W], [H, W, 1], [H, W, 3] and [H, W, 4])"
        )
    if not image.size:
        raise UserError(f"an array {list(picture.shape)} has no pixels")
    return pil_to_rgb(Image.fromarray(image)) if image.shape[2] == 4 else to_rgb(image)


def _flat(image: Pixels) -> Pixels:
    """[H, W] of one channel, which is what PIL takes."""
    return image[..., 0] if image.shape[2] == 1 else image
