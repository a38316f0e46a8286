"""Background removal: composition, errors, and rembg's own result."""

import os
from pathlib import Path

import numpy as np
import pytest
from conftest import MakeTable

from s2f_core.assets import fetch
from s2f_core.background import composite, remove
from s2f_core.background.u2net import Matting, U2NetP
from s2f_core.errors import UserError
from s2f_core.images import Pixels, resize


def test_composition_is_alpha_blending() -> None:
    """Opaque keeps the photo, transparent shows the colour, half is the mean."""
    photo = np.full((1, 3, 3), 100, np.uint8)
    alpha = np.array([[[255], [0], [51]]], np.uint8)
    found = composite(photo, alpha, (200, 0, 255))
    assert found[0].tolist() == [[100, 100, 100], [200, 0, 255], [180, 20, 224]]


def test_missing_or_broken_weights_are_explained(
    make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """The file's name, and what to do; no table is left."""
    photos = make_table("photos", faces)
    section = U2NetP(model="u2netp")
    for content in (None, b"no onnx"):
        if content is not None:
            (tmp_path / "u2netp.onnx").write_bytes(content)
        with pytest.raises(UserError, match=r"u2netp\.onnx: cannot be loaded.*fetch it again"):
            remove(photos, section, tmp_path, tmp_path / "matte", tmp_path / "removed")
    assert not (tmp_path / "matte").exists()


@pytest.mark.slow
def test_mattes_are_rembgs_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At rembg's size, on a real face, the mask is rembg's to the last bit."""
    data = pytest.importorskip("skimage.data")
    monkeypatch.delenv("S2F_CACHE")  # the user's own cache: the weights are fetched once
    weights = fetch("u2netp", tmp_path)
    monkeypatch.setitem(os.environ, "U2NET_HOME", str(tmp_path))
    from rembg import new_session

    photo = resize(np.ascontiguousarray(data.astronaut()[:256, 96:352]), 178)
    from PIL import Image

    stock = new_session("u2netp", providers=["CPUExecutionProvider"])
    expected = np.asarray(stock.predict(Image.fromarray(photo))[0])
    found = Matting(weights, 320).matte(photo)[..., 0]
    assert np.abs(found.astype(int) - expected).max() <= 1
    small = Matting(weights, 160).matte(photo)[..., 0]
    assert small[60:100, 60:120].mean() > 250  # the face is kept at any size
    assert ((small > 127) == (expected > 127)).mean() > 0.9
