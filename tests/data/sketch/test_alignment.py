"""Alignment: a drawing's eyes come to a model's layout, and its output back to the drawing."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_faces import LAYOUT, BlobDetector, black_blobs, drawn_face

from s2f_core.common.images import Pixels
from s2f_core.data.landmarks.eyes import Eyes
from s2f_core.data.landmarks.patch import Patch
from s2f_core.data.sketch import alignment
from s2f_core.data.sketch.alignment import (
    MAX_SCALE,
    NO_FACE,
    SEAM,
    Aligner,
    Alignment,
    merge_aligned,
)


@pytest.fixture(autouse=True)
def _blob_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find faces without weights."""
    monkeypatch.setattr(alignment, "FaceDetector", BlobDetector)


@pytest.fixture
def aligner() -> Aligner:
    """Of a model with the eyes of ``LAYOUT``."""
    return Aligner(LAYOUT, Path("nowhere"))


def _smooth(side: int = 64, seed: int = 0) -> Pixels:
    noise = np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 4), np.uint8)


def _turned(x: float, y: float, scale: float, degrees: float) -> Eyes:
    """The layout's eyes, moved, scaled and turned about their middle."""
    half = (
        0.1 * scale * np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees))])
    )
    return (x - half[0], y - half[1]), (x + half[0], y + half[1])


@pytest.mark.parametrize(
    "eyes", [_turned(0.5, 0.45, 1.1, 12), _turned(0.4, 0.55, 0.8, -25), _turned(0.6, 0.5, 0.6, 0)]
)
def test_a_moved_face_lands_on_the_layout(aligner: Aligner, eyes: Eyes) -> None:
    """Shifted, turned and scaled; within half a pixel of 128."""
    drawing = drawn_face(eyes)
    found, note = aligner.find(drawing)
    assert note == ""
    assert found is not None
    centres = np.array(black_blobs(found.apply(drawing))) / 128
    assert np.abs(centres - LAYOUT).max() < 0.5 / 128
    assert found.patch.side == pytest.approx(math.dist(*eyes) / 0.2, rel=0.03)


def test_a_face_in_place_stays(aligner: Aligner) -> None:
    """Within a fiftieth of the side, without a note."""
    assert aligner.find(drawn_face(_turned(0.51, 0.49, 1.05, 2))) == (None, "")
    assert aligner.find(drawn_face(_turned(0.53, 0.5, 1, 0)))[0] is not None


def test_without_a_face_or_weights_a_note_says_so(
    aligner: Aligner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing weights are no error: the drawing goes in as it is."""
    assert aligner.find(np.full((64, 64, 1), 255, np.uint8)) == (None, NO_FACE)
    monkeypatch.undo()
    found, note = Aligner(LAYOUT, Path("nowhere")).find(drawn_face(LAYOUT))
    assert found is None
    assert note == (
        "it was not aligned: nowhere/mediapipe/mediapipe.zip does not exist: run 's2f fetch "
        "mediapipe'"
    )


def test_whole_pixels_are_undone_exactly() -> None:
    """A shift of 8 and 4 of 64 pixels, also with a quarter turn: inside, each pixel is back."""
    image, other = _smooth(), np.full((64, 64, 3), 128, np.uint8)
    for angle in (0.0, math.pi / 2):
        move = Alignment(Patch(0.5 + 8 / 64, 0.5 - 4 / 64, 1, angle))
        aligned = move.apply(image)
        if not angle:
            assert (aligned[4:, :-8] == image[:-4, 8:]).all()
            assert aligned[:4].min() == aligned[:, -8:].min() == 255
        back = move.undo(aligned, other)
        seam = math.ceil(SEAM * 64)
        inside = np.s_[seam : -4 - seam, 8 + seam : -seam]
        assert (back[inside] == image[inside]).all()


@pytest.mark.parametrize("patch", [Patch(0.45, 0.52, 0.7, 0.3), Patch(0.5, 0.6, 1.6, -0.2)])
def test_an_identity_gives_the_drawing_back(patch: Patch) -> None:
    """Turned and scaled, within the error of interpolation."""
    image = _smooth(128)
    image[:3], image[-3:], image[:, :3], image[:, -3:] = 255, 255, 255, 255  # paper, as beyond
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 2), np.uint8)
    move = Alignment(patch)
    back = move.undo(move.apply(image), image)
    difference = np.abs(back.astype(int) - image).max(axis=2)
    assert difference.max() <= 12
    assert difference.mean() <= 1.5


@pytest.mark.parametrize("channels", [1, 3])
def test_beyond_the_aligned_square_is_the_other_output(channels: int) -> None:
    """In the square's colours at its border, in its own further away; no frame shows."""
    plain, aligned = (np.full((128, 128, channels), grey, np.uint8) for grey in (90, 150))
    plain[:, 64] = 130  # a line through both
    merged = Alignment(Patch(0.2, 0.5, 0.4)).undo(aligned, plain)
    assert merged.shape == plain.shape
    assert (merged[48:80, 12:40] == 150).all()
    assert np.abs(merged[64, 40:52].astype(int) - 150).max() < 20
    assert np.abs(merged[:, 110:].astype(int) - 90).max() <= 1
    assert merged[64, 64, 0] - float(merged[64, 63, 0]) > 30
    steps = np.diff(merged[64, :60, 0].astype(int))
    assert np.abs(steps).max() < 12
    assert (Alignment(Patch(0.2, 0.5, 0.4)).undo(plain, plain)[:, 65:] == 90).all()


def test_a_large_face_keeps_most_of_its_size(aligner: Aligner) -> None:
    """Of eyes 1.5 times too far apart; their middle comes to the layout's."""
    drawing = drawn_face(_turned(0.6, 0.45, 1.5, 10))
    found, _ = aligner.find(drawing)
    assert found is not None
    assert found.patch.side == MAX_SCALE
    centres = np.array(black_blobs(found.apply(drawing))) / 128
    assert centres.mean(axis=0) == pytest.approx((0.5, 0.5), abs=0.01)
    assert math.dist(*centres) == pytest.approx(0.2 * 1.5 / MAX_SCALE, abs=0.01)
    assert centres[0][1] == pytest.approx(centres[1][1], abs=0.01)


def test_outputs_are_merged_in_order() -> None:
    """The second of three was aligned; its output comes last."""
    first, second, third = (np.full((16, 16, 3), grey, np.uint8) for grey in (10, 20, 30))
    whole = Alignment(Patch(0.5, 0.5, 2))
    aligned = np.full((16, 16, 3), 200, np.uint8)
    merged = list(merge_aligned([None, whole, None], [first, second, third, aligned]))
    assert [int(each[8, 8, 0]) for each in merged] == [10, 200, 30]
