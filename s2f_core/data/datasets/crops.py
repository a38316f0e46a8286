"""Squares cut from photos of any shape."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from s2f_core.common.images import ImageError, Pixels, resize
from s2f_core.common.seeding import stream
from s2f_core.data.landmarks.faces import FaceDetector

Crop = Literal["centre", "random", "face"]
Square = tuple[float, float, float]  # left, top and side, in pixels

MIN_SIDE = 32
SMALLEST = 0.8  # of the largest square: how small a random one may be
AROUND = 1.9  # sides of the face's box: what CelebA's aligned faces have around them
ABOVE = 0.13  # box sides from the box's middle up to the square's, so that hair is in it as there


@dataclass(frozen=True)
class Centre:
    """The largest square in the middle."""

    def __call__(self, photo: Pixels, _name: str) -> Square:
        """Its left, top and side."""
        height, width = photo.shape[:2]
        side = min(height, width)
        return (width - side) // 2, (height - side) // 2, side


@dataclass(frozen=True)
class Random:
    """A square of 80 to 100 % of the largest one's side, anywhere in the photo.

    It depends on the seed and the photo's name alone.
    """

    seed: int

    def __call__(self, photo: Pixels, name: str) -> Square:
        """Its left, top and side."""
        height, width = photo.shape[:2]
        digest = hashlib.sha256(name.encode()).digest()
        share, x, y = stream(self.seed, int.from_bytes(digest)).random(3)
        side = round(min(height, width) * (SMALLEST + (1 - SMALLEST) * share))
        return x * (width - side), y * (height - side), side


@dataclass(frozen=True)
class Around:
    """A square around the largest face, moved and shrunk to lie within the photo."""

    detector: FaceDetector

    def __call__(self, photo: Pixels, _name: str) -> Square:
        """Its left, top and side; raises ImageError where there is no face."""
        faces = self.detector.detect(photo)
        if not faces:
            raise ImageError("no face found")
        left, top, width, height = max((face.box for face in faces), key=lambda box: box[2])
        side = min(AROUND * max(width, height), *photo.shape[:2])
        x = left + width / 2 - side / 2
        y = top + height * (0.5 - ABOVE) - side / 2
        return (
            min(max(x, 0), photo.shape[1] - side),
            min(max(y, 0), photo.shape[0] - side),
            side,
        )


@dataclass(frozen=True)
class Cutter:
    """Cuts the square that ``place`` chooses and brings it to ``size`` pixels a side."""

    place: Callable[[Pixels, str], Square]
    size: int

    def __call__(self, photo: Pixels, name: str) -> Pixels:
        """The square uint8 [size, size, C] of a photo [H, W, C].

        Raises ImageError where it is under 32 pixels a side, or ``place`` finds none.
        """
        height, width = photo.shape[:2]
        if min(height, width) < MIN_SIDE:
            raise ImageError(f"too small: {width}x{height}, at least {MIN_SIDE} pixels a side")
        left, top, side = (int(edge) for edge in self.place(photo, name))
        if side < MIN_SIDE:
            raise ImageError(f"the crop is too small: {side}x{side}, at least {MIN_SIDE} a side")
        return resize(photo[top : top + side, left : left + side], self.size)


def cutter(crop: Crop, size: int, seed: int, assets: Path) -> Cutter:
    """What makes uint8 [size, size, C] of a photo and its name; picklable, safe in threads.

    ``seed`` is that of random crops; ``assets`` has the face detector's weights, which are read
    when the first face is looked for.
    """
    match crop:
        case "centre":
            return Cutter(Centre(), size)
        case "random":
            return Cutter(Random(seed), size)
        case "face":
            return Cutter(Around(FaceDetector(assets)), size)
