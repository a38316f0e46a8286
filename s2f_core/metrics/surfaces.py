"""Surfaces: how far points lie from the density they should lie on, and examples as vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.toy_surfaces import density, to_coordinates
from s2f_core.metrics.types import ClassScore, Values

CLASS = "alpha-"


def surface_error(outputs: Pixels, classes: Sequence[str]) -> Values:
    """Mean |z - p_α(x, y)| over each output's points, least over the α of the data: float64 [n].

    ``classes`` are named ``alpha-1`` and so on. Raises UserError where none is.
    """
    points = to_coordinates(outputs)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    errors = [np.abs(z - density(x, y, alpha)).mean(axis=1) for alpha in _alphas(classes)]
    return np.asarray(np.min(errors, axis=0), dtype=np.float64)


def _alphas(classes: Sequence[str]) -> list[int]:
    names = sorted(name for name in classes if name.removeprefix(CLASS).isdigit())
    if not names:
        found = ", ".join(sorted(classes)) or "none"
        raise UserError(
            f"surfaces are scored against the densities of their classes, '{CLASS}1' and so on; "
            f"the data has other ones: {found}"
        )
    return [int(name.removeprefix(CLASS)) for name in names]


def as_vectors(images: Pixels) -> Values:
    """Each example as one vector float64 [n, 3·N] of its points' coordinates.

    A coordinate is scaled to its unit range and the vector by 1/√(3·N): two examples that differ
    by the whole range in all of them are 1 apart, whatever the number of points.
    """
    vectors = images.reshape(len(images), -1) / 255.0
    return np.asarray(vectors / np.sqrt(vectors.shape[1]))


SURFACE_ERROR = ClassScore(
    title="Surface error",
    function=surface_error,
    higher_is_better=False,
    range=(0, None),
    library=f"numpy {np.__version__}",
    describe=(
        "Mean |z - p(x, y)| over an example's points, in z's units (a density), against the "
        "density of N(0, αI) that fits best among those of the data. Where all points are far out, "
        "z near 0 fits: read it beside the energy distance."
    ),
)
