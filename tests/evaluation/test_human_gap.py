"""The human gap: measures on strokes of known size, and the files of the stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode
from s2f_core.data import tables
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.sketch.strokes import ink, stroke_width
from s2f_core.evaluation import human_gap
from s2f_core.evaluation.human_gap import Gap, augment_sketches, measure, read_sets
from s2f_core.metrics.types import Values

SIDE, PHOTOS, PEOPLE = 32, 30, 24
THICK = {"condition": "edges", "sketch": {"thickness": [6, 6]}}


class BlockMeans:
    """A stand-in for Inception: the sorted means of an image's sixteen blocks."""

    network = "of no network"

    def __call__(self, images: Pixels) -> Values:
        """Features [n, 16]."""
        parts = images.mean(axis=3).reshape(len(images), 4, SIDE // 4, 4, SIDE // 4)
        return np.sort(parts.mean(axis=(2, 4)).reshape(len(images), -1) / 255.0, axis=1)


INCEPTION: Any = BlockMeans()


def _strokes(distance: npt.NDArray[np.float64], width: float) -> Pixels:
    """Return anti-aliased lines of a width from the distances to their middle [..., H, W]."""
    pages: Pixels = np.rint(255 * (distance - width / 2 + 0.5).clip(0, 1)).astype(np.uint8)
    return np.asarray(pages[..., None])


def _circles(count: int, width: int, seed: int, side: int = SIDE) -> Pixels:
    """Return circles of many sizes and places, uint8 [n, side, side, 1]."""
    random = np.random.default_rng(seed)
    rows, columns = np.indices((side, side))
    x, y = random.uniform(12, side - 12, (2, count, 1, 1))
    return _strokes(
        np.abs(np.hypot(columns - x, rows - y) - random.uniform(5, 10, (count, 1, 1))), width
    )


def _write(folder: Path, images: Pixels, prefix: str = "") -> None:
    rows = pd.DataFrame({"id": [f"{prefix}{row:03d}" for row in range(len(images))]})
    rows = rows.assign(source="made up")
    tables.build(folder, tables.Domain(rows, images.__getitem__), label="fixture")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Photos with edges and a blurred condition, and drawings with thicker lines."""
    edges = _circles(PHOTOS, 1, 0)
    _write(tmp_path / "faces" / "kept", 255 - edges.repeat(3, axis=3) // 2)
    _write(tmp_path / "faces" / "kept-edges", edges)
    _write(tmp_path / "faces" / "kept-grey", np.full_like(edges, 200))
    _write(tmp_path / "drawn" / "kept", edges.repeat(3, axis=3))
    _write(tmp_path / "drawn" / "kept" / "given", _circles(PEOPLE, 3, 1), "d")
    return tmp_path


def _gap(**changes: Any) -> Gap:
    return Gap.model_validate(
        {"role": "faces", "conditions": ["edges", "grey"], "people": "drawn", **changes}
    )


def test_ink_is_the_black_share_of_the_page() -> None:
    """Grey pixels count in part, and colour makes no difference."""
    page = np.full((1, 8, 8, 1), 255, np.uint8)
    page[:, :4, :4] = 0
    assert ink(page) == pytest.approx([0.25])
    page[:, :2, :4] = 128
    assert ink(page) == pytest.approx([0.1875], abs=1e-3)
    assert ink(page.repeat(3, axis=3)) == pytest.approx(ink(page))


@pytest.mark.parametrize("width", [1, 2, 3, 5, 8])
def test_stroke_width_of_lines_and_circles(width: int) -> None:
    """The width in 128ths, of an upright line, a slanting line and circles."""
    page = np.full((1, 128, 128, 1), 255, np.uint8)
    page[:, 8:-8, 60 : 60 + width] = 0
    assert stroke_width(page)[0] == pytest.approx(width, abs=0.01)
    rows, columns = np.indices((128, 128))
    slanted = _strokes(np.abs((rows - 64) * 0.8 - (columns - 60) * 0.6)[None], width)
    assert stroke_width(slanted)[0] == pytest.approx(width, abs=0.2)
    assert stroke_width(_circles(20, width, 0, 128)).mean() == pytest.approx(width, abs=0.3)


def test_stroke_width_is_relative_to_the_side_and_to_the_darkest_ink() -> None:
    """Two of 64 pixels are four 128ths, in grey as in black; an empty sheet has none."""
    pages = np.full((3, 64, 64, 1), 255, np.uint8)
    pages[0, :, 30:32], pages[1, :, 30:32] = 0, 180
    assert stroke_width(pages)[:2] == pytest.approx([4, 4], abs=0.01)
    assert np.isnan(stroke_width(pages)[2])


def test_augmentation_has_a_fixed_seed(data: Path) -> None:
    """Two calls give equal pages; images with equal lines differ."""
    pages = np.repeat(_circles(1, 1, 0), 4, axis=0)
    sketch = SketchAugment(jitter=(1, 3))
    one, two = (augment_sketches(pages, pages.repeat(3, axis=3), sketch) for _ in range(2))
    assert np.array_equal(one, two)
    assert len({page.tobytes() for page in one}) == 4


def test_sketches_closer_to_peoples_have_a_lower_kid(data: Path) -> None:
    """Thickened edges are closer than edges, and edges closer than grey paper without strokes."""
    gap = _gap(augmented={"thick": {**THICK, "sketch": {"thickness": [8, 8]}}})
    scores = measure(read_sets(gap, data), INCEPTION)
    assert list(scores) == ["people", "edges", "grey", "thick"]
    kid = {name: figures["kid"]["value"] or 0.0 for name, figures in scores.items()}
    assert abs(kid["people"]) < kid["thick"] < kid["edges"] < kid["grey"]
    widths = {name: figures["stroke_width"]["value"] for name, figures in scores.items()}
    assert widths["people"] == pytest.approx(12, abs=2)  # three of 32 pixels
    assert widths["edges"] == pytest.approx(4, abs=1)
    assert scores["grey"].pop("stroke_width")["value"] is None
    for figures in scores.values():
        for each in figures.values():
            assert each["low"] is not None
            assert each["high"] is not None
            assert each["low"] <= each["high"]


def test_stage_writes_metrics_report_and_sheet(data: Path, tmp_path: Path) -> None:
    """The sheet has a row for each set; a second run writes the same bytes."""
    gap = _gap(images=20, augmented={"thick": THICK})
    out, metrics = tmp_path / "out", tmp_path / "metrics" / "human-gap.json"
    human_gap.write(gap, data, INCEPTION, out, metrics)
    flat = json.loads(metrics.read_text())
    assert {"people_ink", "edges_kid", "edges_stroke_width", "thick_kid"} <= set(flat)
    assert "grey_stroke_width" not in flat
    report = json.loads((out / "gap.json").read_text())
    assert report["sets"]["thick"]["kind"] == "augmented"
    assert report["sets"]["edges"]["n"] == 20
    assert report["sheet"] == ["photos", "people", "edges", "grey", "thick"]
    assert report["scores"]["kid"]["network"] == "of no network"
    sheet = decode((out / "sheet.png").read_bytes())
    assert sheet.shape[:2] == (5 * (SIDE + 2) - 2, 12 * (SIDE + 2) - 2)
    before = metrics.read_bytes(), (out / "gap.json").read_bytes(), (out / "sheet.png").read_bytes()
    human_gap.write(gap, data, INCEPTION, out, metrics)
    assert before == tuple(file.read_bytes() for file in (metrics, *sorted(out.iterdir())))


def test_people_may_be_a_role_of_drawings_alone(data: Path) -> None:
    """People's sketches need no photos beside them."""
    _write(data / "doodles" / "kept", _circles(PEOPLE, 3, 1), "d")
    one, other = (read_sets(_gap(people=role), data) for role in ("drawn", "doodles"))
    assert np.array_equal(one.sketches["people"], other.sketches["people"])


def test_empty_sketches_have_no_stroke_width(data: Path) -> None:
    """The value is missing; the ink is 0."""
    _write(data / "faces" / "kept-white", np.full((PHOTOS, SIDE, SIDE, 1), 255, np.uint8))
    scores = measure(read_sets(_gap(conditions=["white"]), data), INCEPTION)
    assert scores["white"]["stroke_width"]["value"] is None
    assert scores["white"]["ink"]["value"] == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conditions": ["none"]}, "kept-none is not an image table"),
        ({"people": "nobody"}, "nobody/kept is not an image table"),
        ({"conditions": ["noise"]}, r"kept-noise has images of \(1, 1\)"),
        ({"conditions": ["other"]}, "other share 0 images, at least 20 are needed"),
        ({"people": "few"}, "few/kept has 5 sketches, at least 20 are needed"),
        (
            {"augmented": {"new": {"condition": "grey", "sketch": {"canny": {}}}}},
            "the condition 'grey' has greys",
        ),
        ({"augmented": {"edges": THICK}}, "'edges' is already the name of a set"),
    ],
)
def test_sets_that_cannot_be_compared_are_refused(data: Path, changes: Any, message: str) -> None:
    """The message names the table or the key."""
    _write(data / "faces" / "kept-noise", np.zeros((PHOTOS, 1, 1, 5), np.uint8))
    _write(data / "faces" / "kept-other", _circles(PHOTOS, 1, 0), "other")
    _write(data / "few" / "kept", _circles(5, 1, 0))
    with pytest.raises(UserError, match=message):
        read_sets(_gap(**changes), data)
