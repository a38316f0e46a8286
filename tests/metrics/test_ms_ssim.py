"""MS-SSIM against torchmetrics."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.metrics.ms_ssim import MS_SSIM, count_scales
from s2f_core.metrics.ssim import SSIM

# Of torchmetrics 1.9.0's multiscale_structural_similarity_index_measure, data_range 1, on float64;
# at 128 and 64 pixels with the first four and three weights, scaled up to the sum of all five.
TORCHMETRICS = {
    256: {"noise": 0.8472931819794672, "moved": 0.9551230790458586, "paler": 0.5001841214901219},
    176: {"noise": 0.8151607701163334, "moved": 0.9752891323232606, "paler": 0.5094003855341009},
    128: {"noise": 0.7627880009455162, "moved": 0.978926722874835, "paler": 0.514853310082628},
    64: {"noise": 0.6141526272771505, "moved": 0.9260735448075715, "paler": 0.5627825482750017},
}


@pytest.fixture(scope="module")
def picture() -> Pixels:
    """Waves of many widths, uint8 [256, 256, 3]."""
    y, x = np.mgrid[0:1:256j, 0:1:256j]
    channels = [np.sin(40 * x * y + phase) * np.cos(9 * x - 17 * y) for phase in (0, 1, 2)]
    return np.asarray(np.rint(127.5 * (1 + np.stack(channels, axis=-1)))).astype(np.uint8)


@pytest.fixture(scope="module")
def changed(picture: Pixels) -> dict[str, Pixels]:
    """The same with noise, three pixels to the right, and with a quarter of the contrast."""
    noise = np.random.default_rng(0).normal(0, 40, picture.shape)
    return {
        "noise": np.asarray(np.rint(picture + noise).clip(0, 255)).astype(np.uint8),
        "moved": np.roll(picture, 3, axis=1),
        "paler": picture // np.uint8(4) + np.uint8(150),
    }


@pytest.mark.parametrize("side", TORCHMETRICS)
def test_ms_ssim_is_torchmetrics(side: int, picture: Pixels, changed: dict[str, Pixels]) -> None:
    """With all five scales, and with as many as a smaller picture has room for."""
    names = list(TORCHMETRICS[side])
    outputs = np.stack([changed[name][:side, :side] for name in names])
    targets = np.repeat(picture[None, :side, :side], len(names), axis=0)
    scores = MS_SSIM(outputs, targets)
    assert scores == pytest.approx(list(TORCHMETRICS[side].values()), abs=2e-6)
    assert MS_SSIM(outputs[:1], targets[:1])[0] == scores[0]


def test_ms_ssim_at_its_ends(picture: Pixels) -> None:
    """Equal is 1, inverted 0 where SSIM is below; one scale is SSIM, and so are tiny images."""
    images = picture[None]
    assert MS_SSIM(images, images).item() == pytest.approx(1)
    assert MS_SSIM(255 - images, images).item() == 0
    assert SSIM(255 - images, images).item() < 0
    tiny, shifted = images[:, :16, :16], images[:, 1:17, :16]
    assert MS_SSIM(shifted, tiny) == pytest.approx(SSIM(shifted, tiny))
    sides = (8, 11, 21, 22, 43, 44, 87, 88, 128, 175, 176, 512)
    assert [count_scales(side) for side in sides] == [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5]
