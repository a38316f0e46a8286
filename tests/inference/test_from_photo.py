"""A photo as the input of a model whose condition makes several inputs of each photo."""

from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pytest

import s2f_core
from s2f_core.common.images import Pixels
from s2f_core.data.background.selfie import Segmenter
from s2f_core.data.conditions.shaded import Shaded

COPIES: dict[str, Any] = {"type": "shaded", "copies": 3, "white": 0}


@pytest.mark.parametrize("drawing", [COPIES, {"type": "mixture", "of": [COPIES, COPIES]}])
def test_a_photo_is_drawn_as_the_first_copy(
    drawing: dict[str, Any], faces: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the first condition of a mixture."""
    monkeypatch.setattr(Segmenter, "__call__", lambda *_: np.zeros((32, 32, 1), np.uint8))
    keys = {"direction": "a-to-b", "drawn_at": 32, "drawing": drawing, "lines": None}
    versions = {"s2f": "0", "torch": "0"}
    mlflow_project.save_untrained(tmp_path, "several", "shaded", versions=versions, **keys)
    model = s2f_core.load("several", tmp_path)
    sketches = Shaded.model_validate(COPIES).load(tmp_path)(faces[0])
    expected = [model(sketch) for sketch in sketches]
    output = model(faces[0], from_photo=True)
    assert np.array_equal(output, expected[0])
    assert not np.array_equal(output, expected[1])
