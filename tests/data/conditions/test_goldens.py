"""Every condition makes its golden picture from one photo, a real face.

HED's picture was computed by ONNX Runtime from another graph; the others by OpenCV 5.0.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter
from skimage.data import astronaut

from s2f_core.common.images import Pixels, decode, resize, to_rgb
from s2f_core.data.assets import fetch
from s2f_core.data.conditions import Condition

GOLDEN = Path(__file__).parent / "golden"
FORMULAS: dict[str, dict[str, Any]] = {
    "pencil": {"type": "pencil"},
    "edges": {"type": "edges"},
    "edges-otsu": {"type": "edges", "thresholds": "otsu"},
    "edges-median": {"type": "edges", "thresholds": "median"},
    "xdog": {"type": "xdog"},
    "gray": {"type": "gray"},
    "quantised": {"type": "quantised"},
    "stylised": {"type": "stylised"},
}
WITH_WEIGHTS: dict[str, dict[str, Any]] = {
    "hed": {"type": "hed", "precision": "float32"},
    "hed-fast": {"type": "hed", "precision": "bfloat16"},
    "pose": {"type": "pose"},
    "face-mesh": {"type": "face-mesh"},
    "drawing": {"type": "drawing", "doodle": {"chance": 0}},
    "shaded": {"type": "shaded"},
}


@pytest.fixture(scope="module")
def photo() -> Pixels:
    """The head and shoulders of NASA's astronaut Eileen Collins, uint8 [96, 96, 3]."""
    return resize(np.ascontiguousarray(astronaut()[:300, 70:370]), 96)


def condition(keys: dict[str, Any]) -> Any:
    """The section with these parameters."""
    return TypeAdapter[Any](Condition).validate_python(keys)


def assert_golden(picture: Pixels, name: str) -> None:
    """Assert that a picture is the golden one, except for small and for rare differences."""
    golden = decode((GOLDEN / f"{name.removesuffix('-fast')}.png").read_bytes())
    difference = np.abs(to_rgb(picture).astype(int) - golden)
    assert difference.mean() < 2, f"{name}: {difference.mean():.2f} grey levels off"
    assert (difference > 32).mean() < 0.02, f"{name}: {(difference > 32).mean():.1%} of it is off"


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_makes_its_golden_picture(name: str, photo: Pixels) -> None:
    """With its default settings."""
    assert_golden(condition(FORMULAS[name]).apply(photo), name)


def test_golden_pictures_differ() -> None:
    """No picture would pass for another."""
    pictures = {path.stem: decode(path.read_bytes()) for path in GOLDEN.glob("*.png")}
    assert {*FORMULAS, *WITH_WEIGHTS} - {"hed-fast"} == set(pictures)
    for name, picture in pictures.items():
        for other in {*pictures} - {name}:
            with pytest.raises(AssertionError, match=other):
                assert_golden(picture, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_WEIGHTS)
def test_a_condition_with_weights_makes_its_golden_picture(
    name: str, photo: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are fetched as a user fetches them."""
    monkeypatch.delenv("S2F_CACHE")  # the user's own cache: the weights are fetched once
    section = condition(WITH_WEIGHTS[name])
    for asset in section.ASSETS:
        fetch(asset, tmp_path / asset)
    assert_golden(section.load(tmp_path)(photo), name)


@pytest.mark.slow
def test_hed_agrees_with_another_runtime(
    photo: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one grey level in float32 and six in bfloat16."""
    monkeypatch.delenv("S2F_CACHE")
    fetch("hed", tmp_path / "hed")
    golden = decode((GOLDEN / "hed.png").read_bytes())[..., :1].astype(int)
    for precision, limit in (("float32", 1), ("bfloat16", 6)):
        edges = condition({"type": "hed", "precision": precision}).load(tmp_path)(photo)
        assert np.abs(edges - golden).max() <= limit
