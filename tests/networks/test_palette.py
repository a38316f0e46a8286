"""A U-Net that is told a palette."""

from __future__ import annotations

import pytest
import torch
from network_contract import generator

from s2f_core.common.errors import UserError
from s2f_core.data.palette import CHANNELS, to_input
from s2f_core.networks.layers import initialise
from s2f_core.networks.mirror import MirrorMean
from s2f_core.networks.unet import UNet

PALETTES = [",".join(["#102030"] * 4), ",".join(["#f0e0d0"] * 4), "#00ff00,#0000ff,#ff0000,#808080"]


def _unet(**options: object) -> UNet:
    torch.manual_seed(0)
    section = generator(type="unet", depth=2, norm="none", dropout=0, palette=True, **options)
    network = section.build(16, 8, 1, 3)
    initialise(network, "normal", 0.3)
    network.set_palettes(PALETTES)
    return network.eval()  # type: ignore[no-any-return]


@pytest.mark.parametrize("noise", ["none", "both"])
def test_the_output_follows_the_palette(noise: str) -> None:
    """Each image has its own, or all have one."""
    network, images = _unet(noise=noise), torch.rand(3, 1, 16, 16) * 2 - 1
    plane, inner = torch.randn(3, 1, 16, 16), torch.randn(3, 1, 4, 4)
    given = {"noise": plane, "inner": inner} if noise == "both" else {}
    outputs = network(images, palette=to_input(PALETTES), **given)
    assert outputs.shape == (3, 3, 16, 16)
    for row, palette in enumerate(PALETTES):
        same = network(images, palette=to_input([palette]), **given)
        assert torch.allclose(same[row], outputs[row], atol=1e-6)
        assert (same[row] - network(images, palette=torch.zeros(1, CHANNELS), **given)[row]).any()


def test_without_one_it_is_drawn_from_those_it_knows() -> None:
    """Seeded by torch, another for each image; all of them come."""
    network, image = _unet(), torch.rand(1, 1, 16, 16)
    known = [network(image, palette=to_input([palette]))[0] for palette in PALETTES]
    torch.manual_seed(3)
    drawn = network(image.expand(40, -1, -1, -1))
    rows = [[torch.allclose(each, one, atol=1e-5) for one in known].index(True) for each in drawn]
    assert set(rows) == {0, 1, 2}
    torch.manual_seed(3)
    assert torch.equal(network(image.expand(40, -1, -1, -1)), drawn)


def test_without_any_the_message_says_so() -> None:
    """A palette that is given is enough."""
    network, image = _unet(), torch.rand(1, 1, 16, 16)
    network.set_palettes([])
    network(image, palette=to_input(PALETTES[:1]))
    with pytest.raises(UserError, match=r"told a palette: give one, or those to draw from"):
        network(image)


def test_palettes_are_no_weights() -> None:
    """They are in the model file's description, and move with the network."""
    network = _unet()
    assert "palettes" not in network.state_dict()
    assert network.double().palettes.dtype == torch.float64


def test_the_mirror_mean_sees_one_palette_twice() -> None:
    """Its output for a mirrored image is the mirrored output."""
    network, images = MirrorMean(_unet()), torch.rand(2, 1, 16, 16) * 2 - 1
    told = to_input(PALETTES[:2])
    torch.testing.assert_close(
        network(images.flip(-1), palette=told), network(images, palette=told).flip(-1)
    )
