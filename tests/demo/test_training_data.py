"""A model's training data in the demo: its inputs and its examples."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_demo import SIDE, add_drawing_model, cross_image, make_data_folder

from s2f_core.demo.models import DemoModel, open_models
from s2f_core.demo.training_data import TrainingData


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a model for people's drawings among others."""
    root = make_data_folder(tmp_path_factory.mktemp("project") / "data")
    add_drawing_model(root)
    return root


@pytest.fixture
def mixed(root: Path) -> DemoModel:
    """The model for people's drawings."""
    return open_models(["mixed"], root)["mixed"]


def test_inputs_have_all_copies_in_the_frames_of_the_recipe(
    root: Path, mixed: DemoModel, tmp_path: Path
) -> None:
    """The first copies have lines 1 px wide, the others 3 px; enlarged, they are others."""
    shutil.copytree(root.parent, tmp_path / "project")
    (tmp_path / "project" / "params.yaml").unlink()
    table = [cross_image(SIDE, SIDE / 2 + k, width)[..., :1] for k in range(3) for width in (1, 3)]
    pages = {page.tobytes() for page in table}
    unframed = TrainingData(tmp_path / "project" / "data").inputs(mixed)
    framed = TrainingData(root).inputs(mixed)
    assert unframed is not None
    assert framed is not None
    assert len(unframed) == len(framed) == 20
    assert {page.tobytes() for page in unframed} == pages
    assert not pages & {page.tobytes() for page in framed}


def test_usual_ranges_are_those_of_all_copies(root: Path, mixed: DemoModel) -> None:
    """From lines 1 px wide to ones 3 px wide."""
    widths, pixel = TrainingData(root).ranges(mixed)["stroke_width"], 128 / SIDE
    assert widths.low < 1.5 * pixel
    assert widths.high > 3 * pixel


def test_examples_are_peoples_drawings_for_a_model_of_such(root: Path, mixed: DemoModel) -> None:
    """Another model has its own test inputs."""
    data = TrainingData(root)
    assert data.has_peoples_examples(mixed)
    expected = [cross_image(SIDE, row) for row in range(12)]
    assert np.array_equal(data.examples(mixed), expected)
    lines = open_models(["lines"], root)["lines"]
    assert not data.has_peoples_examples(lines)
    assert len(data.examples(lines)) == 10


@pytest.mark.parametrize("missing", ["people", "../params.yaml"])
def test_without_peoples_drawings_examples_are_test_inputs(
    root: Path, mixed: DemoModel, tmp_path: Path, missing: str
) -> None:
    """The table is missing, or the parameters that name it."""
    shutil.copytree(root.parent, tmp_path / "project")
    data = TrainingData(tmp_path / "project" / "data")
    gone = data.root / missing
    shutil.rmtree(gone) if gone.is_dir() else (data.root.parent / "params.yaml").unlink()
    assert not data.has_peoples_examples(mixed)
    assert len(data.examples(mixed)) == 10
    assert np.array_equal(data.examples(mixed)[0], cross_image(SIDE, SIDE / 2 + 20 % 3))
