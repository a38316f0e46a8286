"""Measures of images: hashes and sharpness."""

import cv2
import numpy as np
import pytest
from near_copies import near_copies

from s2f_core.common.images import Pixels
from s2f_core.data.curation.measures import perceptual_hash, sharpness


def _grey(image: Pixels) -> Pixels:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8)[..., None]


def test_hashes_are_near_for_copies_and_far_for_others(scenes: Pixels) -> None:
    """At most 6 of 64 bits for a copy, over 12 for any other picture."""
    hashes = [perceptual_hash(_grey(image)) for image in scenes]
    for image, value in zip(scenes, hashes, strict=True):
        assert all(
            (perceptual_hash(_grey(copy)) ^ value).bit_count() <= 6 for copy in near_copies(image)
        )
        assert all((other ^ value).bit_count() > 12 for other in hashes if other != value)


def test_sharpness_falls_with_blur(scenes: Pixels) -> None:
    """It is 0 for a plain picture; that of a line is worked out by hand."""
    grey = _grey(scenes[0])
    blurred = [cv2.GaussianBlur(grey, (0, 0), sigma).astype(np.uint8) for sigma in (1, 2, 4)]
    values = [sharpness(image[..., None]) for image in blurred]
    assert sharpness(grey) > values[0] > values[1] > values[2] > 0
    assert sharpness(np.full((20, 20, 1), 77, np.uint8)) == 0
    line = np.zeros((128, 128, 1), np.uint8)
    line[:, 64] = 10
    # -20 on the line, 10 on both sides of it, 0 elsewhere: the mean is 0.
    assert sharpness(line) == pytest.approx((20**2 + 2 * 10**2) / 128)
