"""A trained model: pictures in, pictures out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import (
    Floats,
    ImageError,
    Pixels,
    from_model,
    to_network_input,
    to_rgb,
)
from s2f_core.data.palette import Palette
from s2f_core.data.sketch.alignment import Aligner, merge_aligned
from s2f_core.data.sketch.normalise import Square, normalise_drawing, to_square
from s2f_core.inference.from_photo import PhotoToInput
from s2f_core.inference.inputs import (
    check_ratio,
    find_aligner,
    noise_planes,
    noise_vectors,
    photo_palette,
    resize_square,
    to_page,
)
from s2f_core.inference.network import Network
from s2f_core.inference.options import OptionKwargs, Options
from s2f_core.inference.pictures import Picture, pixels, to_pil
from s2f_core.networks.generate import BATCH, batches
from s2f_core.networks.mirror import check_mirror
from s2f_core.networks.upscalers.select import upscale


class Model:
    """A trained model, as ``s2f_core.load`` returns it; call it to translate pictures.

    A picture is a PIL image, a path, or an array uint8 [H, W], [H, W, 1], [H, W, 3] or [H, W, 4] of
    any size. Transparent parts become white, or black behind white ink, and the picture a square of
    the model's size. If the model learned from line drawings, a drawing first gets their paper,
    size and line width, and its face the place of the faces in the training photos; poses,
    paintings and flat colours stay as they are.

    ``data`` is the folder of fetched weights and trained upscalers. ``finish`` is applied to all
    outputs [n, s, s, C], for example the upscaler of a registered translation; with ``mirror``,
    every call has that option.
    """

    def __init__(
        self,
        network: Network,
        data: Path,
        finish: Callable[[Pixels], Pixels] | None = None,
        *,
        mirror: bool = False,
    ) -> None:
        self.network, self.data, self.mirror = network, data, mirror
        self.description = network.description
        self._finish = finish

    @cached_property
    def _condition(self) -> PhotoToInput:
        return PhotoToInput(self.description, self.data / "assets")

    @cached_property
    def _aligner(self) -> Aligner | None:
        return find_aligner(self.description, self.data / "assets")

    def __call__(
        self,
        image: Picture | Sequence[Picture] | None = None,
        *,
        samples: int | None = None,
        **options: Unpack[OptionKwargs],
    ) -> Any:
        """Translate a picture, or each of a list; the keywords are the fields of ``Options``.

        Return an array uint8 [H, W, 1 or 3] for an array and a PIL image for any other picture; a
        list for a list. With ``samples=K`` each of these is a list of K. A generator of noise takes
        no picture. Raises UserError if a picture cannot be read or used, an option does not fit the
        model, or weights are missing.
        """
        try:
            call_options = Options(samples=1 if samples is None else samples, **options)
        except TypeError as error:
            raise UserError(f"{error} (known: {', '.join(OptionKwargs.__annotations__)})") from None
        if image is None:
            images = [to_pil(each) for each in self.sample(call_options)]
            return images[0] if samples is None else images
        several = isinstance(image, Sequence) and not isinstance(image, str | bytes)
        pictures: Sequence[Any] = image if several else [image]  # type: ignore[assignment]
        results = []
        for picture, outputs in zip(pictures, self.make(pictures, call_options), strict=True):
            array = isinstance(picture, np.ndarray)
            converted = outputs if array else [to_pil(each) for each in outputs]
            results.append(converted[0] if samples is None else converted)
        return results if several else results[0]

    def sample(self, options: Options) -> list[Pixels]:
        """Return ``options.samples`` images of a generator of noise, each uint8 [s, s, C]."""
        return list(self.iter_samples(options))

    def iter_samples(self, options: Options) -> Iterator[Pixels]:
        """Yield the same as ``sample``, with one batch in memory at a time."""
        if not self.takes_noise:
            raise UserError(f"{self.description.variant} makes images from images: pass one")
        self.check(options)
        inputs = noise_vectors(self.description, options.seed, options.samples)
        for rows in batches(options.samples):
            yield from self._to_pixels(self.network(inputs[rows.start : rows.stop]), options)

    def make(self, pictures: Sequence[Picture], options: Options) -> list[list[Pixels]]:
        """Return ``options.samples`` outputs of each picture, uint8 [H, W, 1 or 3]."""
        squares = []
        for picture in pictures:
            label = str(picture) if isinstance(picture, str | Path) else ""
            try:
                squares.append(self.prepare(pixels(picture), options))
            except ImageError as reason:
                raise UserError(f"{label}: {reason}" if label else str(reason)) from None
            squares[-1].log_notes(label)
        return self.outputs(squares, options)

    def outputs(self, squares: Sequence[Square], options: Options) -> list[list[Pixels]]:
        """Return the same as ``make``, for squares that ``prepare`` returned."""
        self.check(options)
        if not squares:
            return []
        description = self.description
        alignments = [each.alignment for each in squares]
        pages = [each.pixels for each in squares]
        pages += [each.aligned for each in squares if each.aligned is not None]
        inputs = np.concatenate(
            [
                to_network_input(page[None], description.size, description.in_channels)
                for page in pages
            ]
        )
        rounds = []
        for number in range(options.samples):
            images = self._to_pixels(self._run_network(inputs, options, number), options)
            rounds.append(list(merge_aligned(alignments, list(images))))
        return [
            [each.crop(images[row]) if options.cut else images[row] for images in rounds]
            for row, each in enumerate(squares)
        ]

    def prepare(self, image: Pixels, options: Options) -> Square:
        """Turn an image uint8 [H, W, 3] into an input at the size of the training images.

        Return uint8 [s, s, C], where C is 1 or the generator's input channels. Raises ImageError if
        the condition finds nothing in a photo, or one side is over sixteen times the other. Raises
        UserError if the model takes no images, has no condition for photos, or weights are missing.
        """
        description = self.description
        if self.takes_noise:
            raise UserError(
                f"{description.variant} makes images from noise: pass samples, not an image"
            )
        check_ratio(image)
        side = description.drawn_at
        if options.from_photo or description.direction == "b-to-a":
            square = to_square(image, options.fit or "crop")
            page = self._condition(to_rgb(resize_square(square.pixels, side)))
        elif description.lines is not None:
            fit = options.fit or "pad"
            square = normalise_drawing(
                image,
                description.lines,
                side,
                fit=fit,
                pen=options.pen,
                aligner=self._aligner if options.align == "auto" else None,
            )
            page = square.pixels
        else:
            square = to_square(image, options.fit or "pad")
            page = square.pixels
        return replace(square, pixels=to_page(page, side, description.in_channels))

    @property
    def takes_noise(self) -> bool:
        """Whether the generator makes images of noise alone."""
        return self.description.generator.takes == "vector"

    def palette_of(self, photo: Picture) -> Palette:
        """Return the palette of a photo of a face, of any size, for the option ``palette``.

        Raises UserError where the photo cannot be read or shows no face, and where the model is
        told no palette.
        """
        self._check_takes_palette()
        try:
            square = to_square(pixels(photo), "crop")
            page = to_rgb(resize_square(square.pixels, self.description.drawn_at))
            return photo_palette(page, self._aligner)
        except ImageError as reason:
            label = f"{photo}: " if isinstance(photo, str | Path) else ""
            raise UserError(f"{label}no palette can be measured: {reason}") from None

    @property
    def draws_noise(self) -> bool:
        """Whether a picture can have several different outputs."""
        description = self.description
        return self.takes_noise or bool(description.palettes or noise_planes(description))

    def check(self, options: Options) -> None:
        """Raise UserError for options that this model does not support.

        These are several samples of an image by a generator that draws no noise, or of one palette,
        a palette for a generator that takes none, and ``mirror`` as :func:`.check_mirror` says.
        """
        name, draws_noise = self.description.variant, self.draws_noise
        if options.palette is not None:
            self._check_takes_palette()
            draws_noise = bool(noise_planes(self.description))
        if options.samples > 1 and not draws_noise:
            raise UserError(
                f"{name} draws no noise, so all {options.samples} samples of an image would be "
                "one: leave samples at 1" + (" or palette out" if options.palette else "")
            )
        if options.mirror:
            check_mirror(self.description)

    def _check_takes_palette(self) -> None:
        if not self.description.palettes:
            raise UserError(
                f"{self.description.variant} is told no palette: leave it out, or train with "
                "generator.palette"
            )

    def _run_network(self, inputs: Floats, options: Options, number: int) -> Floats:
        """Run inputs one by one if the generator draws noise: outputs must be independent."""
        seed, mirror = options.seed + number, options.mirror or self.mirror
        step = 1 if self.draws_noise else BATCH
        parts = [inputs[first : first + step] for first in range(0, len(inputs), step)]
        return np.concatenate(
            [
                self.network(part, seed=seed, mirror=mirror, palette=options.palette)
                for part in parts
            ]
        )

    def _to_pixels(self, outputs_float: Floats, options: Options) -> Pixels:
        if not np.isfinite(outputs_float).all():
            raise UserError(
                f"{self.description.variant} gives numbers that are not finite: its weights are "
                "damaged, or its training has diverged"
            )
        outputs = from_model(torch.from_numpy(outputs_float))
        if self._finish is not None:
            outputs = self._finish(outputs)
        if options.upscale is not None:
            outputs = upscale(outputs, options.upscale, options.upscaler, self.data)
        return outputs
