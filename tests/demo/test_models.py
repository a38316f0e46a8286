"""The demo's models: found by name, exported once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_demo
from tiny_demo import add_drawing_model, make_data_folder, tiny_description

from s2f_core.common import cache
from s2f_core.common.errors import UserError
from s2f_core.demo.canvases import CANVASES
from s2f_core.demo.models import DemoModel, open_models

root = tiny_demo.root


def test_checkpoint_is_exported_once(root: Path) -> None:
    """The cached file depends on the checkpoint's content, not on its path."""
    (model,) = open_models([str(root / "models/lines/a-to-b.pt")], root).values()
    assert model.name == "lines"
    path = model.session.path
    before = path.stat().st_mtime_ns
    (second,) = open_models(["lines"], root).values()
    assert second.session.path == path
    assert path.stat().st_mtime_ns == before
    assert path.parent == cache.cache_folder("onnx")
    (exported,) = open_models([str(path)], root).values()
    assert exported.description == tiny_description("lines", direction="a-to-b")


def test_unknown_names_are_errors(root: Path, tmp_path: Path) -> None:
    """The message lists the models; for a folder without models it names the command."""
    with pytest.raises(UserError, match=r"no model 'line' \(allowed: .*: lines, noisy, samples\)"):
        open_models(["line"], root)
    with pytest.raises(UserError, match=r"no model 'gone\.onnx' \(allowed: "):
        open_models(["gone.onnx"], root)
    with pytest.raises(UserError, match=r"has no model; .* dvc repro"):
        open_models([], tmp_path)


def test_a_damaged_model_does_not_stop_the_others(
    root: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is left out with a warning, unless a person asked for it."""
    shutil.copytree(root / "models", tmp_path / "models")
    (tmp_path / "models" / "lines" / "a-to-b.pt").write_bytes(b"cut")
    assert set(open_models([], tmp_path)) == {"noisy", "samples"}
    assert "lines/a-to-b.pt is damaged" in caplog.text
    with pytest.raises(UserError, match="is damaged"):
        open_models(["lines"], tmp_path)
    for name in ("noisy", "samples"):
        (tmp_path / "models" / name / "a-to-b.pt").write_bytes(b"cut")
    with pytest.raises(UserError, match="has no model that the demo can show"):
        open_models([], tmp_path)


def test_models_for_peoples_drawings_come_first(tmp_path: Path) -> None:
    """The condition tells them, not the name; others keep their order."""
    root = make_data_folder(tmp_path / "data")
    add_drawing_model(root)
    models = open_models([], root)
    assert list(models) == ["mixed", "lines", "noisy", "samples"]
    assert [model.name for model in models.values() if model.for_drawings] == ["mixed"]
    assert models["mixed"].canvas == next(iter(CANVASES)) == "lines"


@pytest.mark.parametrize(
    ("condition", "direction", "expected"),
    [
        ("drawing", "a-to-b", True),
        ("mixture", "a-to-b", True),
        ("mixture", "b-to-a", False),
        ("given", "a-to-b", False),
    ],
)
def test_conditions_of_models_for_peoples_drawings(
    condition: str, direction: str, expected: bool
) -> None:
    """A model of the other direction takes photos."""
    description = tiny_description("lines", drawing={"type": condition}, direction=direction)
    model = DemoModel("lines", Path("nowhere"), description, "lines")
    assert model.for_drawings == expected
    assert model.as_json()["forDrawings"] == expected
