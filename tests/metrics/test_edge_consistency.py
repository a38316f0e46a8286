"""Edge consistency against NumPy's correlation, and the conditions it can redraw."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.edges import Edges
from s2f_core.data.conditions.given import GivenInputs
from s2f_core.data.conditions.hed import Hed
from s2f_core.data.conditions.noise import Noise
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.conditions.pose import Pose
from s2f_core.metrics.edge_consistency import EDGE_CONSISTENCY, condition_redraw, profiles


def test_edge_consistency_is_the_correlation_of_blurred_drawings(faces: Pixels) -> None:
    """numpy's correlation after SciPy's blur, which has σ = 32/128; one at a time the same."""
    ours, theirs = 255 - faces[:5], faces[5:10]
    scores = EDGE_CONSISTENCY(profiles(ours), profiles(theirs))
    for row in range(5):
        blurred = [
            gaussian_filter(images[row].astype(float), (0.25, 0.25, 0), mode="mirror", truncate=6)
            for images in (ours, theirs)
        ]
        expected = np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1]
        assert scores[row] == pytest.approx(expected, abs=1e-3)
        alone = EDGE_CONSISTENCY(profiles(ours[row : row + 1]), profiles(theirs[row : row + 1]))
        assert alone.item() == pytest.approx(scores[row])


def test_edges_a_pixel_away_count_in_part() -> None:
    """A line on 128 pixels is found less, the further it is; nothing, and no line, is 0."""
    drawings = np.full((4, 128, 128, 1), 255, np.uint8)
    for row, column in enumerate((60, 61, 63, 90)):
        drawings[row, :, column] = 0
    line, near, apart, far = profiles(drawings)
    correlations = [float(line @ other) for other in (line, near, apart, far)]
    assert correlations[0] == pytest.approx(1)
    assert 0.7 < correlations[1] < 0.9
    assert 0 < correlations[2] < 0.3
    assert correlations[3] == pytest.approx(-0.03, abs=0.02)
    assert not profiles(np.full((1, 64, 64, 3), 200, np.uint8)).any()


def test_a_photo_is_drawn_again_by_the_same_condition(faces: Pixels, tmp_path: Path) -> None:
    """A photo gives its own drawing, another one not; only conditions that are formulas do."""
    pencil = Pencil(type="pencil", blur=9)
    redraw = condition_redraw(pencil, tmp_path)
    assert redraw is not None
    drawings = profiles(np.stack([pencil.apply(face) for face in faces]))
    assert EDGE_CONSISTENCY(redraw(faces), drawings) == pytest.approx(np.ones(40))
    assert (EDGE_CONSISTENCY(redraw(faces[::-1]), drawings) < 0.9).all()
    assert not redraw.costly
    assert condition_redraw(Edges(type="edges"), tmp_path) is not None
    hed = condition_redraw(Hed(type="hed"), tmp_path)
    assert hed is not None
    assert hed.costly
    for other in (GivenInputs(type="given"), Noise(type="noise"), Pose(type="pose")):
        assert condition_redraw(other, tmp_path) is None
