"""Conditions: pictures, not only shapes."""

import cv2
import numpy as np
import pytest
from conftest import MakeTable
from pydantic import ValidationError

from s2f_core.conditions import convert
from s2f_core.conditions.edges import Edges
from s2f_core.conditions.noise import Noise
from s2f_core.conditions.pencil import Pencil
from s2f_core.images import Pixels


def test_pencil_of_a_plain_photo_is_white_paper() -> None:
    """No structure, no stroke; black stays black."""
    sketch = Pencil(type="pencil").apply(np.full((64, 64, 3), 120, np.uint8))
    assert sketch.shape == (64, 64, 1)
    assert sketch.min() >= 254


def test_pencil_draws_dark_strokes_beside_bright_areas() -> None:
    """A dark line on a bright ground is a dark stroke, and only there."""
    photo = np.full((64, 64, 3), 200, np.uint8)
    photo[:, 30:33] = 40
    sketch = Pencil(type="pencil", blur=21).apply(photo)[..., 0]
    assert sketch[:, 31].max() < 80
    assert sketch[:, :15].min() > 250


def test_pencil_is_colour_dodge(faces: Pixels) -> None:
    """grey / (1 - blurred inverted grey), worked out in floats, within a rounding step."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY)
    base = 255 - cv2.GaussianBlur(255 - grey, (21, 21), 0).astype(float)
    expected = np.minimum(
        255, np.where(base > 0, grey.astype(float) * 255 / np.maximum(base, 1), 0)
    )
    sketch = Pencil(type="pencil", blur=21).apply(faces[0])[..., 0]
    assert np.abs(sketch - expected).max() <= 1


def test_edges_are_black_on_white_where_the_photo_steps() -> None:
    """A step gives one line at its place; a plain area none."""
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, 32:] = 255
    edges = Edges(type="edges").apply(photo)[..., 0]
    assert set(np.unique(edges)) == {0, 255}
    columns = np.flatnonzero((edges == 0).any(axis=0))
    assert columns.size
    assert ((columns >= 30) & (columns <= 33)).all()


def test_higher_thresholds_leave_fewer_edges(faces: Pixels) -> None:
    """P1: too many, too few."""
    many = Edges(type="edges", sigma=0, low=5, high=10).apply(faces[0])
    few = Edges(type="edges", sigma=0, low=200, high=400).apply(faces[0])
    assert (many == 0).sum() > (few == 0).sum()


def test_noise_is_uniform_and_has_nothing_of_the_photo(faces: Pixels) -> None:
    """Forty photos, 1,000 channels: all of 0…255, its mean and deviation, no correlation."""
    noise = np.stack([Noise(type="noise", channels=1000).apply(photo) for photo in faces])
    assert noise.shape == (40, 1, 1, 1000)
    assert noise.dtype == np.uint8
    assert set(np.unique(noise)) == set(range(256))
    assert noise.mean() == pytest.approx(127.5, abs=1.5)
    assert noise.std() == pytest.approx(np.sqrt((256**2 - 1) / 12), abs=1)
    between = np.corrcoef(noise.reshape(40, -1))
    assert np.abs(between - np.eye(40)).max() < 0.2


def test_noise_depends_on_the_pixels_alone(faces: Pixels) -> None:
    """The same photo has the same noise in every run; one grey level more, another."""
    section = Noise(type="noise", channels=4)
    assert section.apply(np.zeros((2, 2, 3), np.uint8)).ravel().tolist() == [105, 206, 98, 107]
    assert (section.apply(faces[0]) == section.apply(faces[0].copy())).all()
    other = faces[0].copy()
    other[0, 0, 0] ^= 1
    assert (section.apply(faces[0]) != section.apply(other)).any()


def test_wrong_parameters_are_refused() -> None:
    """An even kernel; thresholds in the wrong order; no channel."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Noise(type="noise", channels=0)
    with pytest.raises(ValidationError, match="must be odd"):
        Pencil(type="pencil", blur=20)
    with pytest.raises(ValidationError, match="must not exceed"):
        Edges(type="edges", low=9, high=3)


def test_a_condition_table_keeps_ids_and_groups(make_table: MakeTable, faces: Pixels) -> None:
    """The same rows, one channel."""
    photos = make_table("photos", faces, group=[f"{i // 2}" for i in range(40)])
    sketches = convert(photos, Pencil(type="pencil", blur=5), photos.folder.with_name("sketches"))
    assert sketches.shape == (32, 32, 1)
    for column in ("id", "source", "group"):
        assert sketches.index[column].tolist() == photos.index[column].tolist()
    assert (sketches.images([3])[0] == Pencil(type="pencil", blur=5).apply(faces[3])).all()


def test_noise_of_points_is_a_table_like_any_other(make_table: MakeTable) -> None:
    """Photos of one pixel, inputs of one pixel, and a picture of them."""
    pixels = np.arange(60, dtype=np.uint8).reshape(20, 1, 1, 3)
    photos = make_table("points", pixels)
    noise = convert(photos, Noise(type="noise"), photos.folder.with_name("noise"))
    assert noise.shape == (1, 1, 100)
    assert len(np.unique(noise.images(range(20)).reshape(20, -1), axis=0)) == 20
    assert (noise.folder / "preview.png").exists()
