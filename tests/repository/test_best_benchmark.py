"""The sweep behind ``best``."""

from __future__ import annotations

import pytest

from benchmarks.best import CHOICES, apply_overrides
from benchmarks.quality_for_time import settings


@pytest.mark.parametrize("name", CHOICES)
def test_each_choice_changes_values_of_best(name: str) -> None:
    """Each is valid at the common width, and no override equals best's own value."""
    base = settings("best", 0, minutes=1, steps=7)
    trial = apply_overrides(base, CHOICES[name], 1.0)
    assert trial.variant.width_ratio == 1
    assert trial.max_steps == 7
    old, new = (each.variant.model_dump() for each in (base, trial))
    differing = {
        f"{section}.{key}"
        for section in ("generator", "objective", "recipe")
        for key in old[section]
        if old[section][key] != new[section][key]
    }
    if old["discriminator"] != new["discriminator"]:
        differing.add("discriminator")
    assert differing == set(CHOICES[name])
