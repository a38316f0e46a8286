"""Pictures for scores of pairs."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels


@pytest.fixture
def noisy(faces: Pixels) -> Pixels:
    """The faces with noise, more in each than in the one before."""
    random = np.random.default_rng(1)
    noise = random.normal(0, 1, faces.shape) * np.arange(1, 41)[:, None, None, None]
    return np.asarray((faces + noise).clip(0, 255)).astype(np.uint8)
