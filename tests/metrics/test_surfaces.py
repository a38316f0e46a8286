"""Scores of surfaces: errors worked out by hand, the energy distance, the whole evaluation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import energy_distance

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.datasets.surfaces import Surfaces
from s2f_core.data.selection import Data
from s2f_core.data.tables import Domain, Table, build
from s2f_core.data.toy_surfaces import HIGH, LOW, density, to_pixels
from s2f_core.evaluation.evaluate import Subject, evaluate
from s2f_core.metrics.backbones import networks
from s2f_core.metrics.distances import ENERGY, energy
from s2f_core.metrics.surfaces import SURFACE_ERROR, as_vectors

STEP = (HIGH[2] - LOW[2]) / 255  # of z
CHOSEN = Data(role="grids", background="kept", condition="noise")


def _grids(examples: int, seed: int) -> Pixels:
    """Mesh grids of 6 × 6 points of α = 1, 2 and 3 in turn."""
    path = Path("none")
    made = Surfaces(
        source="surfaces", path=path, format="grids", size=6, examples=examples, seed=seed
    )
    make = made.open(path, 0, path).images.make
    return np.stack([make(row) for row in range(examples)])


def test_points_of_a_surface_have_no_error_but_rounding() -> None:
    """Examples of each α; lifted by a known height, that height."""
    grids = _grids(6, 0)
    classes = ["alpha-1", "alpha-2", "alpha-3"]
    assert (SURFACE_ERROR(grids, classes) <= STEP / 2).all()
    lifted = grids.copy()
    lifted[..., 2] = np.minimum(grids[..., 2].astype(int) + 20, 255)
    error = SURFACE_ERROR(lifted, ["alpha-1"])[0]
    assert error == pytest.approx(20 * STEP, rel=0.2)


def test_the_nearest_alpha_counts() -> None:
    """A point of α = 3 is far from α = 1, and on α = 3; other classes are refused."""
    z = density(0.0, 0.0, 3)
    point = to_pixels(np.array([[[0.0, 0.0, z]]]))
    far = density(0.0, 0.0, 1) - z
    assert SURFACE_ERROR(point, ["alpha-1"])[0] == pytest.approx(far, abs=2 * STEP)
    assert SURFACE_ERROR(point, ["alpha-1", "alpha-3"])[0] == pytest.approx(0, abs=2 * STEP)
    with pytest.raises(UserError, match="other ones: cat, dog"):
        SURFACE_ERROR(point, ["dog", "cat"])


def test_energy_distance_is_scipys() -> None:
    """In one dimension, where scipy's is the root of it, self-pairs included."""
    random = np.random.default_rng(0)
    x, y = random.normal(0, 1, 300), random.normal(1, 2, 200)
    expected = energy_distance(x, y) ** 2
    of_self = np.abs(x[:, None] - x).mean() / 299 + np.abs(y[:, None] - y).mean() / 199
    assert energy(x[:, None], y[:, None]) == pytest.approx(expected - of_self, abs=1e-9)


def test_examples_at_opposite_ends_are_one_apart() -> None:
    """Black against white, whatever the number of points; the interval holds the value."""
    for side in (1, 6):
        black = as_vectors(np.zeros((5, side, side, 3), np.uint8))
        assert energy(black, black + 1 / np.sqrt(3 * side**2)) == pytest.approx(2)
    x, y = as_vectors(_grids(60, 0)), as_vectors(_grids(60, 1))
    near, apart = energy(x, y), energy(x, y[:, ::-1])
    assert abs(near) < 0.01 < apart
    low, high = ENERGY.interval(x, y, np.random.default_rng(0), near)
    assert low < near < high


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Grids and noise, thirty to train on and fifteen to test."""
    root = tmp_path / "data"
    grids = _grids(45, 0)
    noise = np.random.default_rng(0).integers(0, 256, (45, 1, 1, 4)).astype(np.uint8)
    _write(root / "grids" / "kept", grids)
    _write(root / "grids" / "kept-noise", noise)
    split = pd.DataFrame({"id": _ids(45), "split": ["train"] * 30 + ["test"] * 15})
    split.to_parquet(root / "grids" / "split.parquet")
    return root


def _ids(count: int) -> list[str]:
    return [f"{row:02d}" for row in range(count)]


def _write(folder: Path, images: Pixels) -> Table:
    classes = [f"alpha-{row % 3 + 1}" for row in range(len(images))]
    rows = pd.DataFrame({"id": _ids(len(images)), "source": "made", "class": classes})
    return build(folder, Domain(rows, images.__getitem__), label="fixture")


def test_surfaces_are_evaluated_without_networks(data: Path, tmp_path: Path) -> None:
    """Their weights are not there and nobody asks; noise scores far worse than the floor."""
    subject = Subject(
        name="tiny",
        variant="tiny",
        upscaler="none",
        role="grids",
        background="kept",
        condition="noise",
        direction="a-to-b",
        kind="surfaces",
    )
    random = np.random.default_rng(0).integers(0, 256, (45, 6, 6, 3)).astype(np.uint8)
    training, test = CHOSEN.pairs(data, "train"), CHOSEN.pairs(data, "test")
    absent = networks(tmp_path / "no-such-folder")
    found = evaluate(subject, _write(tmp_path / "out", random), training, test, absent)
    assert list(found.figures) == ["surface_error", "energy_distance"]
    floor = found.report["figures"]["real"]
    for name, value in found.figures.items():
        assert value > 5 * abs(floor[name]["value"])
        assert floor[name]["n"] == 15
    assert found.images["surface_error"].mean() == pytest.approx(
        found.figures["surface_error"], rel=1e-5
    )
    assert found.report["scores"]["energy_distance"]["network"] is None
