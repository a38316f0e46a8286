"""Scores of a validation of few images, and of a training that diverged."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.metrics.kid import kid
from s2f_core.metrics.types import Values
from s2f_core.training import validation
from s2f_core.training.run import _write_csv
from s2f_core.training.validation import COLUMNS, Validation


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


class Colours:
    """A stand-in for Inception: the mean colour of each quarter; counts what the cache may keep."""

    kept = 0

    def __call__(self, images: Pixels) -> Values:
        """Features [n, 12], from the cache."""
        self.kept += len(images)
        return self.compute(images)

    def compute(self, images: Pixels) -> Values:
        """Features [n, 12], not kept."""
        quarters = images.reshape(len(images), 2, 16, 2, 16, 3).mean(axis=(2, 4))
        return np.asarray(quarters.reshape(len(images), -1) / 255)


def test_the_kid_of_a_validation_chooses_the_weights(
    monkeypatch: pytest.MonkeyPatch, faces: Pixels
) -> None:
    """It is that of outputs and targets as sets, also without pairs; the least is the best."""
    inception: Any = Colours()
    pairs: Any = SimpleNamespace(has_target=False, ids=range(20), ids_b=range(18))
    check, rows = Validation(pairs, "kid", inception), []
    network = nn.Linear(1, 1)
    for step, outputs in enumerate((faces[:20] // 4, faces[:20], 255 - faces[:20] // 4), 1):
        images = outputs, faces[20:38]
        monkeypatch.setattr(validation, "outputs_and_targets", lambda *_, images=images: images)
        nn.init.constant_(network.weight, step)
        rows.append(check(step, {"a-to-b": network})["kid"])
        assert rows[-1] == kid(inception.compute(outputs), inception.compute(faces[20:38]))
    assert rows[1] == min(rows)
    assert check.best_step == 2
    assert check.best["a-to-b"]["weight"].item() == 2
    assert set(check.rows[0]) == {"step", "kid", "variety"}
    assert set(check.rows[0]) <= set(COLUMNS)
    assert inception.kept == 3 * 18  # targets alone


def test_too_few_images_for_a_kid_are_an_error() -> None:
    """One validation image has no KID; without it, one image will do."""
    pairs: Any = SimpleNamespace(has_target=True, ids=range(1), ids_b=range(1))
    inception: Any = Colours()
    with pytest.raises(UserError, match=r"has 1 image: its KID needs at least 2; set recipe\.best"):
        Validation(pairs, "kid", inception)
    Validation(pairs, "last")
