"""Align a drawing: move, turn and scale it so that its eyes lie where a model expects them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, ImageError, Pixels
from s2f_core.data.landmarks.eyes import VIEW_THRESHOLD, Eyes, find_eyes
from s2f_core.data.landmarks.faces import FaceDetector
from s2f_core.data.landmarks.patch import Patch

TOLERANCE = 0.02  # of the side: eyes at most so far from the layout are there already
MAX_SCALE = 1.15  # of the aligned square's side to the drawing's: a quarter is beyond it
COARSE = 16  # pixels a side of the colours that the seam extends outwards
FADE = 0.01  # of the seam's weight: where less is near, its colours fade
SEAM = 0.15  # of the side: the width of the blend inside the aligned square's border

NO_FACE = "no face was found, so it was not aligned"


@dataclass(frozen=True)
class Alignment:
    """The square of a drawing that a model sees: a patch, in shares of the drawing's side."""

    patch: Patch

    @classmethod
    def between(cls, eyes: Eyes, layout: Eyes, max_scale: float = MAX_SCALE) -> Alignment:
        """Return the similarity transform that moves a drawing's ``eyes`` to the ``layout``.

        A large face becomes at most ``max_scale`` times smaller, its eyes' middle in place. A
        drawing that is cut off close to the face would get a wide white frame, which a generator
        paints as an edge, and a doodle that fills the page would lose detail. In outputs of
        ``draw`` for 100 doodles the face mesh finds .37 faces without alignment, .66 with this
        limit and .58 without a limit; for 60 shaded crops of half a photo .98, .98 and .90.
        """
        right, left = (complex(*eye) for eye in eyes)
        to_right, to_left = (complex(*eye) for eye in layout)
        turn = (left - right) / (to_left - to_right)
        turn *= min(1, max_scale / abs(turn))
        middle = (right + left) / 2 + turn * (0.5 + 0.5j - (to_right + to_left) / 2)
        return cls(Patch(middle.real, middle.imag, abs(turn), math.atan2(turn.imag, turn.real)))

    def apply(self, drawing: Pixels) -> Pixels:
        """Return the aligned square of a drawing, both uint8 [s, s, C], dark on white.

        What lies beyond the drawing is white paper.
        """
        ink = _warp(255 - drawing.astype(np.float32), self.patch, cv2.BORDER_CONSTANT)
        return _to_pixels(255 - ink)

    def undo(self, aligned: Pixels, plain: Pixels) -> Pixels:
        """Put the output of the aligned square back into the drawing's frame.

        Both are uint8 [s, s, C]. Beyond the aligned square is ``plain``, the output of the drawing
        as it is; they blend inside the square's border, and ``plain`` gets the colours that the
        other has there, so that no frame shows.
        """
        back = self.patch.inverse()
        inside = _warp(aligned.astype(np.float32), back, cv2.BORDER_REPLICATE)
        weight = _warp(_weight(len(plain)), back, cv2.BORDER_CONSTANT)
        difference = inside - plain
        return _to_pixels(plain + weight * difference + (1 - weight) * _at_seam(difference, weight))


@dataclass(frozen=True)
class Aligner:
    """Finds the alignment of drawings for a model whose training photos have a ``layout``.

    ``assets`` is the folder of fetched weights.
    """

    layout: Eyes
    assets: Path

    @cached_property
    def _detector(self) -> FaceDetector:
        return FaceDetector(self.assets, VIEW_THRESHOLD)

    def find(self, drawing: Pixels) -> tuple[Alignment | None, str]:
        """Return the alignment of a drawing uint8 [s, s, 1 or 3], dark on white, and a note.

        None without a note: the eyes lie in place already. With one: no face was found, or weights
        are missing.
        """
        try:
            eyes = find_eyes(drawing, self._detector)
        except UserError as error:
            return None, f"it was not aligned: {error}"
        if eyes is None:
            return None, NO_FACE
        if max(math.dist(*pair) for pair in zip(eyes, self.layout, strict=True)) <= TOLERANCE:
            return None, ""
        return Alignment.between(eyes, self.layout), ""

    def align_photo(self, photo: Pixels) -> Pixels:
        """Return a photo uint8 [s, s, 3] with its face in place; beyond it its border repeats.

        Raises ImageError where no face is found, and UserError where weights are missing.
        """
        eyes = find_eyes(photo, self._detector)
        if eyes is None:
            raise ImageError("no face found")
        patch = Alignment.between(eyes, self.layout, max_scale=math.inf).patch
        return patch.scaled(len(photo)).crop(photo, len(photo), cv2.BORDER_REPLICATE)


def merge_aligned(
    alignments: Sequence[Alignment | None], outputs: Sequence[Pixels]
) -> Iterator[Pixels]:
    """Undo alignments: yield an output uint8 [s, s, C] for each of them.

    ``outputs`` are those of all drawings as they are, then those of the aligned squares in order.
    """
    aligned = iter(outputs[len(alignments) :])
    for alignment, plain in zip(alignments, outputs, strict=False):
        yield plain if alignment is None else alignment.undo(next(aligned), plain)


def _warp(image: Floats, patch: Patch, border: int) -> Floats:
    """Cut a patch, in shares of the side, out of an image float32 [s, s, C] of the same size."""
    side, shrink = len(image), patch.side
    if shrink > 1:  # OpenCV would leave out pixels
        sigma = 0.5 * math.sqrt(shrink**2 - 1)
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
    matrix = patch.scaled(side).matrix(side)
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(image, matrix, (side, side), flags=flags, borderMode=border)
    return np.asarray(warped, np.float32).reshape(side, side, -1)


def _at_seam(difference: Floats, weight: Floats) -> Floats:
    """Extend a difference [s, s, C] smoothly from the seam's middle; it fades with the distance."""
    seam = weight * (1 - weight)
    size = (COARSE, COARSE)
    sums = cv2.resize(np.dstack([seam * difference, seam]), size, interpolation=cv2.INTER_AREA)
    near = cv2.GaussianBlur(sums, (0, 0), COARSE / 8)
    colours = near[..., :-1] / (near[..., -1:] + FADE)
    extended = np.asarray(cv2.resize(colours, difference.shape[1::-1]), np.float32)
    return extended.reshape(difference.shape)


def _weight(side: int) -> Floats:
    """1 inside a square, falling to 0 at its border: float32 [side, side, 1]."""
    places = np.arange(side) + 0.5
    ramp = (np.minimum(places, side - places) / (SEAM * side)).clip(0, 1)
    smooth = ramp**2 * (3 - 2 * ramp)
    return np.asarray((smooth * smooth[:, None])[..., None], np.float32)


def _to_pixels(values: Floats) -> Pixels:
    return np.asarray(np.rint(values).clip(0, 255), np.uint8)
