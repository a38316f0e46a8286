"""Scores of a validation of few images, and of a training that diverged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from torch import nn

from s2f_core.common.images import Pixels
from s2f_core.training import validation
from s2f_core.training.run import _write_csv
from s2f_core.training.validation import Validation


@pytest.mark.parametrize("count", [1, 3])
def test_targets_that_are_all_alike_give_no_variety(
    monkeypatch: pytest.MonkeyPatch, faces: Pixels, count: int
) -> None:
    """So a generator is not called collapsed, which has nothing to vary with."""
    images = faces[:count], np.repeat(faces[:1], count, axis=0)
    monkeypatch.setattr(validation, "outputs_and_targets", lambda *_: images)
    pairs: Any = SimpleNamespace(has_target=True)
    scores = Validation(pairs, "last")(1, {"a-to-b": nn.Linear(1, 1)})
    assert set(scores) == {"ssim", "pixel_difference"}
    monkeypatch.setattr(validation, "outputs_and_targets", lambda *_: (faces[:2], faces[2:4]))
    assert Validation(pairs, "last")(1, {"a-to-b": nn.Linear(1, 1)})["variety"] > 0


def test_a_csv_file_has_no_value_that_is_not_finite(tmp_path: Path) -> None:
    """The curves of a training that diverged have empty fields."""
    rows = pd.DataFrame([{"step": 10, "loss": 1.5}, {"step": 20, "loss": float("inf")}])
    _write_csv(tmp_path / "curves" / "a.csv", rows)
    assert (tmp_path / "curves" / "a.csv").read_text() == "step,loss\n10,1.5\n20,\n"
