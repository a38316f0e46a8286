"""A portrait that the tests of matting models share."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels, resize


@pytest.fixture
def astronaut() -> Pixels:
    """A portrait, uint8 [178, 178, 3]."""
    data = pytest.importorskip("skimage.data")
    return resize(np.ascontiguousarray(data.astronaut()[:256, 96:352]), 178)
