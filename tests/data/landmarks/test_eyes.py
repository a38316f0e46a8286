"""The eyes of a drawing, and the layout of a training's photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn_faces import BlobDetector, drawn_face
from pydantic import TypeAdapter, ValidationError

from s2f_core.common.images import Pixels
from s2f_core.data.assets import fetch
from s2f_core.data.landmarks.eyes import VIEW_THRESHOLD, Eyes, Layout, eye_layout, find_eyes
from s2f_core.data.landmarks.faces import Face, FaceDetector

EYES: Eyes = ((0.25, 0.375), (0.5, 0.4375))


class Answers:
    """A detector that gives one answer after the other: a score and an offset, or nothing."""

    def __init__(self, *answers: tuple[float, float] | None) -> None:
        self.answers = list(answers)

    def detect(self, photo: Pixels) -> list[Face]:
        """The next answer; every second view is mirrored, so that its eyes are too."""
        mirrored = len(self.answers) % 2 == 1
        answer = self.answers.pop(0)
        if answer is None:
            return []
        score, offset = answer
        eyes = np.array(EYES) + offset
        eyes = np.array([1, 0]) + eyes[::-1] * [-1, 1] if mirrored else eyes
        points = np.concatenate([eyes, np.zeros((4, 2))]) * len(photo)
        return [Face((0, 0, 1, 1), points.astype(np.float32), score)]


def _find(*answers: tuple[float, float] | None) -> Eyes | None:
    detector = Answers(*answers)
    return find_eyes(np.full((64, 64, 1), 255, np.uint8), detector)  # type: ignore[arg-type]


def test_the_eyes_are_the_medians_over_the_views() -> None:
    """Of six views, mirrored ones mirrored back; outliers and views without a face are ignored."""
    found = _find((0.9, 0), (0.5, 0.01), (0.6, 0), (0.4, 0.4), None, (0.3, 0))
    assert found is not None
    assert np.array(found) == pytest.approx(np.array(EYES), abs=1e-6)


def test_a_drawing_without_a_face_has_no_eyes() -> None:
    """Where the mean score is below 0.4, the views disagree, or eyes are too close together."""
    assert _find(*[(0.41, 0.0)] * 6) is not None
    assert _find(*[(0.39, 0.0)] * 6) is None
    assert _find(*[None] * 6) is None
    apart = [(0.9, offset) for offset in (-0.3, 0.3, -0.2, 0.2, 0.25, -0.25)]
    assert _find(*apart) is None
    near: Eyes = ((0.5, 0.5), (0.54, 0.5))
    assert find_eyes(drawn_face(near, 512), BlobDetector()) is None  # type: ignore[arg-type]


def test_all_views_are_of_the_drawing() -> None:
    """Thicker and blurred lines have their eyes where the drawing has them, at any size."""
    for side in (64, 128, 400):
        found = find_eyes(drawn_face(EYES, side), BlobDetector())  # type: ignore[arg-type]
        assert found is not None
        assert np.array(found) == pytest.approx(np.array(EYES), abs=0.012)


def _photos(*offsets: float) -> Pixels:
    return np.stack([drawn_face(((0.4, 0.5 + y), (0.6, 0.5 + y))) for y in offsets])


def test_a_layout_is_the_mean_over_photos() -> None:
    """With three digits; one photo in ten may have no face."""
    photos = _photos(0.02, *[0.0] * 18, -0.02)
    detector = BlobDetector()
    layout = eye_layout(photos, detector)  # type: ignore[arg-type]
    assert layout is not None
    assert np.array(layout) == pytest.approx(np.array(((0.4, 0.5), (0.6, 0.5))), abs=0.004)
    assert all(share == round(share, 3) for eye in layout for share in eye)
    photos[:2] = 255
    assert eye_layout(photos, detector) is not None  # type: ignore[arg-type]
    photos[2] = 255
    assert eye_layout(photos, detector) is None  # type: ignore[arg-type]


def test_photos_of_faces_in_many_places_have_no_layout() -> None:
    """From a standard deviation of five hundredths of the side on."""
    detector = BlobDetector()
    assert eye_layout(_photos(*[-0.04, 0.04] * 5), detector) is not None  # type: ignore[arg-type]
    assert eye_layout(_photos(*[-0.06, 0.06] * 5), detector) is None  # type: ignore[arg-type]
    tiny = np.stack([drawn_face(((0.5, 0.5), (0.54, 0.5)), 512)] * 2)
    assert eye_layout(tiny, detector) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "eyes",
    [
        ((0.4, 0.5), (0.4, 0.5)),
        ((-0.1, 0.5), (0.4, 0.5)),
        ((float("nan"), 0.5), (0.4, 0.5)),
        ((0.4, 0.5),),
    ],
)
def test_an_impossible_layout_is_refused(eyes: object) -> None:
    """Eyes in one place cannot be aligned by; they are in shares of the side."""
    assert TypeAdapter(Layout).validate_python([[0.4, 0.5], [0.6, 0.5]]) == ((0.4, 0.5), (0.6, 0.5))
    with pytest.raises(ValidationError):
        TypeAdapter(Layout).validate_python(eyes)


@pytest.mark.slow
def test_the_eyes_of_a_real_drawing_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a fifth of their distance, of a face in five circles and strokes; a cross has none."""
    monkeypatch.delenv("S2F_CACHE")  # the user's own cache: the weights are fetched once
    fetch("mediapipe", tmp_path / "mediapipe")
    detector = FaceDetector(tmp_path, VIEW_THRESHOLD)
    eyes: Eyes = ((0.41, 0.45), (0.59, 0.45))
    found = find_eyes(drawn_face(eyes, 256), detector)
    assert found is not None
    assert np.abs(np.subtract(found, eyes)).max() < 0.2 * 0.18
    page = np.full((256, 256, 1), 255, np.uint8)
    page[120:124] = page[:, 60:64] = 0
    assert find_eyes(page, detector) is None
