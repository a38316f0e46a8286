"""Noise is uniform, and a function of the pixels."""

from pathlib import Path

import numpy as np
import pytest
from fixtures import MakeTable
from pydantic import ValidationError

from s2f_core.common.images import Pixels
from s2f_core.data.conditions import convert
from s2f_core.data.conditions.noise import Noise


def test_noise_is_uniform_and_independent(faces: Pixels) -> None:
    """Range, mean, deviation and correlation over forty photos of 1,000 channels."""
    noise = np.stack([Noise(type="noise", channels=1000).apply(photo) for photo in faces])
    assert noise.shape == (40, 1, 1, 1000)
    assert noise.dtype == np.uint8
    assert set(np.unique(noise)) == set(range(256))
    assert noise.mean() == pytest.approx(127.5, abs=1.5)
    assert noise.std() == pytest.approx(np.sqrt((256**2 - 1) / 12), abs=1)
    between = np.corrcoef(noise.reshape(40, -1))
    assert np.abs(between - np.eye(40)).max() < 0.2


def test_noise_depends_on_the_pixels_alone(faces: Pixels) -> None:
    """The same photo has the same noise in every run; another grey level gives other noise."""
    section = Noise(type="noise", channels=4)
    assert section.apply(np.zeros((2, 2, 3), np.uint8)).ravel().tolist() == [105, 206, 98, 107]
    assert (section.apply(faces[0]) == section.apply(faces[0].copy())).all()
    other = faces[0].copy()
    other[0, 0, 0] ^= 1
    assert (section.apply(faces[0]) != section.apply(other)).any()


def test_noise_of_points_is_written_as_a_table(make_table: MakeTable) -> None:
    """Photos of one pixel, inputs of one pixel, and a preview."""
    pixels = np.arange(60, dtype=np.uint8).reshape(20, 1, 1, 3)
    photos = make_table("points", pixels)
    noise = convert(photos, Noise(type="noise"), photos.folder.with_name("noise"), Path("none"))
    assert noise.shape == (1, 1, 100)
    assert len(np.unique(noise.images(range(20)).reshape(20, -1), axis=0)) == 20
    assert (noise.folder / "preview.png").exists()


def test_noise_has_at_least_one_channel() -> None:
    """Zero is refused."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Noise(type="noise", channels=0)
