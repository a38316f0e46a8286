"""EfficientNet-Lite0 against a network built layer by layer."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.assets import fetch
from s2f_core.metrics.efficientnet_lite0 import (
    EFFICIENTNET_LITE0,
    SIDE,
    build,
    resize,
)
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.networks.backbones.efficientnet_lite0 import STRIDES, fold

STAGES = (  # channels, expansion, kernel, blocks
    (16, 1, 3, 1),
    (24, 6, 3, 2),
    (40, 6, 5, 2),
    (80, 6, 3, 3),
    (112, 6, 5, 3),
    (192, 6, 5, 4),
    (320, 6, 3, 1),
)


class Unit(nn.Module):
    """A convolution, its norm and perhaps ReLU6, under names as the published weights have them."""

    def __init__(self, sizes: tuple[int, int], kernel: int, stride: int, groups: int) -> None:
        """Channels in and out; padding is added by hand."""
        super().__init__()
        self.conv = nn.Conv2d(*sizes, kernel, stride, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(sizes[1], eps=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Padded so that ceil(side / stride) is left, the odd zero at the end."""
        kernel, stride = self.conv.kernel_size[0], self.conv.stride[0]
        total = kernel - stride if x.shape[-1] % stride == 0 else kernel - 1
        before, after = total // 2, total - total // 2
        out: Tensor = self.norm(self.conv(F.pad(x, (before, after, before, after))))
        return out


class Reference(nn.Module):
    """The network of Tan and Le's table 1 without squeeze-and-excitation, weights at random."""

    def __init__(self) -> None:
        """Norms are not the identity; activations neither vanish nor all saturate."""
        super().__init__()
        torch.manual_seed(0)
        self.units: dict[str, tuple[str, Unit]] = {}
        width = self._add("_conv_stem", "_bn0", (3, 32), 3, 2)
        self.blocks, place = [], 0
        for out, expansion, kernel, count in STAGES:
            for _ in range(count):
                root, inner, parts = f"_blocks.{place}.", width * expansion, []
                if expansion > 1:
                    parts += ["_expand_conv"]
                    self._add(f"{root}_expand_conv", f"{root}_bn0", (width, inner), 1)
                names = f"{root}_depthwise_conv", f"{root}_bn1"
                self._add(*names, (inner, inner), kernel, STRIDES[place], inner)
                width = self._add(f"{root}_project_conv", f"{root}_bn2", (inner, out), 1)
                parts += ["_depthwise_conv", "_project_conv"]
                self.blocks.append([root + part for part in parts])
                place += 1
        self._add("_conv_head", "_bn1", (width, 1280), 1)
        self.last = nn.Linear(1280, 1000)

    def _add(
        self, conv: str, norm: str, sizes: tuple[int, int], kernel: int, stride: int = 1, g: int = 1
    ) -> int:
        unit = Unit(sizes, kernel, stride, g).eval()
        for value in (unit.norm.weight, unit.norm.running_var):
            nn.init.uniform_(value, 0.5, 1.5)  # type: ignore[arg-type]
        nn.init.normal_(unit.norm.bias, 0.3, 0.3)
        nn.init.normal_(unit.norm.running_mean, 0, 0.1)  # type: ignore[arg-type]
        nn.init.kaiming_normal_(unit.conv.weight)
        self.units[conv] = (norm, unit)
        return sizes[1]

    def published(self) -> dict[str, Tensor]:
        """The weights under their published names."""
        state = {"_fc.weight": self.last.weight, "_fc.bias": self.last.bias}
        for conv, (norm, unit) in self.units.items():
            state[f"{conv}.weight"] = unit.conv.weight
            state |= {f"{norm}.{name}": value for name, value in unit.norm.state_dict().items()}
        return state

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, 1000]."""
        x = F.relu6(self.units["_conv_stem"][1](x))
        for names in self.blocks:
            inner = x
            for name in names:
                inner = self.units[name][1](inner)
                inner = inner if name.endswith("_project_conv") else F.relu6(inner)
            x = inner + x if inner.shape == x.shape else inner
        out: Tensor = self.last(F.relu6(self.units["_conv_head"][1](x)).mean(dim=(2, 3)))
        return out


@pytest.fixture(scope="module")
def reference() -> Reference:
    """The network, slowly."""
    return Reference().eval()


@torch.inference_mode()
def test_logits_are_the_networks(reference: Reference) -> None:
    """With norms folded in, on sides that halve evenly and on some that do not."""
    see = build(fold(reference.published()))
    for side in (64, 50):
        images = torch.randn(3, 3, side, side)
        expected = reference(images).numpy()
        logits = np.stack([see(image) for image in images.numpy()])
        assert expected.std() > 0.1
        assert np.allclose(logits, expected, atol=1e-4 * np.abs(expected).max())


def test_weights_must_be_all_and_no_more(reference: Reference) -> None:
    """One tensor missing, one too many."""
    state = reference.published()
    with pytest.raises(ValueError, match="unknown tensors: fc2"):
        fold({**state, "fc2": torch.zeros(1)})
    del state["_blocks.3._bn1.bias"]
    with pytest.raises(KeyError, match=r"_blocks.3._bn1.bias"):
        fold(state)


def test_pixels_reach_the_network_as_it_was_trained() -> None:
    """(pixel - 127) / 128; the whole image is squeezed; a grey one stays grey."""
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    assert (resize(image) == (image.astype(np.float32).transpose(2, 0, 1) - 127) / 128).all()
    flat = resize(np.full((40, 90, 3), 191, np.uint8))
    assert flat.shape == (3, SIDE, SIDE)
    assert np.allclose(flat, 0.5)


def test_a_file_that_is_not_the_classifier_is_explained(tmp_path: Path, faces: Pixels) -> None:
    """No torch file; a state dict of something else."""
    (tmp_path / "bad.pth").write_bytes(b"not torch")
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    for name in ("bad", "other"):
        with pytest.raises(UserError, match=f"{name}.pth is not EfficientNet-Lite0"):
            FeatureExtractor(tmp_path / f"{name}.pth", EFFICIENTNET_LITE0)(faces)


@pytest.fixture
def classifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeatureExtractor:
    """The real network, from the user's own cache of fetched files."""
    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        weights = fetch("efficientnet-lite0", tmp_path) / "efficientnet-lite0.pth"
    return FeatureExtractor(weights, EFFICIENTNET_LITE0)


@pytest.mark.slow
def test_the_real_network_knows_a_cat(classifier: FeatureExtractor) -> None:
    """Logits found through the package efficientnet-lite-pytorch 0.1.0; and a cup of coffee."""
    from PIL import Image
    from skimage.data import chelsea, coffee

    cat = Image.fromarray(chelsea()[:, 75:375]).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    logits = classifier(np.asarray(cat)[None])[0]
    expected = [-0.84716, 1.24052, -2.5491, -0.97515, -0.58943, -0.69683]
    assert logits[:6] == pytest.approx(expected, abs=1e-4)
    assert np.linalg.norm(logits) == pytest.approx(39.03979, abs=1e-4)
    assert set(np.argsort(logits)[-3:]) == {281, 282, 285}  # tabby, tiger cat, Egyptian cat
    cup = classifier(coffee()[None, :, 100:500])[0]
    assert np.argmax(cup) == 967  # espresso
    shares = np.exp(cup) / np.exp(cup).sum()
    assert shares[967] > 0.9
