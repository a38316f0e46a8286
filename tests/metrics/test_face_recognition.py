"""The face recognition network against one built layer by layer, and against face-api.js."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.data.assets import fetch
from s2f_core.metrics.face_recognition import (
    BLOCKS,
    FACE_RECOGNITION,
    SIDE,
    build,
    normalise,
    read_tensors,
)
from s2f_core.metrics.feature_extractor import FeatureExtractor


def random_tensors() -> dict[str, Floats]:
    """Weights under the published names, with activations that stay of one size."""
    random = np.random.default_rng(0)
    tensors: dict[str, Floats] = {}

    def add(name: str, side: int, channels: int, out: int) -> None:
        deviation = (2 / (side * side * channels)) ** 0.5
        filters = random.normal(0, deviation, (side, side, channels, out))
        tensors[f"{name}/conv/filters"] = filters.astype(np.float32)
        tensors[f"{name}/conv/bias"] = random.normal(0, 0.1, out).astype(np.float32)
        tensors[f"{name}/scale/weights"] = random.uniform(0.5, 1, out).astype(np.float32)
        tensors[f"{name}/scale/biases"] = random.normal(0, 0.1, out).astype(np.float32)

    add("conv32_down", 7, 3, 32)
    width = 32
    for block in BLOCKS:
        out = int(block.removeprefix("conv").partition("_")[0])
        add(f"{block}/conv1", 3, width, out)
        add(f"{block}/conv2", 3, out, out)
        width = out
    tensors["fc"] = random.normal(0, 0.1, (256, 128)).astype(np.float32)
    return tensors


def reference(tensors: dict[str, Floats], image: Floats) -> Tensor:
    """The descriptor in float64, layer by layer."""
    values = {name: torch.from_numpy(value).double() for name, value in tensors.items()}

    def conv(x: Tensor, name: str, stride: int, padding: int) -> Tensor:
        filters = values[f"{name}/conv/filters"].permute(3, 2, 0, 1)
        x = F.conv2d(x, filters, values[f"{name}/conv/bias"], stride, padding)
        scale, shift = values[f"{name}/scale/weights"], values[f"{name}/scale/biases"]
        return x * scale[:, None, None] + shift[:, None, None]

    x = torch.from_numpy(image).double()[None]
    x = F.max_pool2d(F.relu(conv(x, "conv32_down", 2, 0)), 3, 2)
    for block in BLOCKS:
        down = "down" in block
        inner = F.relu(conv(x, f"{block}/conv1", 2 if down else 1, 0 if down else 1))
        inner = conv(inner, f"{block}/conv2", 1, 1)
        if down:
            x = F.avg_pool2d(x, 2)
            wide = torch.zeros(1, inner.shape[1], *x.shape[2:], dtype=x.dtype)
            wide[:, : x.shape[1]] = x
            x = wide.clone()
            wide[:] = 0
            wide[..., : inner.shape[2], : inner.shape[3]] = inner
            inner = wide
        x = F.relu(x + inner)
    return (x.mean(dim=(2, 3)) @ values["fc"])[0]


def test_descriptors_are_the_networks() -> None:
    """With scales folded into the filters, and zeros where a block halves the side."""
    tensors = random_tensors()
    image = np.random.default_rng(1).normal(0, 0.3, (3, SIDE, SIDE)).astype(np.float32)
    expected = reference(tensors, image).numpy()
    assert expected.std() > 0.05
    assert np.allclose(build(tensors)(image), expected, atol=1e-4 * np.abs(expected).max())


def test_quantised_weights_are_restored() -> None:
    """Worked out by hand: 2 q - 1; then a weight in float32."""
    manifest = [
        {
            "weights": [
                {
                    "name": "a",
                    "shape": [2, 1],
                    "dtype": "float32",
                    "quantization": {"dtype": "uint8", "scale": 2.0, "min": -1.0},
                },
                {"name": "b", "shape": [1], "dtype": "float32"},
            ]
        }
    ]
    content = bytes([0, 3]) + np.float32(0.5).tobytes()
    tensors = read_tensors(manifest, content)
    assert tensors["a"].tolist() == [[-1.0], [5.0]]
    assert tensors["b"].tolist() == [0.5]
    with pytest.raises(ValueError, match="7 bytes, the manifest describes 6"):
        read_tensors(manifest, content + b"x")


def test_a_file_that_is_not_the_network_is_explained(tmp_path: Path) -> None:
    """No zip; a zip of something else."""
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("face_recognition_model-weights_manifest.json", json.dumps([]))
        archive.writestr("face_recognition_model.bin", b"")
    for name in ("bad", "other"):
        extractor = FeatureExtractor(tmp_path / f"{name}.zip", FACE_RECOGNITION)
        with pytest.raises(UserError, match=f"{name}.zip is not the face recognition network"):
            extractor(np.zeros((1, SIDE, SIDE, 3), np.uint8))


def ramp() -> Pixels:
    """An image of the coordinates and their product, uint8 [150, 150, 3]."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return (np.stack([x, y, x * y // SIDE], axis=-1) * 255 // (SIDE - 1)).astype(np.uint8)


def test_pixels_reach_the_network_as_it_was_trained() -> None:
    """Less the mean colour, over 256."""
    planes = normalise(np.full((SIDE, SIDE, 3), 255, np.uint8))
    assert planes.shape == (3, SIDE, SIDE)
    assert planes[:, 7, 9] == pytest.approx([0.516477, 0.539059, 0.588680], abs=1e-6)


@pytest.mark.slow
def test_the_real_network_is_that_of_face_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed by @vladmandic/face-api 1.7.15 in TensorFlow.js, on its own processor backend."""
    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        weights = fetch("face-recognition", tmp_path) / "face-recognition.zip"
    descriptor = FeatureExtractor(weights, FACE_RECOGNITION)(ramp()[None])[0]
    expected = [-0.04980502, 0.12344068, 0.05605337, 0.00944778, -0.05299609, -0.03941806]
    assert descriptor[:6] == pytest.approx(expected, abs=5e-4)
    assert np.linalg.norm(descriptor) == pytest.approx(1.3069, abs=5e-4)
