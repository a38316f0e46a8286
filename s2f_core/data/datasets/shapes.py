"""Strips: sketch and photo in one picture, told from photos by shapes and colours."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    """How many pictures can be read, and have the shapes of strips.

    ``wide`` are twice as wide as high, ``nearly_wide`` up to 2 % more or less than that, ``high``
    twice as high as wide. ``common_size`` is the size that all pictures have.
    """

    readable: int
    wide: int
    nearly_wide: int
    high: int
    common_size: Size | None

    @classmethod
    def of(cls, files: SourceFiles, names: Sequence[str]) -> Shapes:
        """Count over all pictures, from the starts of their files."""
        sizes = [size for name in names if (size := read_size(files, name))]
        return cls(
            len(sizes),
            sum(width == 2 * height for width, height in sizes),
            sum(abs(width - 2 * height) <= NEARLY * width for width, height in sizes),
            sum(height == 2 * width for width, height in sizes),
            sizes[0] if len(set(sizes)) == 1 else None,
        )


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


def halve(image: Pixels, *, stacked: bool, square: bool) -> tuple[Pixels, Pixels]:
    """Return the left and right half of a strip, or the upper and lower of a stacked one.

    Raises ImageError if the halves are not equal, or not squares though they must be.
    """
    height, width = image.shape[:2]
    length, across = (height, width) if stacked else (width, height)
    names = ("height", "width") if stacked else ("width", "height")
    if square and length != 2 * across:
        raise ImageError(
            "not a strip", f"{width}x{height}, the {names[0]} must be twice the {names[1]}"
        )
    if length % 2:
        raise ImageError("not a strip", f"{width}x{height}, the {names[0]} must be even")
    middle = length // 2
    if stacked:
        return image[:middle], image[middle:]
    return image[:, :middle], image[:, middle:]


@dataclass(frozen=True)
class StripHalves:
    """The first (0) or second (1) halves of strips; see :func:`halve`."""

    files: SourceFiles
    names: tuple[str, ...]
    half: int
    stacked: bool
    square: bool
    crop: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if the file is not a strip."""
        name = self.names[row]
        image = decode(self.files.read(name))
        halves = halve(image, stacked=self.stacked, square=self.square)
        return self.crop(halves[self.half], name)
