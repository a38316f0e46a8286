"""Shaded portraits of a synthetic face: copies, and the background."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from face_points import face_photo

from s2f_core.common.images import Pixels
from s2f_core.data.background.selfie import Segmenter
from s2f_core.data.conditions.shaded import Shaded


@pytest.fixture(autouse=True)
def _matte(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network's answer for the synthetic face."""
    monkeypatch.setattr(Segmenter, "__call__", lambda _, photo: face_photo(len(photo))[1])


def _pages(**keys: Any) -> Pixels:
    photo, _ = face_photo()
    photo[:20, :30] = 40  # something in the background
    return Shaded(type="shaded", **keys).load(Path("none"))(photo)


def test_copies_differ_and_depend_on_the_seed() -> None:
    """Each has its own softness, contrast and darkness."""
    pages = _pages(copies=4)
    assert pages.shape == (4, 128, 128, 1)
    assert len({page.tobytes() for page in pages}) == 4
    assert np.array_equal(pages, _pages(copies=4))
    assert not np.array_equal(pages, _pages(copies=4, seed=1))


def test_a_background_is_white_or_shaded() -> None:
    """By the chance; the person stays as it is."""
    keys: dict[str, Any] = {"copies": 3, "shading": {"tone": (0.5, 0.5)}}
    white, whole = _pages(white=1, **keys), _pages(white=0, **keys)
    assert (white[:, :18, :25] == 255).all()
    assert whole[:, :18, :25].min() < 230
    assert np.array_equal(white[:, 50:80, 45:85], whole[:, 50:80, 45:85])
