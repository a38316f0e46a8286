"""Smiles kept: mouths of outputs and drawings, worked out by hand."""

import numpy as np
import pytest

from s2f_core.metrics.smiles_kept import SMILES_KEPT, mouth_curve
from s2f_core.metrics.types import Values


def _face(curve: float, turn: float = 0.0, size: float = 1.0) -> Values:
    """Points [2 · 468] of a face: outer eye corners 40 apart, mouth corners ``curve`` higher."""
    points = np.zeros((468, 2))
    points[[33, 263]] = (30, 50), (70, 50)
    points[[61, 291]] = (40, 80 - curve), (60, 80 - curve)
    points[[13, 14]] = (50, 79), (50, 81)
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) * size).ravel()


def test_the_curve_of_a_mouth_is_a_share_of_the_eyes_distance() -> None:
    """4 of 40 pixels are 0.1, also of a face that is turned and larger."""
    faces = np.stack([_face(4), _face(-2), _face(4, turn=0.5, size=3), np.full(2 * 468, np.nan)])
    assert mouth_curve(faces)[:3].tolist() == pytest.approx([0.1, -0.05, 0.1])
    assert np.isnan(mouth_curve(faces)[3])


def test_a_smile_is_kept_where_the_mouth_curves_the_same_way() -> None:
    """A straight drawn mouth (0.4 of 40 is 1 %) and a missing face do not count."""
    drawings = np.stack([_face(4), _face(4), _face(-4), _face(0.4), _face(4)])
    outputs = np.stack([_face(0.4), _face(-1), _face(-1), _face(4), np.full(2 * 468, np.nan)])
    kept = SMILES_KEPT(outputs, drawings)
    assert kept[:3].tolist() == [1, 0, 1]
    assert np.isnan(kept[3:]).all()
