"""Scores of single outputs: independent references, hand-worked values, any batch size."""

from pathlib import Path

import numpy as np
import pytest
from fixtures import MakeTable
from scipy.ndimage import gaussian_filter, laplace

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.conditions.edges import Edges
from s2f_core.data.conditions.given import GivenInputs
from s2f_core.data.conditions.hed import Hed
from s2f_core.data.conditions.noise import Noise
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.conditions.pose import Pose
from s2f_core.data.pairs import Pairs
from s2f_core.metrics.edge_consistency import EDGE_CONSISTENCY, profiles, redrawing
from s2f_core.metrics.landmarks import FACES_FOUND, LANDMARK_ERROR, Faces, of_faces
from s2f_core.metrics.memorisation import MEMORISATION, Nearest
from s2f_core.metrics.pixels import PIXEL_DIFFERENCE_L2
from s2f_core.metrics.sharpness import SHARPNESS, seen
from s2f_core.metrics.ssim import MS_SSIM, SSIM, scales
from s2f_core.metrics.types import Sample, Values

# Of torchmetrics 1.9.0's multiscale_structural_similarity_index_measure, data_range 1, on float64;
# at 128 and 64 pixels with the first four and three weights, scaled up to the sum of all five.
TORCHMETRICS = {
    256: {"noise": 0.8472931819794672, "moved": 0.9551230790458586, "paler": 0.5001841214901219},
    176: {"noise": 0.8151607701163334, "moved": 0.9752891323232606, "paler": 0.5094003855341009},
    128: {"noise": 0.7627880009455162, "moved": 0.978926722874835, "paler": 0.514853310082628},
    64: {"noise": 0.6141526272771505, "moved": 0.9260735448075715, "paler": 0.5627825482750017},
}


@pytest.fixture(scope="module")
def picture() -> Pixels:
    """Waves of many widths, uint8 [256, 256, 3]."""
    y, x = np.mgrid[0:1:256j, 0:1:256j]
    channels = [np.sin(40 * x * y + phase) * np.cos(9 * x - 17 * y) for phase in (0, 1, 2)]
    return np.asarray(np.rint(127.5 * (1 + np.stack(channels, axis=-1)))).astype(np.uint8)


@pytest.fixture(scope="module")
def changed(picture: Pixels) -> dict[str, Pixels]:
    """The same with noise, three pixels to the right, and with a quarter of the contrast."""
    noise = np.random.default_rng(0).normal(0, 40, picture.shape)
    return {
        "noise": np.asarray(np.rint(picture + noise).clip(0, 255)).astype(np.uint8),
        "moved": np.roll(picture, 3, axis=1),
        "paler": picture // np.uint8(4) + np.uint8(150),
    }


@pytest.mark.parametrize("side", TORCHMETRICS)
def test_ms_ssim_is_torchmetrics(side: int, picture: Pixels, changed: dict[str, Pixels]) -> None:
    """With all five scales, and with as many as a smaller picture has room for."""
    names = list(TORCHMETRICS[side])
    outputs = np.stack([changed[name][:side, :side] for name in names])
    targets = np.repeat(picture[None, :side, :side], len(names), axis=0)
    found = MS_SSIM(outputs, targets)
    assert found == pytest.approx(list(TORCHMETRICS[side].values()), abs=2e-6)
    assert MS_SSIM(outputs[:1], targets[:1])[0] == found[0]


def test_ms_ssim_at_its_ends(picture: Pixels) -> None:
    """Equal is 1, inverted 0 where SSIM is below; one scale is SSIM, and so are tiny images."""
    whole = picture[None]
    assert MS_SSIM(whole, whole).item() == pytest.approx(1)
    assert MS_SSIM(255 - whole, whole).item() == 0
    assert SSIM(255 - whole, whole).item() < 0
    tiny, moved = whole[:, :16, :16], whole[:, 1:17, :16]
    assert MS_SSIM(moved, tiny) == pytest.approx(SSIM(moved, tiny))
    sides = (8, 11, 21, 22, 43, 44, 87, 88, 128, 175, 176, 512)
    assert [scales(side) for side in sides] == [1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 5, 5]


def test_pixel_scores_by_hand() -> None:
    """Four pixels: one 30 off in all channels, one 11 off and one 10 off in a single one."""
    target = np.full((1, 2, 2, 3), 100, np.uint8)
    output = target.copy()
    output[0, 0, 0] = 70
    output[0, 0, 1, 2] = 111
    output[0, 1, 0, 1] = 110
    expected = np.sqrt((3 * 30**2 + 11**2 + 10**2) / 12) / 255
    assert PIXEL_DIFFERENCE_L2(output, target) == pytest.approx([expected])
    black = np.zeros((1, 2, 2, 1), np.uint8)
    assert PIXEL_DIFFERENCE_L2(black, black + np.uint8(255)).tolist() == [1]
    assert PIXEL_DIFFERENCE_L2(output, target) == PIXEL_DIFFERENCE_L2(target, output)


def test_edge_consistency_is_the_correlation_of_blurred_drawings(faces: Pixels) -> None:
    """numpy's correlation after SciPy's blur, which has σ = 32/128; one at a time the same."""
    ours, theirs = 255 - faces[:5], faces[5:10]
    found = EDGE_CONSISTENCY(profiles(ours), profiles(theirs))
    for row in range(5):
        blurred = [
            gaussian_filter(images[row].astype(float), (0.25, 0.25, 0), mode="mirror", truncate=6)
            for images in (ours, theirs)
        ]
        expected = np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1]
        assert found[row] == pytest.approx(expected, abs=1e-3)
        alone = EDGE_CONSISTENCY(profiles(ours[row : row + 1]), profiles(theirs[row : row + 1]))
        assert alone.item() == pytest.approx(found[row])


def test_edges_a_pixel_away_count_in_part() -> None:
    """A line on 128 pixels is found less, the further it is; nothing, and no line, is 0."""
    drawings = np.full((4, 128, 128, 1), 255, np.uint8)
    for row, column in enumerate((60, 61, 63, 90)):
        drawings[row, :, column] = 0
    line, near, apart, far = profiles(drawings)
    found = [float(line @ other) for other in (line, near, apart, far)]
    assert found[0] == pytest.approx(1)
    assert 0.7 < found[1] < 0.9
    assert 0 < found[2] < 0.3
    assert found[3] == pytest.approx(-0.03, abs=0.02)
    assert not profiles(np.full((1, 64, 64, 3), 200, np.uint8)).any()


def test_a_photo_is_drawn_again_by_the_same_condition(faces: Pixels, tmp_path: Path) -> None:
    """A photo gives its own drawing, another one not; only conditions that are formulas do."""
    pencil = Pencil(type="pencil", blur=9)
    again = redrawing(pencil, tmp_path)
    assert again is not None
    given = profiles(np.stack([pencil.apply(face) for face in faces]))
    assert EDGE_CONSISTENCY(again(faces), given) == pytest.approx(np.ones(40))
    assert (EDGE_CONSISTENCY(again(faces[::-1]), given) < 0.9).all()
    assert not again.costly
    assert redrawing(Edges(type="edges"), tmp_path) is not None
    hed = redrawing(Hed(type="hed"), tmp_path)
    assert hed is not None
    assert hed.costly
    for other in (GivenInputs(type="given"), Noise(type="noise"), Pose(type="pose")):
        assert redrawing(other, tmp_path) is None


def _points(*offsets: tuple[float, float]) -> Values:
    """A face of 468 points for each offset, eyes' outer corners 40 apart: [n, 2 · 468]."""
    one = np.random.default_rng(0).uniform(20, 100, (468, 2))
    one[33], one[263] = (30, 50), (70, 50)
    return np.stack([(one + offset).ravel() for offset in offsets])


def test_landmark_error_by_hand() -> None:
    """Every point 3 right and 4 down is 5 of 40; a larger target face makes it less."""
    outputs, targets = _points((3, 4), (0, 0), (np.nan, 0)), _points((0, 0), (0, 0), (0, 0))
    found = LANDMARK_ERROR(outputs, targets)
    assert found[:2].tolist() == [pytest.approx(0.125), 0]
    assert np.isnan(found[2])
    assert np.isnan(LANDMARK_ERROR(targets, outputs)[2])
    assert LANDMARK_ERROR(outputs[:1], 2 * outputs[:1] - 3) != LANDMARK_ERROR(
        2 * outputs[:1] - 3, outputs[:1]
    )


def test_what_has_no_face_is_left_out() -> None:
    """The mean is over the pairs that have a score, and says how many; no face, no value."""

    def sample(points: Values) -> Sample:
        return Sample(np.zeros((3, 1, 1, 1), np.uint8), {"faces": lambda _: points})

    targets = sample(_points((0, 0), (0, 0), (0, 0)))
    outputs = sample(_points((3, 4), (0, 0), (np.nan, 0)))
    error, found = (score.measure(outputs, targets) for score in (LANDMARK_ERROR, FACES_FOUND))
    assert (error["value"], error["n"]) == (0.0625, 2)
    assert found["value"] == pytest.approx(2 / 3, rel=1e-5)
    assert found["n"] == 3
    nobody = sample(np.full((3, 2 * 468), np.nan))
    assert LANDMARK_ERROR.measure(nobody, targets) == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
    }
    assert FACES_FOUND.measure(nobody, targets)["value"] == 0
    assert LANDMARK_ERROR.measure(outputs.without({"faces"}), targets)["value"] is None
    assert of_faces(_points((0, 0), (np.nan, 0)))
    assert not of_faces(_points((0, 0), (np.nan, 0), (np.nan, 0)))


def test_faces_are_looked_for_once(
    tmp_path: Path, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal pictures once, pictures seen before never; the order is that of the pictures."""
    asked = []

    def detect(photo: Pixels) -> Values | None:
        asked.append(photo)
        value = int(photo[0, 0, 0])
        return None if value % 2 else np.full((468, 3), value, np.float32)

    with pytest.raises(UserError, match="run 's2f fetch mediapipe'"):
        Faces(tmp_path)(faces)
    (tmp_path / "mediapipe").mkdir()
    (tmp_path / "mediapipe" / "mediapipe.zip").write_bytes(b"weights")
    finder = Faces(tmp_path)
    monkeypatch.setattr(finder, "_mesh", type("Mesh", (), {"detect": staticmethod(detect)}))
    pictures = faces[[3, 7, 3, 11]]
    points = finder(pictures)
    assert len(asked) == 3
    first = pictures[:, 0, 0, 0].astype(float)
    assert np.array_equal(points[:, 5], np.where(first % 2, np.nan, first), equal_nan=True)
    assert np.array_equal(Faces(tmp_path)(pictures), points, equal_nan=True)
    assert len(asked) == 3


def test_sharpness_is_the_spread_of_the_laplacian(faces: Pixels) -> None:
    """SciPy's on one channel; half the contrast is half as sharp; blurred is less."""
    grey = faces[:3, ..., :1]
    for row in range(3):
        expected = laplace(grey[row, ..., 0].astype(float), mode="mirror").std()
        assert seen(grey)[row, 0] == pytest.approx(expected)
    even = grey // np.uint8(2) * np.uint8(2)
    assert SHARPNESS(seen(even // np.uint8(2)), seen(even)).mean() == pytest.approx(0.5)
    assert SHARPNESS(seen(even), seen(even // np.uint8(2))).mean() == pytest.approx(2)
    assert SHARPNESS(seen(grey[:1]), seen(grey))[0] == SHARPNESS(seen(grey), seen(grey))[0]
    smooth = np.stack([gaussian_filter(face, (2, 2, 0)) for face in faces])
    assert (seen(smooth) < seen(faces)).all()
    flat = np.zeros((2, 8, 8, 3), np.uint8)
    assert np.isnan(SHARPNESS(seen(faces), seen(flat))).all()


def test_copies_are_nearer_than_new_images(make_table: MakeTable, faces: Pixels) -> None:
    """A copy is 0 and says of what; the rest as a search by hand finds it."""
    names = [f"{row:03d}" for row in range(40)]
    table = make_table("photos", faces)
    nearest = Nearest(Pairs(table, table, names[:30]))
    real = faces[30:]
    outputs = np.stack([faces[4], faces[4] // 2 + real[0] // 2, real[5]])
    apart = outputs.astype(float)[:, None] - faces[None, :30]
    by_hand = np.sqrt((apart**2).mean(axis=(2, 3, 4))) / 255
    assert nearest(outputs)[:, 0] == pytest.approx(by_hand.min(axis=1))
    listed = nearest.listed(["x", "y", "z"], outputs, {"x", "z"})
    assert listed[0] == ("x", "004", 0)
    assert listed[1][:2] == ("z", names[by_hand[2].argmin()])
    ratios = MEMORISATION(nearest(outputs), nearest(real))
    assert ratios[0] == 0
    assert ratios[2] == pytest.approx(by_hand[2].min() / nearest(real).mean())
    assert MEMORISATION(nearest(real), nearest(real)).mean() == pytest.approx(1)


def test_a_grey_training_image_is_near_its_coloured_copy(
    make_table: MakeTable, faces: Pixels
) -> None:
    """What a network draws in three channels."""
    grey = make_table("grey", faces[..., :1])
    nearest = Nearest(Pairs(grey, grey, [f"{row:03d}" for row in range(30)]))
    assert not nearest(np.repeat(faces[:5, ..., :1], 3, axis=3)).any()
