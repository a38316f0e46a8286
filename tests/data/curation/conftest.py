"""Pictures that the tests of curation share."""

import cv2
import numpy as np
import pytest

from s2f_core.common.images import Pixels


@pytest.fixture
def scenes() -> Pixels:
    """Twelve pictures of random blocks, each different, uint8 [12, 64, 64, 3]."""
    small = np.random.default_rng(3).integers(0, 256, (12, 8, 8, 3), dtype=np.uint8)
    return np.stack([cv2.resize(image, (64, 64), interpolation=cv2.INTER_CUBIC) for image in small])
