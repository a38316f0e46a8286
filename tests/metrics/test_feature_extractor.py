"""Features by backbone: one cache, one image a core, errors of missing weights."""

from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.metrics.feature_extractor import Backbone, Extract, FeatureExtractor
from s2f_core.metrics.inception_v3 import INCEPTION


def test_the_cache_is_by_pixels_and_weights(tmp_path: Path, faces: Pixels) -> None:
    """Each network sees each image alone, and once."""
    shapes: list[tuple[int, ...]] = []

    def load(weights: Path) -> Extract:
        scale = np.float32(weights.read_text())

        def extract(image: Pixels) -> Floats:
            shapes.append(image.shape)
            return np.asarray(image.mean(axis=(0, 1)) * scale, np.float32)

        return extract

    for name, scale in (("one", "1"), ("two", "2")):
        (tmp_path / name).write_text(scale)
    one = FeatureExtractor(tmp_path / "one", Backbone("a", "to a", load))
    two = FeatureExtractor(tmp_path / "two", Backbone("b", "to b", load))
    features = one(faces)
    assert two(faces) == pytest.approx(2 * features)
    assert shapes == [(32, 32, 3)] * 80
    assert (one(np.concatenate([faces, faces]))[40:] == features).all()
    assert (one(faces) == features).all()
    assert len(shapes) == 120
    assert two.network.startswith("b, sha256 ")
    assert two.resize == "to b"


def test_images_are_computed_in_parallel_and_keep_their_order(
    tmp_path: Path, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two at once where there are two cores."""
    meeting = Barrier(2, timeout=30)

    def extract(image: Pixels) -> Floats:
        meeting.wait()
        return np.asarray(image.mean(axis=(0, 1)), np.float32)

    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    (tmp_path / "weights").touch()
    features = FeatureExtractor(tmp_path / "weights", Backbone("a", "to a", lambda _: extract))(
        faces
    )
    assert features == pytest.approx(faces.mean(axis=(1, 2)), rel=1e-5)


def test_missing_or_wrong_weights_raise_user_errors(tmp_path: Path, faces: Pixels) -> None:
    """The file is read when the first features are computed."""
    with pytest.raises(UserError, match="cannot be read"):
        FeatureExtractor(tmp_path / "none.pt", INCEPTION)(faces)
    (tmp_path / "bad.pt").write_bytes(b"not torch")
    with pytest.raises(UserError, match="cannot be loaded"):
        FeatureExtractor(tmp_path / "bad.pt", INCEPTION)(faces)
