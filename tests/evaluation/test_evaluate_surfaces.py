"""The evaluation of a translation to surfaces."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from metric_inputs import surface_grids

from s2f_core.common.images import Pixels
from s2f_core.data.selection import VariantData
from s2f_core.data.tables import Domain, Table, build
from s2f_core.evaluation.evaluate import Subject, evaluate_outputs
from s2f_core.metrics.backbones import feature_networks

DATA = VariantData(role="grids", background="kept", condition="noise")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Grids and noise: thirty training and fifteen test examples."""
    root = tmp_path / "data"
    grids = surface_grids(45, 0)
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
    """No weights are needed; noise scores far worse than the floor."""
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
    training, test = DATA.pairs(data, "train"), DATA.pairs(data, "test")
    absent = feature_networks(tmp_path / "no-such-folder")
    result = evaluate_outputs(subject, _write(tmp_path / "out", random), training, test, absent)
    assert list(result.scores) == ["surface_error", "energy_distance"]
    floor = result.report["figures"]["real"]
    for name, value in result.scores.items():
        assert value > 5 * abs(floor[name]["value"])
        assert floor[name]["n"] == 15
    assert result.images["surface_error"].mean() == pytest.approx(
        result.scores["surface_error"], rel=1e-5
    )
    assert result.report["scores"]["energy_distance"]["network"] is None
