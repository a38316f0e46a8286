"""Pencil sketches equal colour dodge."""

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.pencil import Pencil


def test_pencil_turns_a_plain_photo_into_white_paper() -> None:
    """Without structure there is no stroke."""
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
    """grey / (1 - blurred inverted grey) in floats, within a rounding step."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY)
    base = 255 - cv2.GaussianBlur(255 - grey, (21, 21), 0).astype(float)
    expected = np.minimum(
        255, np.where(base > 0, grey.astype(float) * 255 / np.maximum(base, 1), 0)
    )
    sketch = Pencil(type="pencil", blur=21).apply(faces[0])[..., 0]
    assert np.abs(sketch - expected).max() <= 1


def test_an_even_blur_is_refused() -> None:
    """OpenCV's kernels have odd sides."""
    with pytest.raises(ValidationError, match="must be odd"):
        Pencil(type="pencil", blur=20)
