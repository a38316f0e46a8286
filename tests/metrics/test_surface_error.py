"""Surface errors worked out by hand."""

import numpy as np
import pytest
from metric_inputs import surface_grids

from s2f_core.common.errors import UserError
from s2f_core.data.toy_surfaces import HIGH, LOW, density, to_pixels
from s2f_core.metrics.surface_error import SURFACE_ERROR

STEP = (HIGH[2] - LOW[2]) / 255  # of z


def test_points_of_a_surface_have_rounding_errors_only() -> None:
    """Points lifted by a known height have that error."""
    grids = surface_grids(6, 0)
    classes = ["alpha-1", "alpha-2", "alpha-3"]
    assert (SURFACE_ERROR(grids, classes) <= STEP / 2).all()
    lifted = grids.copy()
    lifted[..., 2] = np.minimum(grids[..., 2].astype(int) + 20, 255)
    error = SURFACE_ERROR(lifted, ["alpha-1"])[0]
    assert error == pytest.approx(20 * STEP, rel=0.2)


def test_surface_error_takes_the_nearest_alpha() -> None:
    """Classes that name no density are an error."""
    z = density(0.0, 0.0, 3)
    point = to_pixels(np.array([[[0.0, 0.0, z]]]))
    far = density(0.0, 0.0, 1) - z
    assert SURFACE_ERROR(point, ["alpha-1"])[0] == pytest.approx(far, abs=2 * STEP)
    assert SURFACE_ERROR(point, ["alpha-1", "alpha-3"])[0] == pytest.approx(0, abs=2 * STEP)
    with pytest.raises(UserError, match="other ones: cat, dog"):
        SURFACE_ERROR(point, ["dog", "cat"])
