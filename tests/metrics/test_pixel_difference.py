"""Pixel differences worked out by hand."""

import numpy as np
import pytest

from s2f_core.metrics.pixel_difference import PIXEL_DIFFERENCE, PIXEL_DIFFERENCE_L2


def test_mean_absolute_difference_by_hand() -> None:
    """Black against white is 1; one of four values off by 51 is 0.05."""
    black = np.zeros((1, 1, 4, 1), np.uint8)
    assert PIXEL_DIFFERENCE(black, black + np.uint8(255)).tolist() == [1.0]
    other = black.copy()
    other[0, 0, 0] = 51
    assert PIXEL_DIFFERENCE(other, black).tolist() == [pytest.approx(0.05)]


def test_root_mean_square_difference_by_hand() -> None:
    """Four pixels: one is 30 off in all channels, one 11 and one 10 off in a single channel."""
    target = np.full((1, 2, 2, 3), 100, np.uint8)
    output = target.copy()
    output[0, 0, 0] = 70
    output[0, 0, 1, 2] = 111
    output[0, 1, 0, 1] = 110
    expected = np.sqrt((3 * 30**2 + 11**2 + 10**2) / 12) / 255
    assert PIXEL_DIFFERENCE_L2(output, target) == pytest.approx([expected])
    black = np.zeros((1, 2, 2, 1), np.uint8)
    assert PIXEL_DIFFERENCE_L2(black, black + np.uint8(255)).tolist() == [1]
    assert PIXEL_DIFFERENCE_L2(output, target) == PIXEL_DIFFERENCE_L2(target, output)
