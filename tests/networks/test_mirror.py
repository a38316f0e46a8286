"""The mirror mean: by hand, symmetric, with one noise for both runs, as one network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.networks.checkpoint import Description
from s2f_core.networks.generate import generate_floats
from s2f_core.networks.mirror import MirrorMean, check_mirror, mirror_mean, mirror_problem

UNET = {"type": "unet", "norm": "instance", "noise": "both"}


class Shift(nn.Module):
    """Moves each row by one pixel to the right, over the border, and adds noise of this scale."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(scale))

    def forward(self, images: Tensor) -> Tensor:
        """Move and add noise."""
        return images.roll(1, -1) + self.scale * torch.randn_like(images)


def _description(generator: dict[str, Any] = UNET, **other: Any) -> Description:
    values = {
        "variant": "tiny",
        "condition": "pencil",
        "background": "kept",
        "generator": generator,
        "size": 16,
        "width": 4,
        "in_channels": 1,
        "out_channels": 3,
        "direction": "a-to-b",
        "drawn_at": 16,
        "versions": {"s2f": "0", "torch": "0"},
        **other,
    }
    return Description.model_validate(values)


def test_a_shift_to_the_right_becomes_the_mean_of_a_shift_to_each_side() -> None:
    """[1, 2, 3, 4] to the right is [4, 1, 2, 3], to the left [2, 3, 4, 1]."""
    outputs = mirror_mean(Shift(0.0), torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]]))
    assert outputs.tolist() == [[[[3.0, 2.0, 3.0, 2.0]]]]


def test_the_mean_is_symmetric_and_both_runs_have_one_noise() -> None:
    """In every batch; the noise of the next batch is another."""
    network, parts = Shift(1.0), [torch.rand(2, 1, 4, 4), torch.rand(1, 1, 4, 4)]
    outputs = generate_floats(network, parts, seed=3, mirror=True)
    mirrored = generate_floats(network, [part.flip(-1) for part in parts], seed=3, mirror=True)
    assert (mirrored[..., ::-1] == outputs).all()
    torch.manual_seed(3)
    noises = [torch.randn(part.shape) for part in parts]
    expected = [
        (part.roll(1, -1) + noise + part.roll(-1, -1) + noise.flip(-1)) / 2
        for part, noise in zip(parts, noises, strict=True)
    ]
    np.testing.assert_allclose(outputs, torch.cat(expected), atol=1e-6)


def test_one_network_gives_the_mean_for_its_planes_of_noise() -> None:
    """It stays in the generator's mode."""
    generator = _description().build().eval()
    images, planes = torch.rand(2, 1, 16, 16), (torch.rand(2, 1, 16, 16), torch.rand(2, 1, 1, 1))
    network = MirrorMean(generator)
    assert not network.training
    with torch.inference_mode():
        expected = mirror_mean(lambda inputs: generator(inputs, *planes), images)
        torch.testing.assert_close(network(images, *planes), expected)
        assert (network(images, *planes) - generator(images, *planes)).abs().max() > 0.01


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (_description({"type": "dcgan"}), "^mirror: tiny makes images from noise"),
        (_description(flip=False), "^mirror: tiny was trained without recipe.flip, .*flip: true$"),
    ],
)
def test_a_model_without_a_mirror_mean_has_a_reason(description: Description, message: str) -> None:
    """A model that does not say how it was trained has one."""
    with pytest.raises(UserError, match=message):
        check_mirror(description)
    assert not mirror_problem(_description())
    assert not mirror_problem(_description(flip=True, condition="pose", in_channels=3))
