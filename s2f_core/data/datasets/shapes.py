"""Strips: sketch and photo in one picture, told from photos by shapes and colours."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import ExifTags, Image

from s2f_core.common.images import ImageError, Pixels, decode
from s2f_core.data.datasets.files import SourceFiles

log = logging.getLogger(__name__)

START_BYTES = 2**16  # of a file; most have their size in there
SAMPLE_SIZE = 16  # images that are decoded to compare their halves
HEADER_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")  # Pillow's own
TURNED = {5, 6, 7, 8}  # EXIF orientations that exchange width and height
NEARLY = 0.02  # of the width
GREY = 24  # largest difference of a grey pixel's channels; JPEG adds some
COLOURED_SHARE = 0.1  # of the pixels of a photo, at least
GREY_SHARE = 0.01  # of the pixels of a sketch that may be coloured
LINES = 8  # least standard deviation of a sketch's levels, of 255
MOST = 0.9  # share of the pictures whose halves must be alike

Size = tuple[int, int]  # width and height, in pixels


@dataclass(frozen=True)
class Shapes:
    """The sizes of the pictures that can be read, by name."""

    sizes: Mapping[str, Size]

    @classmethod
    def of(cls, files: SourceFiles, names: Sequence[str]) -> Shapes:
        """Read the sizes of all pictures, from the starts of their files."""
        return cls({name: size for name in names if (size := read_size(files, name))})

    @cached_property
    def wide(self) -> int:
        """How many are twice as wide as high."""
        return sum(width == 2 * height for width, height in self.sizes.values())

    @cached_property
    def nearly_wide(self) -> int:
        """How many are twice as wide as high, or up to 2 % more or less."""
        return sum(abs(wide - 2 * high) <= NEARLY * wide for wide, high in self.sizes.values())

    @cached_property
    def high(self) -> int:
        """How many are twice as high as wide."""
        return sum(height == 2 * width for width, height in self.sizes.values())

    @property
    def common_size(self) -> Size | None:
        """The size that all pictures have."""
        sizes = set(self.sizes.values())
        return sizes.pop() if len(sizes) == 1 else None


def read_size(files: SourceFiles, name: str) -> Size | None:
    """Return the size of an upright picture; None if it cannot be read.

    Most files say it at their start; others are decoded.
    """
    try:
        start = io.BytesIO(files.read_start(name, START_BYTES))
        with Image.open(start, formats=HEADER_FORMATS) as image:
            turned = image.getexif().get(ExifTags.Base.Orientation) in TURNED
            return image.size[::-1] if turned else image.size
    except ImageError:
        return None
    except Exception as error:  # Pillow's readers raise many kinds for a cut or broken file
        log.debug("%s: decoded for its size: %s", name, error)
    try:
        height, width = decode(files.read(name)).shape[:2]
    except ImageError:
        return None
    return width, height


def drawn_half(files: SourceFiles, names: Sequence[str]) -> str | None:
    """Return the half that is a drawing beside a photo: left, right, top or bottom; else None.

    In a sample, nine of ten pictures must have lines but no colour in that half, and colour in the
    other. Halves are left and right where a picture is wider than high.
    """
    sample = np.unique(np.linspace(0, len(names) - 1, SAMPLE_SIZE).astype(int))
    halves = []
    for index in sample:
        try:
            halves.append(_drawn_half(decode(files.read(names[index]))))
        except ImageError:
            continue
    half, count = Counter(halves).most_common(1)[0] if halves else (None, 0)
    return half if count >= MOST * len(halves) else None


def _drawn_half(image: Pixels) -> str | None:
    names = ("left", "right")
    if image.shape[0] > image.shape[1]:
        names, image = ("top", "bottom"), image.swapaxes(0, 1)
    width = image.shape[1]
    halves = image[:, : width // 2 - width // 16], image[:, width // 2 + width // 16 :]
    shares = [
        float((half.max(axis=2).astype(int) - half.min(axis=2) > GREY).mean()) for half in halves
    ]
    for sketch, photo in ((0, 1), (1, 0)):
        is_drawing = shares[sketch] <= GREY_SHARE and halves[sketch].std() >= LINES
        if is_drawing and shares[photo] >= COLOURED_SHARE:
            return names[sketch]
    return None


@dataclass(frozen=True)
class StripShape:
    """Strips of two halves side by side, or ``stacked``; ``square`` halves or any equal ones."""

    stacked: bool
    square: bool

    def problem(self, size: Size) -> str:
        """Why a picture of this size is no strip; empty if it is one."""
        one, other = ("height", "width") if self.stacked else ("width", "height")
        along, across = reversed(size) if self.stacked else size
        if self.square and along != 2 * across:
            return f"{size[0]}x{size[1]}, the {one} must be twice the {other}"
        return f"{size[0]}x{size[1]}, the {one} must be even" if along % 2 else ""

    def halve(self, image: Pixels) -> tuple[Pixels, Pixels]:
        """Return the left and right half of a strip, or the upper and lower of a stacked one."""
        height, width = image.shape[:2]
        if problem := self.problem((width, height)):
            raise ImageError("not a strip", problem)
        if self.stacked:
            return image[: height // 2], image[height // 2 :]
        return image[:, : width // 2], image[:, width // 2 :]


@dataclass(frozen=True)
class StripHalves:
    """The first (0) or second (1) halves of strips."""

    files: SourceFiles
    names: tuple[str, ...]
    half: int
    shape: StripShape
    crop: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if the file is not a strip."""
        name = self.names[row]
        halves = self.shape.halve(decode(self.files.read(name)))
        return self.crop(halves[self.half], name)
