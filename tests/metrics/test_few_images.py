"""Figures of a few images, and of images that are all alike."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.metrics import efficientnet_lite0
from s2f_core.metrics.diversity import pixel_vectors
from s2f_core.metrics.edge_consistency import profiles
from s2f_core.metrics.faces import POINTS
from s2f_core.metrics.kid import KID
from s2f_core.metrics.registry import PAIR_SCORES, SAMPLE_SCORES, SURFACE_SCORES
from s2f_core.metrics.sharpness import laplacian_deviation
from s2f_core.metrics.types import (
    MISSING,
    ImageSet,
    SetScore,
    Space,
    Values,
    estimate,
    mean_estimate,
)

SCORES = {**PAIR_SCORES, **SAMPLE_SCORES, **SURFACE_SCORES}


def _set_of(images: Pixels) -> ImageSet:
    """Images with made-up vectors of every space."""
    spaces: dict[Space, Callable[[Pixels], Values]] = {
        "inception": pixel_vectors,
        "classes": lambda images: 9 * pixel_vectors(images)[:, : efficientnet_lite0.CLASSES],
        "pixels": pixel_vectors,
        "coordinates": pixel_vectors,
        "condition": profiles,
        "sharpness": laplacian_deviation,
        "nearest": lambda images: pixel_vectors(images)[:, :1],
        "faces": lambda images: np.repeat(pixel_vectors(images)[:, :1], 2 * POINTS, axis=1),
    }
    return ImageSet(images, spaces, ("alpha-1", "alpha-2"))


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_figures_of_few_and_of_constant_images_are_json(
    name: str, count: int, faces: Pixels, noisy: Pixels
) -> None:
    """Never NaN or infinite; an interval needs a value, and eight images of each set."""
    score, grey = SCORES[name], np.full_like(faces[:count], 127)
    for outputs in (noisy[:count], grey):
        for targets in (faces[:count], grey):
            figure = score.measure(_set_of(outputs), _set_of(targets))
            json.dumps(figure, allow_nan=False)
            value, low, high = figure["value"], figure["low"], figure["high"]
            assert (low is None) == (high is None)
            assert low is None or (value is not None and count > 1)
            if isinstance(score, SetScore):
                assert (low is None) == (value is None or count < 8)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_kid_of_a_few_images_has_a_value_without_an_interval(count: int, faces: Pixels) -> None:
    """A resample may be one image again and again, whose KID is not defined."""
    figure = KID.measure(_set_of(faces[:count]), _set_of(faces[count : 2 * count]))
    assert figure["value"] is not None
    assert (figure["low"], figure["high"], figure["n"]) == (None, None, count)


def test_one_image_has_a_mean_without_an_interval() -> None:
    """Values that are not finite do not count."""
    assert mean_estimate(np.array([3.0, np.nan, np.inf])) == {
        "value": 3.0,
        "low": None,
        "high": None,
        "n": 1,
    }
    assert mean_estimate(np.array([np.nan])) == MISSING


def test_a_value_that_is_not_finite_is_none() -> None:
    """A value without an interval, and nothing at all."""
    assert estimate(1.0, (0.5, float("nan")), 9) == {"value": 1, "low": None, "high": None, "n": 9}
    assert estimate(float("inf"), (0.0, 1.0), 9) == MISSING
