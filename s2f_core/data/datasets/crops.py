"""Square crops of photos of any shape."""

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

MIN_SIDE = 32  # pixels
MIN_SHARE = 0.8  # smallest random crop, as a share of the largest square's side
FACE_SCALE = 1.9  # side of the crop in face boxes, as in CelebA's aligned faces
FACE_OFFSET = 0.13  # upward shift of the crop in face boxes, so that it includes the hair


@dataclass(frozen=True)
class CentreCrop:
    """The largest square in the middle."""

    def __call__(self, photo: Pixels, _name: str) -> Square:
        """Return left, top and side."""
        height, width = photo.shape[:2]
        side = min(height, width)
        return (width - side) // 2, (height - side) // 2, side


@dataclass(frozen=True)
class RandomCrop:
    """A square of 80 to 100 % of the largest one's side, anywhere in the photo.

    It depends only on the seed and the photo's name.
    """

    seed: int

    def __call__(self, photo: Pixels, name: str) -> Square:
        """Return left, top and side."""
        height, width = photo.shape[:2]
        digest = hashlib.sha256(name.encode()).digest()
        share, x, y = stream(self.seed, int.from_bytes(digest)).random(3)
        side = round(min(height, width) * (MIN_SHARE + (1 - MIN_SHARE) * share))
        return x * (width - side), y * (height - side), side


@dataclass(frozen=True)
class FaceCrop:
    """A square around the largest face, moved and shrunk to lie within the photo."""

    detector: FaceDetector

    def __call__(self, photo: Pixels, _name: str) -> Square:
        """Return left, top and side; raises ImageError if there is no face."""
        faces = self.detector.detect(photo)
        if not faces:
            raise ImageError("no face found")
        left, top, width, height = max((face.box for face in faces), key=lambda box: box[2])
        side = min(FACE_SCALE * max(width, height), *photo.shape[:2])
        x = left + width / 2 - side / 2
        y = top + height * (0.5 - FACE_OFFSET) - side / 2
        return (
            min(max(x, 0), photo.shape[1] - side),
            min(max(y, 0), photo.shape[0] - side),
            side,
        )


@dataclass(frozen=True)
class Cropper:
    """Cuts out the square that ``locate`` returns and resizes it to ``size`` pixels a side."""

    locate: Callable[[Pixels, str], Square]
    size: int

    def __call__(self, photo: Pixels, name: str) -> Pixels:
        """Return the square uint8 [size, size, C] of a photo [H, W, C].

        Raises ImageError if the square is under 32 pixels a side, or ``locate`` finds none.
        """
        height, width = photo.shape[:2]
        if min(height, width) < MIN_SIDE:
            raise ImageError("too small", f"{width}x{height}, at least {MIN_SIDE} pixels a side")
        left, top, side = (int(edge) for edge in self.locate(photo, name))
        if side < MIN_SIDE:
            raise ImageError("the crop is too small", f"{side}x{side}, at least {MIN_SIDE} a side")
        return resize(photo[top : top + side, left : left + side], self.size)


def make_cropper(crop: Crop, size: int, seed: int, assets: Path) -> Cropper:
    """Return a function from a photo and its name to uint8 [size, size, C].

    It can be pickled and shared between threads. ``seed`` is that of random crops; ``assets`` has
    the face detector's weights, which are loaded at the first face crop.
    """
    match crop:
        case "centre":
            return Cropper(CentreCrop(), size)
        case "random":
            return Cropper(RandomCrop(seed), size)
        case "face":
            return Cropper(FaceCrop(FaceDetector(assets)), size)
