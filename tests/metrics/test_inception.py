"""Inception, convolution by convolution, against torch-fidelity's own network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from s2f_core.metrics.inception_v3 import LAYERS, SIDE, fold, network, resize


class Reference(FeatureExtractorInceptionV3):  # type: ignore[misc]  # no types
    """torch-fidelity's extractor with random weights, and norms that are not the identity."""

    def load_state_dict(self, *_: object, **__: object) -> None:
        """Make weights up instead; spread so that features neither vanish nor explode."""
        torch.manual_seed(0)
        for name, value in self.state_dict().items():
            if name.endswith(("running_var", "bn.weight")):
                value.fill_(1.0)
            elif value.ndim == 4:
                value.normal_(0, (2 / value[0].numel()) ** 0.5)
            elif value.is_floating_point():
                value.normal_(0, 0.1)
        for part in self.modules():
            if isinstance(part, BasicConv2d):
                part.bn.running_var.uniform_(0.5, 1.5)


@pytest.fixture
def reference(tmp_path: Path) -> FeatureExtractorInceptionV3:
    """Such a network."""
    torch.save({}, tmp_path / "empty.pth")
    path = str(tmp_path / "empty.pth")
    return Reference("random", ["2048"], feature_extractor_weights_path=path)


def test_features_are_torch_fidelitys(reference: FeatureExtractorInceptionV3) -> None:
    """The same weights give the same 2,048 numbers, of two images that are not square."""
    parts = [part for part in reference.modules() if isinstance(part, BasicConv2d)]
    assert len(parts) == LAYERS
    layers = [
        fold(part.conv.weight, part.bn.bias, part.bn.running_mean, part.bn.running_var)
        for part in parts
    ]
    images = torch.randint(0, 256, (2, 40, 56, 3), dtype=torch.uint8)
    with torch.inference_mode():
        expected = reference(images.permute(0, 3, 1, 2))[0].numpy()
    see = network(layers)
    found = np.stack([see(resize(image)) for image in images.numpy()])
    assert found.shape == (2, 2048)
    assert expected.std() > 0.01
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("size", [(28, 28), (128, 96), (400, 299)])
def test_resizing_is_tensorflow_ones(size: tuple[int, int]) -> None:
    """To the last bit, up and down, both sides on their own."""
    images = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    planes = images.permute(0, 3, 1, 2).float()
    expected = interpolate_bilinear_2d_like_tensorflow1x(planes, (SIDE, SIDE), align_corners=False)
    found = np.stack([resize(image) for image in images.numpy()])
    assert (found == ((expected - 128) / 128).numpy()).all()
