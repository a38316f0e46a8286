"""EfficientNet-Lite0 as the frozen network of a loss."""

from pathlib import Path

import numpy as np
import pytest
import torch
from backbone_weights import LITE0, lite0_state, write_narrow_assets
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.metrics.efficientnet_lite0 import build
from s2f_core.networks.backbones import BackboneSection
from s2f_core.networks.backbones.efficientnet_lite0 import EfficientNetLite0, fold


def test_the_features_are_those_on_the_way_to_the_classes() -> None:
    """The head and the classes on the last feature give the logits of the score's network."""
    weights = fold(lite0_state())
    network = EfficientNetLite0(weights)
    for side in (64, 50):
        images = torch.rand(2, 3, side, side) * 2 - 1
        last = network(images)[-1]
        head = nn.functional.relu6(nn.functional.conv2d(last, *weights.head)).mean(dim=(2, 3))
        logits = head @ weights.classes[0].T + weights.classes[1]
        expected = np.stack([build(weights)(image) for image in images.numpy()])
        np.testing.assert_allclose(logits.numpy(), expected, atol=1e-4 * np.abs(expected).max())


def test_features_have_the_documented_shapes() -> None:
    """A quarter to a thirty-second of the side, rounded up; a grey image is three equal planes."""
    network = EfficientNetLite0(fold(lite0_state()))
    features = network(torch.zeros(2, 3, 100, 64))
    assert [tuple(each.shape[2:]) for each in features] == [(25, 16), (13, 8), (7, 4), (4, 2)]
    assert tuple(each.shape[1] for each in features) == network.channels
    grey = torch.rand(1, 1, 64, 64)
    for one, other in zip(network(grey), network(grey.repeat(1, 3, 1, 1)), strict=True):
        assert torch.equal(one, other)


def test_its_weights_are_no_parameters_and_no_state() -> None:
    """Gradients reach the image alone."""
    network = EfficientNetLite0(fold(lite0_state()))
    assert not list(network.parameters())
    assert not network.state_dict()
    image = torch.rand(1, 3, 64, 64, requires_grad=True)
    network(image)[-1].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


def test_images_are_enlarged_first(tmp_path: Path) -> None:
    """As PyTorch's bilinear interpolation; then a backbone sees smaller ones than otherwise."""
    assets, image = write_narrow_assets(tmp_path), torch.rand(1, 3, 32, 32) * 2 - 1
    plain, enlarged = (BackboneSection(assets=assets, enlarge=n).load(32, 3) for n in (1, 2))
    twice = nn.functional.interpolate(image, size=(64, 64), mode="bilinear")
    for one, other in zip(enlarged(image), plain(twice), strict=True):
        torch.testing.assert_close(one, other)
    BackboneSection(assets=assets, enlarge=4).load(4, 3)
    with pytest.raises(UserError, match="at least 16 px, these have 12 px"):
        BackboneSection(assets=assets, enlarge=4).load(3, 3)


def test_images_that_a_backbone_cannot_see_are_refused(tmp_path: Path) -> None:
    """Too small, of two channels, and a missing or damaged file."""
    section = BackboneSection(assets=write_narrow_assets(tmp_path))
    with pytest.raises(UserError, match="at least 16 px, these have 8 px"):
        section.load(8, 3)
    with pytest.raises(UserError, match="1 or 3 channels, these have 2"):
        section.load(64, 2)
    (tmp_path / LITE0).write_bytes(b"no weights")
    with pytest.raises(UserError, match="is not EfficientNet-Lite0"):
        section.load(64, 3)
    (tmp_path / LITE0).unlink()
    with pytest.raises(UserError, match=r"efficientnet-lite0.pth does not exist"):
        section.load(64, 3)
