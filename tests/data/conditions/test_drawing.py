"""Simulated drawings of a synthetic face: determinism, copies, sizes, and their parts."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_points import face_photo, face_points

from s2f_core.common.images import Doubles, ImageError, Pixels
from s2f_core.common.seeding import stream
from s2f_core.data.background.selfie import Segmenter
from s2f_core.data.conditions.drawing import Drawing, DrawingMaker
from s2f_core.data.conditions.shaded import Shaded
from s2f_core.data.landmarks.mesh import FaceMesh
from s2f_core.data.sketch.contours import find_contours
from s2f_core.data.sketch.features import Features
from s2f_core.data.sketch.strokes import ink

STILL: dict[str, Any] = {"field": (0, 0), "shift": 0, "scale": 0, "turn": 0}
ALL = dict.fromkeys(Features.model_fields, 1.0) | {"simple_eyes": 0.0}


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks' answers for the synthetic face, at any size."""

    def points(_: FaceMesh, photo: Pixels) -> Doubles:
        return np.asarray(face_points(gap=2) * max(photo.shape) / 128)

    def matte(_: Segmenter, photo: Pixels) -> Pixels:
        return face_photo(max(photo.shape))[1][: photo.shape[0], : photo.shape[1]]

    monkeypatch.setattr(FaceMesh, "detect", points)
    monkeypatch.setattr(Segmenter, "__call__", matte)


def _maker(**keys: Any) -> DrawingMaker:
    return Drawing(type="drawing", **keys).load(Path("none"))


def test_drawings_are_a_function_of_seed_photo_and_copy() -> None:
    """More copies leave the first ones as they are; another seed or photo changes all."""
    photo, _ = face_photo()
    two, four = _maker(copies=2)(photo), _maker(copies=4)(photo)
    assert four.shape == (4, 128, 128, 1)
    assert np.array_equal(four[:2], two)
    assert np.array_equal(_maker()(photo), two[0])
    assert len({page.tobytes() for page in four}) == 4
    assert not np.array_equal(_maker(seed=1)(photo), two[0])
    assert not np.array_equal(_maker()(photo - 1), two[0])
    grey = photo[..., :1]
    assert np.array_equal(pickle.loads(pickle.dumps(_maker()))(grey), two[0])  # noqa: S301


@pytest.mark.parametrize("kind", [Drawing, Shaded])
def test_a_single_input_is_the_first_copy(kind: Any) -> None:
    """It draws a photo for a model that was trained on all of them."""
    section, (photo, _) = kind(type=kind.__name__.lower(), copies=3), face_photo()
    first = section.single().load(Path("none"))(photo)
    assert np.array_equal(first, section.load(Path("none"))(photo)[0])


@pytest.mark.parametrize("size", [64, 128, 256])
def test_a_drawing_is_dark_lines_on_white_at_every_size(size: int) -> None:
    """The same drawing: as much ink, in the same places."""
    pages = _maker(copies=6)(face_photo(size)[0])
    assert pages.shape == (6, size, size, 1)
    assert (np.median(pages, axis=(1, 2, 3)) == 255).all()
    assert pages.min(axis=(1, 2, 3)).max() < 160
    assert ink(pages).min() > 0.01
    assert ink(pages).max() < 0.35


def test_a_drawing_is_the_same_at_every_size() -> None:
    """The same random numbers give the same lines."""
    section, points = Drawing(type="drawing"), face_points()
    contours = find_contours(*face_photo(), points)
    for seed in range(3):
        small, large = (section.draw(points, contours, size, stream(seed)) for size in (64, 256))
        shrunk = large.reshape(64, 4, 64, 4).mean(axis=(1, 3))
        assert np.corrcoef(shrunk.ravel(), small.astype(float).ravel())[0, 1] > 0.9


def test_lines_are_displaced_as_stated() -> None:
    """From where a steady hand draws them: by the mean and within the bound of the settings."""
    points, contours = face_points(), find_contours(*face_photo(), face_points())
    keys: dict[str, Any] = {"features": ALL, "doodle": {"chance": 0}}
    still = Drawing(type="drawing", displacement=STILL, **keys)
    moved = Drawing(type="drawing", displacement=STILL | {"field": (2, 2)}, **keys)
    shifts = []
    for seed in range(60):
        lines = [
            np.concatenate([curve for part in parts for curve in part])
            for parts in (
                section.trace(points, contours, stream(seed)) for section in (still, moved)
            )
        ]
        assert np.isin(points[[152, 33, 263, 61]], lines[0]).all()
        shifts.append((lines[1] - lines[0]).ravel())
    assert np.concatenate(shifts).std() == pytest.approx(2, rel=0.1)
    assert np.abs(np.concatenate(shifts)).max() <= 2 * np.sqrt(6)


def test_doodles_and_careful_drawings_come_in_their_shares() -> None:
    """A doodle has far fewer curves."""
    points, contours = face_points(), find_contours(*face_photo(), face_points())
    for chance, least, most in ((0, 0, 0), (0.5, 15, 45), (1, 60, 60)):
        section = Drawing(type="drawing", doodle={"chance": chance, "hair": 0}, features=ALL)
        counts = [
            sum(map(len, section.trace(points, contours, stream(seed)))) for seed in range(60)
        ]
        assert least <= sum(count < 20 for count in counts) <= most


def test_a_photo_without_a_face_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the reason."""
    monkeypatch.setattr(FaceMesh, "detect", lambda *_: None)
    with pytest.raises(ImageError, match="no face found"):
        _maker()(face_photo()[0])


def test_a_photo_need_not_be_square() -> None:
    """The drawing has the photo's shape."""
    assert _maker()(face_photo()[0][:100]).shape == (100, 128, 1)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"copies": 33}, "less than or equal to 32"),
        ({"pen": {"width": (3, 1)}}, "the range starts at 3, above its end 1"),
        ({"features": {"nose": 1.5}}, "less than or equal to 1"),
        ({"wobble": 2}, "Extra inputs are not permitted"),
    ],
)
def test_impossible_settings_are_refused(keys: dict[str, Any], message: str) -> None:
    """Ranges out of order, values out of bounds, unknown keys."""
    with pytest.raises(ValueError, match=message):
        Drawing(type="drawing", **keys)


@pytest.mark.parametrize("end", [0, 1])
def test_settings_draw_at_their_ends(end: int) -> None:
    """The least and the largest width, wobble, displacement and chance, at a small size."""
    length, share = (32 * end,) * 2, (end,) * 2
    section = Drawing.model_validate(
        {
            "type": "drawing",
            "features": dict.fromkeys(Features.model_fields, end),
            "doodle": {"chance": 0.5, "hair": end, "ears": end, "brow": end},
            "displacement": {"field": length, "shift": length[0], "scale": end, "turn": 90 * end},
            "pen": {"width": length, "wobble": length, "darkness": share, "fine": share},
        }
    )
    contours = find_contours(*face_photo(16), face_points())
    pages = [section.draw(face_points(), contours, 16, stream(seed)) for seed in range(10)]
    assert all(page.shape == (16, 16, 1) for page in pages)
