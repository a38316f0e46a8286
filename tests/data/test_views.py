"""Views of training pairs: copies of an input, and frames of both images."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from fixtures import MakeTable
from pydantic import ValidationError

from s2f_core.common.images import Pixels
from s2f_core.data.batches import Batches
from s2f_core.data.pairs import Pairs
from s2f_core.data.tables import Domain, build
from s2f_core.data.views import Framing, View

COPIES = 3


@pytest.fixture
def several(make_table: MakeTable, faces: Pixels, tmp_path: Path) -> Pairs:
    """Thirty pictures, and as inputs three flat greys of each: 3 × its number, plus 0, 1, 2."""
    targets = make_table("targets", faces)
    grey = np.ones((COPIES, *faces.shape[1:3], 1), np.uint8)
    shades = np.arange(COPIES, dtype=np.uint8).reshape(-1, 1, 1, 1)
    domain = Domain(targets.accepted, lambda row: grey * np.uint8(COPIES * row) + shades)
    inputs = build(tmp_path / "several", domain, label="several")
    return Pairs(inputs, targets, [f"{row:03d}" for row in range(30)])


def _shades(batches: Batches, step: int) -> list[int]:
    """The grey of each input of a batch, 0 … 255."""
    middle = batches[step].a[:, 0, 8, 8]
    return torch.round((middle + 1) * 127.5).int().tolist()


def test_a_training_sees_all_copies_at_random(several: Pairs) -> None:
    """Twenty epochs show each of three copies of a picture about as often; batches repeat."""
    batches = Batches(several, 30, seed=0, jitter=1, flip=False)
    seen = [shade for step in range(20) for shade in _shades(batches, step)]
    assert {shade // COPIES for shade in seen} == set(range(30))
    counts = Counter(shade % COPIES for shade in seen)
    assert all(150 < counts[copy] < 250 for copy in range(COPIES))
    assert _shades(Batches(several, 30, seed=0, jitter=1, flip=False), 3) == seen[90:120]


def test_all_else_sees_the_first_copy(several: Pairs) -> None:
    """Without views the inputs are the first copies."""
    shades = torch.round((several.a(range(30))[:, 0, 0, 0] + 1) * 127.5).int().tolist()
    assert shades == [COPIES * row for row in range(30)]


def test_processes_share_a_batch_of_views(several: Pairs) -> None:
    """The halves of two processes are the batch of one."""
    whole, *halves = (
        Batches(several, 8, seed=0, jitter=1, flip=False, frame=Framing(turn=9), shard=shard)[2]
        for shard in (slice(None), slice(0, 4), slice(4, 8))
    )
    assert torch.equal(whole.a, torch.cat([half.a for half in halves]))
    assert torch.equal(whole.b, torch.cat([half.b for half in halves]))


def test_both_images_of_a_pair_have_one_frame(negative_pairs: Pairs) -> None:
    """The input is still the negative of the target, and nearly all images are changed."""
    frame = Framing(zoom=(0.8, 1.7), turn=8)
    framed = Batches(negative_pairs, 30, seed=0, jitter=1, flip=False, frame=frame)[0]
    torch.testing.assert_close(framed.a, -framed.b, atol=2.1 / 255, rtol=0)
    plain = Batches(negative_pairs, 30, seed=0, jitter=1, flip=False)[0]
    assert not any(torch.equal(a, b) for a, b in zip(framed.b, plain.b, strict=True))


def test_a_zoom_enlarges_about_the_middle() -> None:
    """A centred square of 16 pixels has 32 at a zoom of 2, and 12 at 0.75."""
    image = np.zeros((64, 64, 1), np.uint8)
    image[24:40, 24:40] = 255
    for zoom, side in ((2.0, 32), (0.75, 12), (1.0, 16)):
        framed = View(zoom=zoom).frame(image)
        assert framed.mean() / 255 * 64**2 == pytest.approx(side**2, rel=0.15)
        np.testing.assert_array_equal(framed, framed[::-1, ::-1])


def test_a_quarter_turn_is_anticlockwise_and_exact() -> None:
    """It equals numpy's."""
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    np.testing.assert_array_equal(View(turn=90).frame(image), np.rot90(image))


def test_frames_are_drawn_from_their_ranges() -> None:
    """A zoom and its reverse are equally likely; turns go both ways."""
    views = Framing(zoom=(0.5, 2), turn=10).views(np.zeros(400, np.int64), np.random.default_rng(0))
    zooms, turns = ([getattr(view, name) for view in views] for name in ("zoom", "turn"))
    assert [min(zooms), max(zooms)] == pytest.approx([0.5, 2], rel=0.05)
    assert [min(turns), max(turns)] == pytest.approx([-10, 10], rel=0.05)
    assert 0.4 < np.mean(np.array(zooms) < 1) < 0.6
    with pytest.raises(ValidationError, match="the range starts at 2, above its end 1"):
        Framing(zoom=(2, 1))
