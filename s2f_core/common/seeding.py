"""Seeds: one number in params.yaml, an independent stream for every purpose and step."""

from __future__ import annotations

import numpy as np


def stream(*keys: int) -> np.random.Generator:
    """A generator that depends on ``keys`` alone, such as (seed, purpose, step).

    What is drawn at a step does not depend on what was drawn before, so a resumed run needs no
    generator state to go on as the uninterrupted one would have.
    """
    return np.random.default_rng(np.random.SeedSequence(keys))
