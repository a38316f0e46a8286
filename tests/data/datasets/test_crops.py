"""Squares: in the middle, at random, around a face."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels
from s2f_core.data.datasets.crops import Crop, Cropper, FaceCrop, make_cropper
from s2f_core.data.landmarks.faces import Face, FaceDetector

HERE = Path("nowhere")


def _ramp(height: int, width: int) -> Pixels:
    """Red is x and green is y."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y, x * 0], axis=-1).astype(np.uint8)


class _FixedDetector(FaceDetector):
    """A detector that returns fixed boxes."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.boxes = boxes

    def detect(self, _photo: Pixels) -> list[Face]:
        """The faces, whatever the photo."""
        return [Face(box, np.zeros((6, 2), np.float32), 0.9) for box in self.boxes]


def test_the_centre_crop_of_a_wide_photo() -> None:
    """Columns 30 to 69 of 100 × 40."""
    cut = make_cropper("centre", 40, 0, HERE)(_ramp(40, 100), "a")
    assert cut.shape == (40, 40, 3)
    assert (cut[0, 0, 0], cut[0, -1, 0]) == (30, 69)


def test_a_random_crop_depends_on_name_and_seed() -> None:
    """Other names and seeds give other crops, all within the photo."""
    photo = _ramp(200, 150)
    cuts = {
        (name, seed): make_cropper("random", 64, seed, HERE)(photo, name)
        for name in ("a", "b")
        for seed in (0, 1)
    }
    assert (cuts["a", 0] == make_cropper("random", 64, 0, HERE)(photo, "a")).all()
    assert len({cut.tobytes() for cut in cuts.values()}) == 4
    places = [make_cropper("random", 64, 0, HERE).locate(photo, str(n)) for n in range(200)]
    left, top, side = np.array(places).T
    assert side.min() >= 120
    assert side.max() <= 150
    assert left.min() >= 0
    assert top.min() >= 0
    assert (left + side).max() <= 150
    assert (top + side).max() <= 200
    assert top.max() > 40  # all of the photo is used


def test_a_face_crop_is_framed_as_in_celeba() -> None:
    """A box of 40 at (100, 100) is in a square of 76 whose middle is 5 above the box's."""
    left, top, side = FaceCrop(_FixedDetector((100, 100, 40, 40)))(_ramp(250, 250), "a")
    assert side == pytest.approx(76)
    assert left == pytest.approx(120 - 38)
    assert top == pytest.approx(120 - 40 * 0.13 - 38)


@pytest.mark.parametrize("box", [(-10, -10, 40, 40), (215, 220, 40, 40), (20, 20, 200, 200)])
def test_a_face_crop_stays_in_the_photo(box: tuple[float, float, float, float]) -> None:
    """At two corners, and if the face fills the photo."""
    left, top, side = FaceCrop(_FixedDetector(box))(_ramp(250, 230), "a")
    assert min(left, top) >= 0
    assert left + side <= 230
    assert top + side <= 250
    assert side == pytest.approx(min(76, side) if box[2] == 40 else 230)


def test_the_largest_face_is_cropped() -> None:
    """Faces in the background are not the subject."""
    left, _, _ = FaceCrop(_FixedDetector((10, 10, 20, 20), (150, 90, 60, 60)))(_ramp(250, 250), "a")
    assert left > 100


def test_a_photo_that_cannot_be_cropped_is_rejected() -> None:
    """A photo too small, no face, a face too small."""
    with pytest.raises(ImageError, match="too small: 40x20, at least 32"):
        make_cropper("centre", 64, 0, HERE)(_ramp(20, 40), "a")
    with pytest.raises(ImageError, match="no face found"):
        Cropper(FaceCrop(_FixedDetector()), 64)(_ramp(200, 200), "a")
    with pytest.raises(ImageError, match="crop is too small: 19x19"):
        Cropper(FaceCrop(_FixedDetector((10, 10, 10, 10))), 64)(_ramp(200, 200), "a")


@pytest.mark.parametrize("crop", ["centre", "random", "face"])
def test_croppers_can_be_pickled(crop: Crop, tmp_path: Path) -> None:
    """Weights are needed only at the first face crop."""
    cut = make_cropper(crop, 48, 3, tmp_path)
    copy = pickle.loads(pickle.dumps(cut))  # noqa: S301
    if crop == "face":
        with pytest.raises(UserError, match="s2f fetch mediapipe"):
            copy(_ramp(64, 80), "a")
    else:
        assert (copy(_ramp(64, 80), "a") == cut(_ramp(64, 80), "a")).all()
