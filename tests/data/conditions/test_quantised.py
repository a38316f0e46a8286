"""Quantised photos have flat cells and few colours."""

import numpy as np

from s2f_core.common.images import Pixels
from s2f_core.data.conditions.quantised import QuantisedPhoto


def test_quantised_cells_are_flat_and_few_coloured(faces: Pixels) -> None:
    """Eight by eight squares of four pixels, of their means; then three colours near them."""
    means = faces[0].reshape(8, 4, 8, 4, 3).mean(axis=(1, 3)).repeat(4, axis=0).repeat(4, axis=1)
    full = QuantisedPhoto(type="quantised", cells=8, colours=None).apply(faces[0])
    assert np.abs(full - means).max() <= 1
    few = QuantisedPhoto(type="quantised", cells=8, colours=3).apply(faces[0])
    palette = np.unique(few.reshape(-1, 3), axis=0)
    assert 2 <= len(palette) <= 3
    for colour in palette:  # k-means: a colour is the mean of the cells that have it
        cells = (few == colour).all(axis=-1)
        assert np.abs(full[cells].mean(axis=0) - colour).max() < 8
