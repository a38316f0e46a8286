"""Sketch augmentation: the effect of each change, and that a batch depends on its stream alone."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, to_model
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.sketch.canny import canny

EACH: list[dict[str, Any]] = [
    {"canny": {"sigma": (1, 3), "low": (20, 60), "high": (80, 200)}},
    {"drop": (0.3, 0.7)},
    {"jitter": (1, 3)},
    {"thickness": (2, 5)},
    {"thickness": (-1, -0.5)},
    {"blur": (1, 2)},
    {"sharpen": (0.3, 0.4)},
    {"grain": (0.3, 0.6)},
    {"paper": (0.1, 0.3)},
    {"light": (0.2, 0.5)},
]


def _lines(side: int = 64, width: int = 1) -> Pixels:
    """Six vertical lines, black on white, uint8 [side, side, 1]."""
    page = np.full((side, side, 1), 255, np.uint8)
    for left in range(side // 12, side, side // 6):
        page[4:-4, left : left + width] = 0
    return page


def _photos(count: int = 4, side: int = 64) -> Pixels:
    """Discs of many sizes on grey, uint8 [n, side, side, 3]."""
    photos = np.full((count, side, side, 3), 90, np.uint8)
    for row, photo in enumerate(photos):
        for ring in range(4):
            cv2.circle(photo, (side // 2, side // 2), 28 - 6 * ring, (200 - 30 * ring,) * 3, -1)
        cv2.circle(photo, (10 + row, 12), 5, (250, 240, 30), -1)
    return photos


def _batch(pages: Pixels) -> torch.Tensor:
    return to_model(torch.from_numpy(pages))


def _ink(page: Pixels) -> float:
    return float((255 - page.astype(int)).sum() / 255)


@pytest.mark.parametrize("settings", EACH, ids=", ".join)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_is_a_function_of_its_stream(settings: dict[str, Any], channels: int) -> None:
    """Equal streams give equal batches of the same shape and range; the inputs stay as they are."""
    augment = SketchAugment(**settings)
    pages = _lines()[None].repeat(4, axis=0)
    pages[..., 10, :] = 128  # grey ink, which some changes need
    a, b = _batch(pages).expand(-1, channels, -1, -1), _batch(_photos())
    before = a.clone(), b.clone()
    one, same, other = (augment(a, b, stream(0, 4, step)) for step in (7, 7, 8))
    assert one.shape == a.shape
    assert one.dtype == torch.float32
    assert one.min() >= -1
    assert one.max() <= 1
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert not torch.equal(one, a)
    assert torch.equal(a, before[0])
    assert torch.equal(b, before[1])
    assert all(torch.equal(one[:, :1], one[:, c : c + 1]) for c in range(channels))


def test_all_changes_are_off_by_default() -> None:
    """The same tensor comes back, and no random number is used."""
    random = stream(0)
    a = torch.rand(2, 1, 16, 16)
    assert SketchAugment()(a, a, random) is a
    assert random.random() == stream(0).random()


def test_chance_is_the_share_of_changed_images() -> None:
    """About a quarter of 200 images is changed."""
    a = _batch(_lines(16)[None].repeat(200, axis=0))
    augmented = SketchAugment(chance=0.25, thickness=(3, 3))(a, a, stream(0))
    changed = (augmented != a).flatten(1).any(dim=1)
    assert 30 < int(changed.sum()) < 70


def test_drop_erases_whole_strokes() -> None:
    """A pixel stays or becomes white, and the share of ink that is lost is the chance."""
    page = _lines()
    inks = [
        _ink(SketchAugment(drop=(share, share)).augment(page, None, stream(1))) for share in (0, 1)
    ]
    assert inks == [_ink(page), 0]
    sketches = [
        SketchAugment(drop=(0.4, 0.4)).augment(page, None, stream(seed)) for seed in range(40)
    ]
    assert all(((each == page) | (each == 255)).all() for each in sketches)
    assert np.mean([_ink(each) for each in sketches]) == pytest.approx(0.6 * _ink(page), rel=0.1)
    lengths = [(255 - each[:, 5, 0].astype(int)).sum() // 255 for each in sketches]
    assert {0, 56} <= set(lengths)  # whole or not at all, most of the time


def test_drop_cuts_long_contours() -> None:
    """A single circle loses a part of itself, not all or nothing."""
    page = np.full((128, 128, 1), 255, np.uint8)
    cv2.circle(page, (64, 64), 50, 0, 1)
    augment = SketchAugment(drop=(0.5, 0.5)).augment
    shares = [_ink(augment(page, None, stream(seed))) / _ink(page) for seed in range(20)]
    assert sum(0.02 < share < 0.98 for share in shares) > 10


def test_jitter_moves_lines_and_keeps_the_ink() -> None:
    """By the same standard deviation, in 128ths of the side, at every size."""
    deviations = []
    for side in (64, 256):
        page = np.full((side, side, 1), 255, np.uint8)
        page[:, side // 2 - 2 : side // 2 + 2] = 0
        places: list[float] = []
        for seed in range(20):
            jittered = SketchAugment(jitter=(3, 3), smoothness=16).augment(page, None, stream(seed))
            dark = 255.0 - jittered[..., 0]
            assert dark.sum() == pytest.approx((255.0 - page).sum(), rel=0.25)
            centres = (dark * np.arange(side)).sum(axis=1) / dark.sum(axis=1)
            places += list((centres - (side - 1) / 2) * 128 / side)
        deviations.append(np.std(places))
    assert deviations[0] == pytest.approx(deviations[1], rel=0.2)
    assert 1.5 < deviations[0] < 3


@pytest.mark.parametrize(("change", "width"), [(2, 3), (4, 5), (3, 4), (1, 2), (-1, 0.5), (-2, 0)])
def test_thickness_is_added_to_the_width(change: float, width: float) -> None:
    """To a line one pixel wide at 128; widths between those of two discs come from grey borders."""
    page = np.full((128, 128, 1), 255, np.uint8)
    page[:, 60] = 0
    sketch = SketchAugment(thickness=(change, change)).augment(page, None, stream(0))
    assert _ink(sketch[64]) == pytest.approx(width, abs=0.02)


def test_thickness_is_in_parts_of_the_side() -> None:
    """Two 128ths are one pixel at 64 and four at 256."""
    for side, width in ((64, 2), (256, 5)):
        page = np.full((side, side, 1), 255, np.uint8)
        page[:, side // 2] = 0
        sketch = SketchAugment(thickness=(2, 2)).augment(page, None, stream(0))
        assert _ink(sketch[side // 2]) == pytest.approx(width, abs=0.02)


def test_blur_is_gaussian() -> None:
    """A line's profile has the standard deviation of the setting, and as much ink as before."""
    page = np.full((128, 128, 1), 255, np.uint8)
    page[:, 64] = 0
    profile = 255.0 - SketchAugment(blur=(2, 2)).augment(page, None, stream(0))[64, :, 0]
    places = np.arange(128) - 64
    assert np.sqrt((profile * places**2).sum() / profile.sum()) == pytest.approx(2, rel=0.05)
    assert profile.sum() == pytest.approx(255, rel=0.05)


def test_sharpen_maps_its_level_to_half_black() -> None:
    """Half the level becomes paper, one and a half times it black."""
    page = np.array([[255, 204, 153, 102, 0]], np.uint8)[..., None]  # ink 0, 0.2, 0.4, 0.6, 1
    sketch = SketchAugment(sharpen=(0.4, 0.4)).augment(page, None, stream(0))
    assert sketch[0, :, 0].tolist() == [255, 255, 128, 0, 0]


def test_canny_replaces_a_by_edges_of_b() -> None:
    """Whatever A was; at 64 pixels the edges are detected at 128 and shrunk."""
    photo = _photos(1, 128)[0]
    settings = {"sigma": (1.5, 1.5), "low": (40, 40), "high": (100, 100)}
    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    expected = 255 - canny(grey, 1.5, 40, 100)
    edges = SketchAugment.model_validate({"canny": settings}).augment(
        np.zeros((128, 128, 1), np.uint8), photo, stream(0)
    )
    assert np.array_equal(edges[..., 0], expected)
    small = SketchAugment.model_validate({"canny": settings})(
        torch.zeros(1, 1, 64, 64), _batch(_photos(1)), stream(0)
    )
    greys = np.unique(from_model(small))
    assert {191, 128} & set(greys.tolist())  # one and two of four pixels
    assert greys.max() == 255


def test_canny_replaces_only_edges() -> None:
    """A sketch with greys is no edge; without ``canny`` any sketch will do."""
    augment, grey = SketchAugment.model_validate({"canny": {}}), np.full((8, 8, 1), 128, np.uint8)
    augment.check(_lines(), "edges")
    SketchAugment(blur=(1, 1)).check(grey, "pencil")
    with pytest.raises(UserError, match=r"sketch\.canny replaces inputs.*'pencil' has greys"):
        augment.check(grey, "pencil")


def test_photographed_paper_is_grey_and_unevenly_lit() -> None:
    """Paper gets the level that is drawn; light darkens places by no more than its share."""
    page = _lines()
    grey = SketchAugment(paper=(0.2, 0.2)).augment(page, None, stream(0))
    assert np.unique(grey).tolist() == [0, 204]
    lit = SketchAugment(light=(0.4, 0.4)).augment(page, None, stream(0))[page == 255]
    assert lit.min() >= 153
    assert np.ptp(lit) > 40
    assert np.array_equal(SketchAugment(light=(0, 1e-9)).augment(page, None, stream(0)), page)


def test_grain_takes_ink_off_and_leaves_the_paper_white() -> None:
    """Half of the share on average, equally at every size."""
    for side in (64, 256):
        page = np.full((side, side, 1), 255, np.uint8)
        page[:, : side // 2] = 0
        grainy = SketchAugment(grain=(0.4, 0.4)).augment(page, None, stream(0))
        assert (grainy[:, side // 2 :] == 255).all()
        assert grainy[:, : side // 2].mean() == pytest.approx(255 * 0.2, rel=0.1)
        assert grainy.max() > grainy[:, : side // 2].max() >= 80


def test_a_share_of_the_images_is_photographed() -> None:
    """About a quarter of 200, whereas all lose ink to the grain."""
    a = _batch(_lines(16)[None].repeat(200, axis=0))
    augment = SketchAugment(grain=(0.5, 0.5), photographed=0.25, paper=(0.3, 0.3))
    pages = from_model(augment(a, a, stream(0)))
    grey = (pages.max(axis=(1, 2, 3)) < 255).sum()
    assert 30 < grey < 70
    assert (pages.min(axis=(1, 2, 3)) < 255).all()
    assert len({page.tobytes() for page in pages}) == 200


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"jitter": (3, 1)}, "the range starts at 3, above its end 1"),
        ({"drop": (0, 1.5)}, "less than or equal to 1"),
        ({"canny": {"sigma": (-1, 1)}}, "greater than or equal to 0"),
        ({"wobble": (0, 1)}, "Extra inputs are not permitted"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    """Ends out of order or out of bounds, and unknown keys."""
    with pytest.raises(ValidationError, match=message):
        SketchAugment.model_validate(settings)
