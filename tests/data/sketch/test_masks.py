"""Masks of a synthetic face: polygons, features, and beards."""

import cv2
import numpy as np
from face_points import face_photo, face_points

from s2f_core.data.sketch.masks import beard_mask, dilate, erode, feature_mask, fill


def test_polygons_are_filled_shrunk_and_grown() -> None:
    """By discs of a diameter in pixels."""
    mask = fill((40, 40), np.array([[10.0, 10.0], [29.0, 10.0], [29.0, 29.0], [10.0, 29.0]]))
    assert mask.sum() == 400
    assert erode(mask, 5).sum() == 16**2
    assert dilate(mask, 5)[8:32, 20].all()
    assert not dilate(mask, 5)[:8].any()


def test_features_are_masked() -> None:
    """Eyes, brows, nose and lips, and no cheeks."""
    mask = feature_mask((128, 128), face_points())
    for x, y in ((51, 58), (77, 58), (51, 49), (77, 49), (64, 73), (64, 83)):
        assert mask[y, x] == 1
    for x, y in ((48, 72), (80, 72), (64, 40), (64, 94)):
        assert mask[y, x] == 0


def test_a_beard_is_darker_skin_below_the_nose() -> None:
    """Not a speck of it, no dark hair, and not the lips."""
    photo, _ = face_photo()
    grey, points = photo[..., 0], face_points()
    assert not beard_mask(grey, points).any()
    speck = grey.copy()
    cv2.circle(speck, (64, 92), 3, 60, -1)
    assert not beard_mask(speck, points).any()
    bearded = grey.copy()
    bearded[77:97, 45:83] = 80
    mask = beard_mask(bearded, points)
    assert mask[90, 55:75].all()
    assert not mask[:76].any()
    assert mask[83, 64] == 0
    assert not beard_mask(grey[:20], points).any()  # the face is not in the picture
