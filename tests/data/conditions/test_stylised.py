"""Stylised photos have flat areas and dark steps."""

import numpy as np

from s2f_core.data.conditions.stylised import StylisedPhoto


def test_stylised_flattens_areas_and_keeps_steps() -> None:
    """Noise within two areas is smoothed away; the step between them stays, dark."""
    photo = np.full((64, 64, 3), 60, np.uint8)
    photo[:, 32:] = 190
    random = np.random.default_rng(0)
    noisy = np.clip(photo + random.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)
    painted = StylisedPhoto(type="stylised", size=None).apply(noisy)
    assert painted[:, 4:26].std() < noisy[:, 4:26].std() / 2
    assert painted[:, 40:60].mean() - painted[:, 4:26].mean() > 100
    assert painted[:, 30:34].min() < 30
    thin, thick = (StylisedPhoto(type="stylised", size=size).apply(photo) for size in (256, 64))
    assert (thin < 40).sum() < (thick < 40).sum()
