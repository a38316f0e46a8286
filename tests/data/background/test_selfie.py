"""Selfie segmentation of a real person."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.assets import fetch
from s2f_core.data.background.selfie import Selfie


@pytest.mark.slow
def test_selfie_finds_the_person(
    astronaut: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The matte is opaque on the face and clear in the upper corners; plain grey has no person."""
    monkeypatch.delenv("S2F_CACHE")
    fetch("selfie", tmp_path)
    model = pickle.loads(pickle.dumps(Selfie(model="selfie").open(tmp_path)))  # noqa: S301
    alpha = model(astronaut)
    assert alpha.shape == (178, 178, 1)
    assert alpha[60:100, 60:120].mean() > 250
    assert alpha[:20, :20].mean() < 10
    assert model(np.full((64, 48, 3), 128, np.uint8)).mean() < 10
