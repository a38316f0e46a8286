"""Take printed lines and squares out of a drawing's ink."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Floats, limit_side

COARSE = 512  # pixels of the longer side at which ruling is looked for
MAX_TILT = 6.0  # degrees by which a sheet is turned, at most
STEP = 0.25  # degrees between two tilts that are tried
SMALLEST = 200  # pixels of the longer side; in smaller drawings ruling is not told from strokes
WIDEST = 1 / 57  # of the longer side; wider marks are no ruling
SMOOTHED = 1 / 34  # of the longer side, along a line, over which its ink is averaged
FAINTEST = 0.04  # ink of a printed line, at least
CLIPPED = 0.3  # ink above this counts as this, so that strokes do not outweigh printed lines
SPAN = 0.7  # of the sheet that a printed line has ink on, since strokes rarely do
LONE_SPAN = 0.8  # of a line that stands alone, such as a margin's
MIN_LINES = 5  # of a ruling
IRREGULAR = 0.15  # of the usual distance, by which two neighbours may be off
MIN_REGULAR = 0.7  # of the distances that are regular
NEIGHBOURS = 8  # samples of ink on either side along a line
REACH = 16  # these reach over the longer side divided by this
BAND = 1 / 114  # of the longer side, on either side of a line, that may belong to it
STRENGTH = 1.3  # ink of a line against its usual ink, at most; more is drawn on it

Positions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Lines:
    """Parallel lines: their tilt in degrees, and the positions across them, in pixels."""

    tilt: float
    positions: Positions
    spans: Positions

    @property
    def regular(self) -> bool:
        """Whether there are several at equal distances; a line may be missing between two."""
        if len(self.positions) < MIN_LINES:
            return False
        gaps = np.diff(self.positions)
        usual = float(np.median(gaps))
        times = np.maximum(np.rint(gaps / usual), 1)
        return bool((np.abs(gaps / usual - times) < IRREGULAR).mean() >= MIN_REGULAR)

    def alone(self) -> _Lines:
        """The lines that span the whole sheet."""
        whole = self.spans >= LONE_SPAN
        return _Lines(self.tilt, self.positions[whole], self.spans[whole])


def remove_ruling(ink: Floats) -> tuple[Floats, bool]:
    """Take out the printed lines of ink float32 [h, w] in [0, 1]; also say whether there are any.

    Ruling is at least five straight lines across most of the sheet, at equal distances, level or
    upright with a tilt of at most six degrees. A margin's line goes with it. Strokes across a line
    stay, and so does what is drawn along it and darker.
    """
    if max(ink.shape) < SMALLEST:
        return ink, False
    small = limit_side(ink[..., None], COARSE)[..., 0]
    scale = max(ink.shape) / max(small.shape)
    level, upright = (_find_lines(page, _tilts()) for page in (small, small.T))
    if not level.regular and not upright.regular:
        return ink, False
    if not upright.regular:  # turned with the sheet, so by the opposite angle in the transpose
        upright = _find_lines(small.T, _tilts(around=-level.tilt)).alone()
    if not level.regular:
        level = _find_lines(small, _tilts(around=-upright.tilt)).alone()
    ink = _subtract(ink, level, scale)
    return np.ascontiguousarray(_subtract(ink.T, upright, scale).T), True


def _tilts(around: float | None = None) -> Positions:
    if around is None:
        return np.arange(-MAX_TILT, MAX_TILT + STEP, STEP)
    return around + np.arange(-1, 1 + STEP, STEP)


def _across(shape: tuple[int, ...], tilt: float) -> Floats:
    """The row at which a line of this tilt through each pixel begins: float32 [h, w]."""
    rows, columns = np.indices(shape, dtype=np.float32)
    return np.asarray(rows - columns * np.tan(np.deg2rad(tilt)), np.float32)


def _find_lines(ink: Floats, tilts: Positions) -> _Lines:
    """Find thin, nearly level lines across most of a page of ink [h, w]."""
    widest, smoothed = (round(share * max(ink.shape)) | 1 for share in (WIDEST, SMOOTHED))
    kernel = np.ones((widest, 1), np.uint8)
    thin = cv2.morphologyEx(np.ascontiguousarray(ink), cv2.MORPH_TOPHAT, kernel).clip(0, CLIPPED)
    tilt = max(tilts, key=lambda each: float((_profile(thin, each) ** 2).sum()))
    level = cv2.blur(_level(thin, tilt), (smoothed, 1))
    inside = _level(np.ones_like(thin), tilt) > 0.5
    length = inside.sum(axis=1)
    spans = (inside & (level > FAINTEST)).sum(axis=1) / np.maximum(length, 1)
    spans[length < ink.shape[1] / 2] = 0  # the corners
    highest = cv2.dilate(spans[:, None], np.ones((5, 1), np.uint8))[:, 0]
    (places,) = np.nonzero((spans >= SPAN) & (spans == highest))
    places = places[np.diff(places, prepend=-9) > 2]
    return _Lines(
        float(tilt),
        places.astype(np.float64) - _above(ink.shape, tilt),
        spans[places].astype(np.float64),
    )


def _above(shape: tuple[int, ...], tilt: float) -> float:
    """Rows that a page needs above it to be sheared level."""
    return float(np.ceil(max(0.0, shape[1] * np.tan(np.deg2rad(tilt)))))


def _level(page: Floats, tilt: float) -> Floats:
    """Shear a page so that lines of this tilt are level, with room for all its corners."""
    slope, (height, width) = np.tan(np.deg2rad(tilt)), page.shape
    shear = np.array([[1, 0, 0], [-slope, 1, _above(page.shape, tilt)]], np.float32)
    rows = height + int(np.ceil(abs(slope) * width)) + 1
    return np.asarray(cv2.warpAffine(page, shear, (width, rows), flags=cv2.INTER_LINEAR))


def _profile(thin: Floats, tilt: float) -> Floats:
    """The mean ink along lines of this tilt."""
    return np.asarray(_level(thin, tilt).mean(axis=1), np.float32)


def _subtract(ink: Floats, lines: _Lines, scale: float) -> Floats:
    """Take nearly level lines out of ink [h, w], which is ``scale`` times larger than theirs."""
    if not len(lines.positions):
        return ink
    centres = (lines.positions + 0.5) * scale - 0.5
    across = _across(ink.shape, lines.tilt)
    nearest = np.searchsorted((centres[:-1] + centres[1:]) / 2, across)
    band = np.abs(across - centres[nearest]) <= BAND * max(ink.shape)
    usual = _usual_ink(ink, band, lines.tilt)
    line = nearest[band]
    for number in np.unique(line):
        cap = STRENGTH * float(np.quantile(usual[line == number], 0.9))
        usual[line == number] = usual[line == number].clip(0, cap)
    result = ink.copy()
    result[band] = (1 - (1 - ink[band]) / np.maximum(1 - usual, 0.05)).clip(0, 1)
    return result


def _usual_ink(ink: Floats, band: npt.NDArray[np.bool_], tilt: float) -> Floats:
    """The median ink along a line of this tilt around each pixel of ``band``: float32 [n]."""
    ink, reach = np.ascontiguousarray(ink), max(ink.shape) / REACH
    slope = np.tan(np.deg2rad(tilt))
    samples = []
    for distance in np.linspace(-reach, reach, 2 * NEIGHBOURS + 1):
        shift = np.array([[1, 0, distance], [0, 1, distance * slope]], np.float32)
        moved = cv2.warpAffine(
            ink,
            shift,
            ink.shape[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
        samples.append(moved[band])
    return np.asarray(np.median(np.stack(samples), axis=0), np.float32)
