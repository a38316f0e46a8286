"""Random streams: one seed in params.yaml, an independent stream for every purpose and step."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

Seed = Annotated[int, Field(strict=True, ge=0, lt=2**63)]


def stream(*keys: int) -> np.random.Generator:
    """Return a generator that depends only on ``keys``, such as (seed, purpose, step).

    The random numbers of a step do not depend on earlier steps, so a resumed run needs no saved
    generator state to equal an uninterrupted one.
    """
    return np.random.default_rng(np.random.SeedSequence(keys))
