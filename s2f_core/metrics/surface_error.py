"""Surface error: the distance of generated points from the density they should lie on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.toy_surfaces import density, to_coordinates
from s2f_core.metrics.types import ClassScore, Values

CLASS_PREFIX = "alpha-"


def surface_error(outputs: Pixels, classes: Sequence[str]) -> Values:
    """Return the mean |z - p_α(x, y)| over each output's points: float64 [n].

    ``outputs`` are uint8 [n, H, W, 3]. Each takes the α of the data with the least error.
    ``classes`` are named ``alpha-1`` and so on; raises UserError where none is.
    """
    points = to_coordinates(outputs)
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    errors = [np.abs(z - density(x, y, alpha)).mean(axis=1) for alpha in _alphas(classes)]
    return np.asarray(np.min(errors, axis=0), dtype=np.float64)


def _alphas(classes: Sequence[str]) -> list[int]:
    names = sorted(name for name in classes if name.removeprefix(CLASS_PREFIX).isdigit())
    if not names:
        names_given = ", ".join(sorted(classes)) or "none"
        raise UserError(
            f"the surface error needs classes that name a density, '{CLASS_PREFIX}1' and so on; "
            f"the data has other ones: {names_given}"
        )
    return [int(name.removeprefix(CLASS_PREFIX)) for name in names]


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
