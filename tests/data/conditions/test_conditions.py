"""Conditions: each result is checked against another way to compute it."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from fixtures import MakeTable
from pydantic import TypeAdapter, ValidationError
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data import tables
from s2f_core.data.conditions import Condition, convert
from s2f_core.data.conditions.edges import Edges, otsu
from s2f_core.data.conditions.formula import FormulaCondition
from s2f_core.data.conditions.given import GivenInputs
from s2f_core.data.conditions.gray import Gray
from s2f_core.data.conditions.noise import Noise
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.conditions.per_photo import PhotoCondition
from s2f_core.data.conditions.quantised import QuantisedPhoto
from s2f_core.data.conditions.stylised import StylisedPhoto
from s2f_core.data.conditions.xdog import XDoG
from s2f_core.data.sketch.canny import canny

ALL = get_args(get_args(Condition)[0])


def default(kind: type[Any], **keys: Any) -> Any:
    """A condition of this kind with its default settings."""
    (name,) = get_args(kind.model_fields["type"].annotation)
    return kind(type=name, **keys)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_condition_has_defaults_and_names_its_assets(kind: type[Any], tmp_path: Path) -> None:
    """Its type is enough to use it, and its docstring shows the defaults."""
    section = default(kind)
    assert TypeAdapter(Condition).validate_python({"type": section.type}) == section
    assert f"``{{type: {section.type}" in str(kind.__doc__)
    assert all(isinstance(name, str) for name in kind.ASSETS)
    if isinstance(section, PhotoCondition):
        pickle.dumps(section.load(tmp_path))  # loading reads no weights yet


@pytest.mark.parametrize(
    "kind",
    [kind for kind in ALL if issubclass(kind, FormulaCondition)],
    ids=lambda kind: kind.__name__,
)
def test_a_formula_depends_on_the_photo_alone(
    kind: type[Any], faces: Pixels, tmp_path: Path
) -> None:
    """In threads, after pickling, at any shape; grey gives the result of three equal channels."""
    section = default(kind)
    function = pickle.loads(pickle.dumps(section.load(tmp_path)))  # noqa: S301
    alone = [section.apply(photo) for photo in faces[:12]]
    with ThreadPoolExecutor(4) as threads:
        assert all(
            (a == b).all() for a, b in zip(alone, threads.map(function, faces), strict=False)
        )
    wide = section.apply(faces[0][:20])
    assert wide.dtype == np.uint8
    if section.type != "noise":
        assert wide.shape[:2] == (20, 32)
        grey = faces[1].mean(axis=-1, keepdims=True).astype(np.uint8)
        assert (section.apply(grey) == section.apply(to_rgb(grey))).all()


def test_pencil_turns_a_plain_photo_into_white_paper() -> None:
    """Without structure there is no stroke."""
    sketch = Pencil(type="pencil").apply(np.full((64, 64, 3), 120, np.uint8))
    assert sketch.shape == (64, 64, 1)
    assert sketch.min() >= 254


def test_pencil_draws_dark_strokes_beside_bright_areas() -> None:
    """A dark line on a bright ground is a dark stroke, and only there."""
    photo = np.full((64, 64, 3), 200, np.uint8)
    photo[:, 30:33] = 40
    sketch = Pencil(type="pencil", blur=21).apply(photo)[..., 0]
    assert sketch[:, 31].max() < 80
    assert sketch[:, :15].min() > 250


def test_pencil_is_colour_dodge(faces: Pixels) -> None:
    """grey / (1 - blurred inverted grey) in floats, within a rounding step."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY)
    base = 255 - cv2.GaussianBlur(255 - grey, (21, 21), 0).astype(float)
    expected = np.minimum(
        255, np.where(base > 0, grey.astype(float) * 255 / np.maximum(base, 1), 0)
    )
    sketch = Pencil(type="pencil", blur=21).apply(faces[0])[..., 0]
    assert np.abs(sketch - expected).max() <= 1


def test_edges_are_black_on_white_where_the_photo_steps() -> None:
    """A step gives one line at its place; a plain area none."""
    photo = np.zeros((64, 64, 3), np.uint8)
    photo[:, 32:] = 255
    edges = Edges(type="edges").apply(photo)[..., 0]
    assert set(np.unique(edges)) == {0, 255}
    columns = np.flatnonzero((edges == 0).any(axis=0))
    assert columns.size
    assert ((columns >= 30) & (columns <= 33)).all()


def test_higher_thresholds_leave_fewer_edges(faces: Pixels) -> None:
    """P1 shows both too many and too few."""
    many = Edges(type="edges", sigma=0, low=5, high=10).apply(faces[0])
    few = Edges(type="edges", sigma=0, low=200, high=400).apply(faces[0])
    assert (many == 0).sum() > (few == 0).sum()


def test_otsu_divides_the_gradients(faces: Pixels) -> None:
    """The high threshold equals scikit-image's on the same gradients; Canny uses it."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY)
    x, y = (cv2.Sobel(grey, cv2.CV_64F, *axis) for axis in ((1, 0), (0, 1)))
    expected = threshold_otsu((np.abs(x) + np.abs(y)).astype(int), nbins=2041)
    assert otsu(grey) == pytest.approx(expected, abs=1)
    edges = Edges(type="edges", sigma=0, thresholds="otsu").apply(faces[0])[..., 0]
    assert (edges == 255 - canny(grey, 0, otsu(grey) / 2, otsu(grey))).all()


def test_median_thresholds_follow_the_brightness(faces: Pixels) -> None:
    """They are a third below and above the median."""
    dark = faces[0] // 4
    grey = cv2.cvtColor(dark, cv2.COLOR_RGB2GRAY)
    middle = float(np.median(grey))
    edges = Edges(type="edges", sigma=0, thresholds="median").apply(dark)[..., 0]
    assert (edges == 255 - canny(grey, 0, 0.67 * middle, 1.33 * middle)).all()
    assert (edges == 0).sum() > (Edges(type="edges", sigma=0).apply(dark) == 0).sum()


def test_a_plain_photo_has_no_edges() -> None:
    """Also with thresholds that are computed from the image."""
    for rule in ("otsu", "median"):
        for level in (0, 90, 255):
            plain = np.full((32, 32, 3), level, np.uint8)
            assert Edges(type="edges", thresholds=rule).apply(plain).min() == 255


def test_xdog_is_the_papers_formula(faces: Pixels) -> None:
    """With SciPy's Gaussians in doubles, within two grey levels."""
    grey = cv2.cvtColor(faces[0], cv2.COLOR_RGB2GRAY) / 255.0
    fine, coarse = (gaussian_filter(grey, sigma, mode="mirror") for sigma in (1.5, 2.4))
    u = 11 * fine - 10 * coarse
    expected = 255 * np.where(u >= 0.5, 1, 1 + np.tanh(3 * (u - 0.5)))
    section = XDoG(type="xdog", sigma=1.5, sharpness=10, level=0.5, slope=3)
    assert np.abs(section.apply(faces[0])[..., 0] - expected).max() <= 2


def test_xdog_draws_lines_and_darkens_areas() -> None:
    """Plain paper stays white, plain ink is dark, and beside a step there is a line."""
    photo = np.full((32, 32, 3), 200, np.uint8)
    photo[:, 16:] = 120
    drawing = XDoG(type="xdog").apply(photo)[..., 0]
    assert drawing[:, [0, 31]].min() == 255
    assert drawing[:, 16].max() < 120
    assert XDoG(type="xdog").apply(np.zeros((8, 8, 3), np.uint8)).max() < 130


def test_gray_weighs_the_colours_as_bt_601_does() -> None:
    """0.299, 0.587 and 0.114 of 255."""
    primaries = 255 * np.eye(3, dtype=np.uint8)[None]
    assert Gray(type="gray").apply(primaries)[0, :, 0].tolist() == [76, 150, 29]


def test_quantised_cells_are_flat_and_few_coloured(faces: Pixels) -> None:
    """Eight by eight squares of four pixels, of their means; then three colours near them."""
    means = faces[0].reshape(8, 4, 8, 4, 3).mean(axis=(1, 3)).repeat(4, axis=0).repeat(4, axis=1)
    full = QuantisedPhoto(type="quantised", cells=8, colours=None).apply(faces[0])
    assert np.abs(full - means).max() <= 1
    few = QuantisedPhoto(type="quantised", cells=8, colours=3).apply(faces[0])
    palette = np.unique(few.reshape(-1, 3), axis=0)
    assert 2 <= len(palette) <= 3
    for colour in palette:  # k-means: a colour is the mean of the cells that have it
        cells = (few == colour).all(axis=-1)
        assert np.abs(full[cells].mean(axis=0) - colour).max() < 8


def test_stylised_flattens_areas_and_keeps_steps() -> None:
    """Noise within two areas is smoothed away; the step between them stays, dark."""
    photo = np.full((64, 64, 3), 60, np.uint8)
    photo[:, 32:] = 190
    random = np.random.default_rng(0)
    noisy = np.clip(photo + random.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)
    painted = StylisedPhoto(type="stylised", size=None).apply(noisy)
    assert painted[:, 4:26].std() < noisy[:, 4:26].std() / 2
    assert painted[:, 40:60].mean() - painted[:, 4:26].mean() > 100
    assert painted[:, 30:34].min() < 30
    thin, thick = (StylisedPhoto(type="stylised", size=size).apply(photo) for size in (256, 64))
    assert (thin < 40).sum() < (thick < 40).sum()


def test_noise_is_uniform_and_independent(faces: Pixels) -> None:
    """Range, mean, deviation and correlation over forty photos of 1,000 channels."""
    noise = np.stack([Noise(type="noise", channels=1000).apply(photo) for photo in faces])
    assert noise.shape == (40, 1, 1, 1000)
    assert noise.dtype == np.uint8
    assert set(np.unique(noise)) == set(range(256))
    assert noise.mean() == pytest.approx(127.5, abs=1.5)
    assert noise.std() == pytest.approx(np.sqrt((256**2 - 1) / 12), abs=1)
    between = np.corrcoef(noise.reshape(40, -1))
    assert np.abs(between - np.eye(40)).max() < 0.2


def test_noise_depends_on_the_pixels_alone(faces: Pixels) -> None:
    """The same photo has the same noise in every run; another grey level gives other noise."""
    section = Noise(type="noise", channels=4)
    assert section.apply(np.zeros((2, 2, 3), np.uint8)).ravel().tolist() == [105, 206, 98, 107]
    assert (section.apply(faces[0]) == section.apply(faces[0].copy())).all()
    other = faces[0].copy()
    other[0, 0, 0] ^= 1
    assert (section.apply(faces[0]) != section.apply(other)).any()


def test_wrong_parameters_are_refused() -> None:
    """An even kernel, thresholds in the wrong order, no channel."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Noise(type="noise", channels=0)
    with pytest.raises(ValidationError, match="must be odd"):
        Pencil(type="pencil", blur=20)
    with pytest.raises(ValidationError, match="must not exceed"):
        Edges(type="edges", low=9, high=3)
    with pytest.raises(ValidationError, match="otsu computes low and high itself: leave both out"):
        Edges(type="edges", thresholds="otsu", low=20)


def test_a_condition_table_keeps_ids_and_groups(make_table: MakeTable, faces: Pixels) -> None:
    """The same rows, one channel."""
    photos = make_table("photos", faces, group=[f"{i // 2}" for i in range(40)])
    sketches = convert(
        photos, Pencil(type="pencil", blur=5), photos.folder.with_name("sketches"), Path("none")
    )
    assert sketches.shape == (32, 32, 1)
    for column in ("id", "source", "group"):
        assert sketches.index[column].tolist() == photos.index[column].tolist()
    assert (sketches.images([3])[0] == Pencil(type="pencil", blur=5).apply(faces[3])).all()


def test_noise_of_points_is_written_as_a_table(make_table: MakeTable) -> None:
    """Photos of one pixel, inputs of one pixel, and a preview."""
    pixels = np.arange(60, dtype=np.uint8).reshape(20, 1, 1, 3)
    photos = make_table("points", pixels)
    noise = convert(photos, Noise(type="noise"), photos.folder.with_name("noise"), Path("none"))
    assert noise.shape == (1, 1, 100)
    assert len(np.unique(noise.images(range(20)).reshape(20, -1), axis=0)) == 20
    assert (noise.folder / "preview.png").exists()


def test_given_copies_the_sources_own_table(make_table: MakeTable, faces: Pixels) -> None:
    """Its ids and pixels; it may have another length than the photos."""
    photos = make_table("photos", faces)
    sketches = make_table("photos/given", faces[:7, :16, :, :1], group=list("aabbccd"))
    inputs = convert(
        photos, GivenInputs(type="given"), photos.folder.with_name("inputs"), Path("none")
    )
    assert (inputs.images(range(7)) == faces[:7, :16, :, :1]).all()
    assert inputs.accepted["group"].tolist() == list("aabbccd")
    assert inputs.accepted["id"].tolist() == sketches.accepted["id"].tolist()
    assert len(tables.read(photos.folder)) == 40


def test_given_is_refused_for_a_source_without_sketches(
    make_table: MakeTable, faces: Pixels
) -> None:
    """The message names the role's folder and the command that lists sources."""
    photos = make_table("photos", faces)
    with pytest.raises(UserError, match=r"photos: the condition 'given' needs .*'s2f datasets'"):
        convert(photos, GivenInputs(type="given"), photos.folder.with_name("inputs"), Path("none"))
