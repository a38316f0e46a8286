"""The points of faces, and their cache."""

from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.metrics.faces import FacePoints
from s2f_core.metrics.types import Values


def test_face_points_are_computed_once_per_picture(
    tmp_path: Path, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal pictures share one detection; a second extractor uses the cache; order is kept."""
    photos = []

    def detect(photo: Pixels) -> Values | None:
        photos.append(photo)
        value = int(photo[0, 0, 0])
        return None if value % 2 else np.full((468, 3), value, np.float32)

    with pytest.raises(UserError, match="run 's2f fetch mediapipe'"):
        FacePoints(tmp_path)(faces)
    (tmp_path / "mediapipe").mkdir()
    (tmp_path / "mediapipe" / "mediapipe.zip").write_bytes(b"weights")
    extractor = FacePoints(tmp_path)
    monkeypatch.setattr(extractor, "_mesh", type("Mesh", (), {"detect": staticmethod(detect)}))
    pictures = faces[[3, 7, 3, 11]]
    points = extractor(pictures)
    assert len(photos) == 3
    first = pictures[:, 0, 0, 0].astype(float)
    assert np.array_equal(points[:, 5], np.where(first % 2, np.nan, first), equal_nan=True)
    assert np.array_equal(FacePoints(tmp_path)(pictures), points, equal_nan=True)
    assert len(photos) == 3
