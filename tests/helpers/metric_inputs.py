"""Inputs of scores: vectors, and examples of surfaces."""

from pathlib import Path

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.datasets.gaussian_surfaces import GaussianSurfaces
from s2f_core.metrics.types import Values


def normal_vectors(n: int, seed: int = 0, d: int = 8) -> Values:
    """Vectors [n, d] from a standard normal distribution."""
    return np.random.default_rng(seed).normal(size=(n, d))


def scaled_vectors(n: int, shift: float = 0.0, d: int = 24) -> Values:
    """Vectors [n, d], seeded by n, with standard deviations from 0.1 to 2."""
    random = np.random.default_rng(n)
    return np.asarray(random.normal(shift, 1, (n, d)) @ np.diag(np.linspace(0.1, 2, d)))


def surface_grids(examples: int, seed: int) -> Pixels:
    """Mesh grids of 6 × 6 points with α = 1, 2 and 3 in turn: uint8 [examples, 6, 6, 3]."""
    path = Path("none")
    dataset = GaussianSurfaces(
        source="surfaces", path=path, format="grids", size=6, examples=examples, seed=seed
    )
    make = dataset.open(path, 0, path).images.make
    return np.stack([make(row) for row in range(examples)])
