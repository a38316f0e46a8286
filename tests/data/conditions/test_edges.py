"""Edges: Canny's detector with fixed and computed thresholds."""

import cv2
import numpy as np
import pytest
from pydantic import ValidationError
from skimage.filters import threshold_otsu

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.edges import Edges, otsu
from s2f_core.data.sketch.canny import canny


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
    """P1 shows both too many and too few."""
    many = Edges(type="edges", sigma=0, low=5, high=10).apply(faces[0])
    few = Edges(type="edges", sigma=0, low=200, high=400).apply(faces[0])
    assert (many == 0).sum() > (few == 0).sum()


def test_otsu_divides_the_gradients(faces: Pixels) -> None:
    """The high threshold equals scikit-image's on the same gradients; Canny uses it."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY)
    x, y = (cv2.Sobel(grey, cv2.CV_64F, *axis) for axis in ((1, 0), (0, 1)))
    expected = threshold_otsu((np.abs(x) + np.abs(y)).astype(int), nbins=2041)
    assert otsu(grey) == pytest.approx(expected, abs=1)
    edges = Edges(type="edges", sigma=0, thresholds="otsu").apply(faces[0])[..., 0]
    assert (edges == 255 - canny(grey, 0, otsu(grey) / 2, otsu(grey))).all()


def test_median_thresholds_follow_the_brightness(faces: Pixels) -> None:
    """They are a third below and above the median."""
    dark = faces[0] // 4
    grey = cv2.cvtColor(dark, cv2.COLOR_RGB2GRAY)
    middle = float(np.median(grey))
    edges = Edges(type="edges", sigma=0, thresholds="median").apply(dark)[..., 0]
    assert (edges == 255 - canny(grey, 0, 0.67 * middle, 1.33 * middle)).all()
    assert (edges == 0).sum() > (Edges(type="edges", sigma=0).apply(dark) == 0).sum()


def test_a_plain_photo_has_no_edges() -> None:
    """Also with thresholds that are computed from the image."""
    for rule in ("otsu", "median"):
        for level in (0, 90, 255):
            plain = np.full((32, 32, 3), level, np.uint8)
            assert Edges(type="edges", thresholds=rule).apply(plain).min() == 255


def test_wrong_thresholds_are_refused() -> None:
    """In the wrong order, or beside a rule that computes them."""
    with pytest.raises(ValidationError, match="must not exceed"):
        Edges(type="edges", low=9, high=3)
    with pytest.raises(ValidationError, match="otsu computes low and high itself: leave both out"):
        Edges(type="edges", thresholds="otsu", low=20)
