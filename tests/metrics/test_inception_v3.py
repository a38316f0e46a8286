"""Inception, convolution by convolution, against torch-fidelity's own network."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from s2f_core.common.images import decode
from s2f_core.data.assets import fetch
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.fid import fid
from s2f_core.metrics.inception_v3 import INCEPTION, LAYERS, SIDE, build, fold, resize
from s2f_core.metrics.kid import kid


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
    see = build(layers)
    features = np.stack([see(resize(image)) for image in images.numpy()])
    assert features.shape == (2, 2048)
    assert expected.std() > 0.01
    assert np.allclose(features, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("size", [(28, 28), (128, 96), (400, 299)])
def test_resizing_is_tensorflow_ones(size: tuple[int, int]) -> None:
    """To the last bit, up and down, both sides on their own."""
    images = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    planes = images.permute(0, 3, 1, 2).float()
    expected = interpolate_bilinear_2d_like_tensorflow1x(planes, (SIDE, SIDE), align_corners=False)
    resized = np.stack([resize(image) for image in images.numpy()])
    assert (resized == ((expected - 128) / 128).numpy()).all()


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FeatureExtractor]:
    """The real network, from the user's own cache of fetched files."""
    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        weights = fetch("inception", tmp_path) / "inception.pt"
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield FeatureExtractor(weights, INCEPTION)
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_features_of_the_astronaut(features: FeatureExtractor) -> None:
    """The TensorFlow Inception's pool features, computed independently through torch-fidelity."""
    from skimage.data import astronaut

    vector = features(astronaut()[None])[0]
    expected = [1.00532, 0.53132, 0.28142, 0.33327, 0.19974, 0.56447, 0.61968, 0.05865]
    assert vector[:8] == pytest.approx(expected, abs=1e-4)
    assert vector.mean() == pytest.approx(0.36401, abs=1e-5)
    assert np.linalg.norm(vector) == pytest.approx(20.81055, abs=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fid_and_kid_of_real_faces(
    features: FeatureExtractor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CelebA 301-600 against 1-300 at 64 px: FID 52.089, KID -0.0005, found independently.

    And features are cached: the second call needs no network.
    """
    from PIL import Image

    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        fetch("celeba-1k", tmp_path)
    with ZipFile(tmp_path / "celeba-1k.zip") as archive:
        faces = [decode(archive.read(name)) for name in sorted(archive.namelist())[:600]]
    photos = [Image.fromarray(face[20:198]) for face in faces]
    small = np.stack(
        [np.asarray(photo.resize((64, 64), Image.Resampling.LANCZOS)) for photo in photos]
    )
    first, second = features(small[:300]), features(small[300:])
    assert fid(second, first) == pytest.approx(52.089, abs=0.01)
    assert kid(second, first) == pytest.approx(-0.0005, abs=0.0009)
    monkeypatch.setattr(FeatureExtractor, "_compute", None)
    assert (features(small[:300]) == first).all()
