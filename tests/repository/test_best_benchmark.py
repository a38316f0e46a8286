"""The sweep that ``best`` was chosen by."""

from __future__ import annotations

import pytest

from benchmarks.best import CHOICES, apply_overrides
from benchmarks.quality_for_time import settings


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_best_but_for_its_overrides(name: str) -> None:
    """It can be trained, at the common width, and its overrides are no values of best itself."""
    base = settings("best", 0, minutes=1, steps=7)
    trial = apply_overrides(base, CHOICES[name], 1.0)
    assert trial.variant.width_ratio == 1
    assert trial.max_steps == 7
    old, new = (each.variant.model_dump() for each in (base, trial))
    differing = {
        f"{section}.{key}"
        for section in ("generator", "discriminator", "objective", "recipe")
        for key in old[section]
        if old[section][key] != new[section][key]
    }
    assert differing == set(CHOICES[name])
