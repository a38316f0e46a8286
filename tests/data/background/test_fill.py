"""Fills, feathering and blending."""

import numpy as np
import pytest

from s2f_core.data.background.fill import Blur, Colour, composite, feather_matte


def test_composite_blends_by_alpha() -> None:
    """Opaque keeps the photo, transparent shows the colour, half is the mean."""
    photo = np.full((1, 3, 3), 100, np.uint8)
    alpha = np.array([[[255], [0], [51]]], np.uint8)
    blended = composite(photo, alpha, Colour(colour=(200, 0, 255)).render(photo, alpha))
    assert blended[0].tolist() == [[100, 100, 100], [200, 0, 255], [180, 20, 224]]


def test_a_blurred_background_has_no_colour_of_the_subject() -> None:
    """Stripes of 0 and 200 become 100; the subject's 255 stays within its matte."""
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[::2] = 200
    alpha = np.zeros((64, 64, 1), np.uint8)
    photo[20:44, 20:44] = 255
    alpha[20:44, 20:44] = 255
    blended = composite(photo, alpha, Blur(type="blurred", sigma=4).render(photo, alpha))
    assert (blended[20:44, 20:44] == 255).all()
    rest = np.delete(blended.reshape(-1, 3), np.flatnonzero(alpha), axis=0)
    assert np.abs(rest.astype(int) - 100).max() < 12


def test_feathering_softens_only_the_edge() -> None:
    """It is half on the edge and unchanged four pixels away; a sigma of 0 changes nothing."""
    alpha = np.zeros((32, 32, 1), np.uint8)
    alpha[:, 16:] = 255
    soft = feather_matte(alpha, 1)[0, :, 0].astype(int)
    assert soft[:12].max() == 0
    assert soft[20:].min() == 255
    assert soft[15] + soft[16] == pytest.approx(255, abs=2)
    assert 0 < soft[14] < soft[15] < soft[16] < soft[17] < 255
    assert (feather_matte(alpha, 0) == alpha).all()
