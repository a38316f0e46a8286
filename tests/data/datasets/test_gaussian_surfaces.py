"""Surfaces of P3: points, clouds and grids that lie on a density."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawing_archives import pickle_round_trip
from pydantic import ValidationError
from scipy.stats import multivariate_normal

from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.gaussian_surfaces import GaussianSurfaces
from s2f_core.data.split import Split, assign
from s2f_core.data.tables import Table
from s2f_core.data.toy_surfaces import HIGH, LOW, density, to_coordinates, to_pixels

FORMATS = [("points", 1), ("clouds", 8), ("grids", 8)]


def _table(folder: Path, **keys: object) -> Table:
    options = {"source": "surfaces", "path": "unused", "examples": 300, **keys}
    section = GaussianSurfaces.model_validate(options)
    return prepare(section, Path("unused"), 128, folder / "out", Path("unused"))


def _alphas(table: Table) -> list[int]:
    return [int(name.removeprefix("alpha-")) for name in table.index["class"]]


def test_density_is_that_of_a_normal_distribution() -> None:
    """Compared with SciPy; its peak is 1/(2πα)."""
    points = np.random.default_rng(0).uniform(-4, 4, (50, 2))
    for alpha in (1, 2, 5):
        expected = multivariate_normal([0, 0], alpha * np.eye(2)).pdf(points)
        assert density(points[:, 0], points[:, 1], alpha) == pytest.approx(expected)
        assert density(0.0, 0.0, alpha) == pytest.approx(0.15915494 / alpha)


def test_pixels_are_coordinates_of_fixed_ranges() -> None:
    """0 is the low end, 255 the high one, 51 a fifth of the way; the round trip is exact."""
    pixels = np.array([[0, 0, 0], [255, 255, 255], [51, 0, 51], [0, 51, 0]], np.uint8)
    points = to_coordinates(pixels.reshape(1, 2, 2, 3))
    assert points.shape == (1, 4, 3)
    assert points[0, 0] == pytest.approx(LOW)
    assert points[0, 1] == pytest.approx(HIGH)
    assert points[0, 2] == pytest.approx([-2.4, -4, 0.2 / (2 * np.pi)])
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(4, 8, 8, 3)
    assert (to_pixels(to_coordinates(every)) == every).all()
    outside = to_pixels(np.array([[[-9.0, 9.0, 1.0]]]))
    assert outside.tolist() == [[[[0, 255, 255]]]]


def test_the_number_of_points_must_be_a_square() -> None:
    """Three points are no square image."""
    with pytest.raises(ValueError, match="reshape"):
        to_pixels(np.zeros((1, 3, 3)))


@pytest.mark.parametrize(("form", "size"), FORMATS)
def test_every_point_lies_on_its_surface(tmp_path: Path, form: str, size: int) -> None:
    """To half a step of z, whatever the rounding of x and y; the image size has no effect."""
    table = _table(tmp_path, format=form, size=size)
    assert table.shape == (size, size, 3)
    points = to_coordinates(table.images(range(300)))
    alphas = np.array(_alphas(table))
    z = np.stack(
        [density(p[:, 0], p[:, 1], alpha) for p, alpha in zip(points, alphas, strict=True)]
    )
    assert np.abs(points[..., 2] - z).max() <= HIGH[2] / 255 / 2 * 1.001
    assert points[..., 2][alphas == 1].max() > 0.8 * HIGH[2]
    assert np.bincount(alphas).tolist() == [0, 100, 100, 100]


@pytest.mark.parametrize(("form", "size"), FORMATS)
def test_the_split_has_all_parts_and_every_alpha(tmp_path: Path, form: str, size: int) -> None:
    """Images differ, or the split by pixels would put all of an α in one part."""
    table = _table(tmp_path, format=form, size=size)
    assert table.index["id"].is_unique
    rows = assign(table.index, Split()).merge(table.index[["id", "class"]], on="id")
    counts = pd.crosstab(rows["class"], rows["split"])
    assert counts["train"].between(60, 95).all()
    assert counts["val"].min() >= 2
    assert counts["test"].min() >= 2


def test_grids_are_meshes_with_the_peak_inside(tmp_path: Path) -> None:
    """x grows to the right by equal steps, y downwards by the same ones; windows differ."""
    table = _table(tmp_path, format="grids", size=16)
    points = to_coordinates(table.images(range(300))).reshape(300, 16, 16, 3)
    x, y = points[..., 0], points[..., 1]
    assert (x == x[:, :1]).all()
    assert (y == y[:, :, :1]).all()
    wide, high = x[:, 0, -1] - x[:, 0, 0], y[:, -1, 0] - y[:, 0, 0]
    assert wide == pytest.approx(high, abs=0.07)
    assert ((wide > 4.9) & (wide < 7.1)).all()
    assert np.diff(x[:, 0], axis=1) == pytest.approx(np.tile(wide[:, None] / 15, 15), abs=0.04)
    assert (np.abs(x[:, 0, [0, -1]]) > 0.95).all()
    assert ((x[:, 0, 0] < 0) & (x[:, 0, -1] > 0)).all()
    assert table.index["sha256"].nunique() > 295


def test_more_examples_and_alphas_do_not_change_the_others(tmp_path: Path) -> None:
    """An example depends only on seed, α and number."""
    few = _table(tmp_path / "few", format="points", examples=30, alphas=[2])
    many = _table(tmp_path / "many", format="points", examples=90, alphas=[1, 2])
    pixels = many.images(many.positions(few.index["id"]))
    assert (pixels == few.images(range(30))).all()
    other = _table(tmp_path / "other", format="points", examples=30, alphas=[2], seed=1)
    assert (other.images(range(30)) != few.images(range(30))).any()


def test_makers_can_be_pickled() -> None:
    """The pickle has the seed and no example."""
    options = {"source": "surfaces", "path": "unused", "format": "grids", "size": 8}
    section = GaussianSurfaces.model_validate(options)
    make = section.open(Path("unused"), 128, Path("unused")).images.make
    assert (pickle_round_trip(make)(5) == make(5)).all()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"format": "points", "size": 4}, "size must be 1 for points, got 4"),
        ({"format": "grids"}, "size must be 2 or more for grids, got 1"),
        ({"format": "points", "alphas": [1, 1]}, r"alphas must differ, got \[1, 1\]"),
        ({"format": "points", "alphas": [0]}, "greater than or equal to 1"),
        ({"format": "points", "alphas": []}, "at least 1 item"),
        ({"format": "mesh"}, "'points', 'clouds' or 'grids'"),
    ],
)
def test_invalid_parameters_are_refused(
    tmp_path: Path, keys: dict[str, object], message: str
) -> None:
    """Sizes that do not fit the format, and α that are not natural numbers."""
    with pytest.raises(ValidationError, match=message):
        _table(tmp_path, **keys)
