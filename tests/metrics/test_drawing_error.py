"""Drawing error: outputs against their own inputs, worked out by hand."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.metrics.drawing_error import DRAWING_ERROR
from s2f_core.metrics.types import ImageSet, Values


def _faces(*offsets: float) -> Values:
    """Faces of 468 points, each moved to the right by an offset; outer eye corners 40 apart."""
    one = np.random.default_rng(0).uniform(20, 100, (468, 2))
    one[33], one[263] = (30, 50), (70, 50)
    return np.stack([(one + np.array([offset, 0])).ravel() for offset in offsets])


def _images(points: Values, *, paired: bool = False) -> ImageSet:
    pixels: Pixels = np.zeros((len(points), 1, 1, 1), np.uint8)
    return ImageSet(pixels, {"drawn_faces": lambda _: points}, paired=paired)


def test_outputs_without_targets_are_compared_with_their_drawings() -> None:
    """4 of 40 pixels are 0.1; a drawing or an output without a face has no value."""
    drawings = _images(_faces(0, 0, np.nan, 0))
    outputs = _images(_faces(4, np.nan, 0, 8))
    each = DRAWING_ERROR.per_image(outputs, drawings)
    assert each is not None
    assert each[[0, 3]].tolist() == pytest.approx([0.1, 0.2])
    assert np.isnan(each[[1, 2]]).all()
    error = DRAWING_ERROR.measure(outputs, drawings)
    assert error["value"] == pytest.approx(0.15)
    assert error["n"] == 2


def test_images_that_are_no_outputs_of_the_drawings_have_no_value() -> None:
    """Other real images lack the space."""
    drawings = _images(_faces(0))
    floor = _images(_faces(4), paired=True).without({"drawn_faces"})
    assert DRAWING_ERROR.per_image(floor, drawings) is None
    assert DRAWING_ERROR.measure(floor, drawings)["value"] is None
