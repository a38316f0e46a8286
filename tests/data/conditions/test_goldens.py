"""What every condition makes of one photo, a real face, beside a picture that was looked at.

HED's picture was computed by ONNX Runtime from a graph of its own; the others by OpenCV 5.0.
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
COMPUTED: dict[str, dict[str, Any]] = {
    "pencil": {"type": "pencil"},
    "edges": {"type": "edges"},
    "edges-otsu": {"type": "edges", "thresholds": "otsu"},
    "edges-median": {"type": "edges", "thresholds": "median"},
    "xdog": {"type": "xdog"},
    "gray": {"type": "gray"},
    "quantised": {"type": "quantised"},
    "stylised": {"type": "stylised"},
}
FETCHED: dict[str, dict[str, Any]] = {
    "hed": {"type": "hed", "precision": "float32"},
    "hed-fast": {"type": "hed", "precision": "bfloat16"},
    "pose": {"type": "pose"},
    "face-mesh": {"type": "face-mesh"},
}


@pytest.fixture(scope="module")
def photo() -> Pixels:
    """The head and shoulders of NASA's astronaut Eileen Collins, uint8 [96, 96, 3]."""
    return resize(np.ascontiguousarray(astronaut()[:300, 70:370]), 96)


def condition(keys: dict[str, Any]) -> Any:
    """The section that these parameters stand for."""
    return TypeAdapter[Any](Condition).validate_python(keys)


def same(found: Pixels, name: str) -> None:
    """Assert that a picture is the golden one, but for small and for rare differences."""
    golden = decode((GOLDEN / f"{name.removesuffix('-fast')}.png").read_bytes())
    difference = np.abs(to_rgb(found).astype(int) - golden)
    assert difference.mean() < 2, f"{name}: {difference.mean():.2f} grey levels off"
    assert (difference > 32).mean() < 0.02, f"{name}: {(difference > 32).mean():.1%} of it is off"


@pytest.mark.parametrize("name", COMPUTED)
def test_a_computed_condition_is_its_golden_picture(name: str, photo: Pixels) -> None:
    """With the defaults."""
    same(condition(COMPUTED[name]).apply(photo), name)


def test_golden_pictures_differ() -> None:
    """None would pass for another."""
    pictures = {path.stem: decode(path.read_bytes()) for path in GOLDEN.glob("*.png")}
    assert {*COMPUTED, *FETCHED} - {"hed-fast"} == set(pictures)
    for name, picture in pictures.items():
        for other in {*pictures} - {name}:
            with pytest.raises(AssertionError, match=other):
                same(picture, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", FETCHED)
def test_a_condition_with_weights_is_its_golden_picture(
    name: str, photo: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are fetched, as a user would."""
    monkeypatch.delenv("S2F_CACHE")  # the user's own cache: the weights are fetched once
    section = condition(FETCHED[name])
    for asset in section.ASSETS:
        fetch(asset, tmp_path / asset)
    same(section.load(tmp_path)(photo), name)


@pytest.mark.slow
def test_hed_is_what_another_runtime_makes_of_it(
    photo: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In float32, within a grey level everywhere; in bfloat16 within six."""
    monkeypatch.delenv("S2F_CACHE")
    fetch("hed", tmp_path / "hed")
    golden = decode((GOLDEN / "hed.png").read_bytes())[..., :1].astype(int)
    for kind, most in (("float32", 1), ("bfloat16", 6)):
        found = condition({"type": "hed", "precision": kind}).load(tmp_path)(photo)
        assert np.abs(found - golden).max() <= most
