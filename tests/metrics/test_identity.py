"""Identity similarity, worked out by hand."""

import numpy as np
import pytest

from s2f_core.metrics.identity import IDENTITY
from s2f_core.metrics.types import ImageSet

IMAGES = np.zeros((3, 8, 8, 3), np.uint8)


def test_it_is_one_less_the_distance() -> None:
    """Equal descriptors, one 0.6 away, and a target without a face."""
    ours, theirs = np.zeros((3, 128)), np.zeros((3, 128))
    ours[1, :2] = 0.36, 0.48
    theirs[2] = np.nan
    outputs, targets = (ImageSet(IMAGES, {"identity": lambda _, v=v: v}) for v in (ours, theirs))  # type: ignore[misc]
    values = IDENTITY.per_image(outputs, targets)
    assert values == pytest.approx([1, 0.4, np.nan], nan_ok=True)
    estimate = IDENTITY.measure(outputs, targets)
    assert estimate["value"] == pytest.approx(0.7)
    assert estimate["n"] == 2
    assert IDENTITY.higher_is_better
