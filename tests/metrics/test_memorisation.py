"""The nearest training image against a search by hand."""

import numpy as np
import pytest
from fixtures import MakeTable

from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.metrics.memorisation import MEMORISATION, NearestTraining


def test_copies_have_distance_zero_to_their_training_image(
    make_table: MakeTable, faces: Pixels
) -> None:
    """Other distances equal a search by hand."""
    names = [f"{row:03d}" for row in range(40)]
    table = make_table("photos", faces)
    nearest = NearestTraining(Pairs(table, table, names[:30]))
    real = faces[30:]
    outputs = np.stack([faces[4], faces[4] // 2 + real[0] // 2, real[5]])
    differences = outputs.astype(float)[:, None] - faces[None, :30]
    by_hand = np.sqrt((differences**2).mean(axis=(2, 3, 4))) / 255
    assert nearest(outputs)[:, 0] == pytest.approx(by_hand.min(axis=1))
    rows = nearest.list_nearest(["x", "y", "z"], outputs, {"x", "z"})
    assert rows[0] == ("x", "004", 0)
    assert rows[1][:2] == ("z", names[by_hand[2].argmin()])
    ratios = MEMORISATION(nearest(outputs), nearest(real))
    assert ratios[0] == 0
    assert ratios[2] == pytest.approx(by_hand[2].min() / nearest(real).mean())
    assert MEMORISATION(nearest(real), nearest(real)).mean() == pytest.approx(1)


def test_a_grey_training_image_equals_its_copy_in_three_channels(
    make_table: MakeTable, faces: Pixels
) -> None:
    """A network draws grey images in three channels."""
    grey = make_table("grey", faces[..., :1])
    nearest = NearestTraining(Pairs(grey, grey, [f"{row:03d}" for row in range(30)]))
    assert not nearest(np.repeat(faces[:5, ..., :1], 3, axis=3)).any()
