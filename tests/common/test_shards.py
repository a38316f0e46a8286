"""The share of a batch that a process gets when several train together."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from s2f_core.common import distributed
from s2f_core.common.errors import UserError
from s2f_core.data.batches import Batches
from s2f_core.data.pairs import Pairs


@pytest.fixture(params=[0, 1])
def second_of_two(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Pretend that this process is the first, then the second, of two."""
    monkeypatch.setattr(distributed, "world_size", lambda: 2)
    monkeypatch.setattr(distributed, "rank", lambda: request.param)
    return int(request.param)


def test_a_shard_is_part_of_the_whole_batch(splits: dict[str, Pairs], second_of_two: int) -> None:
    """Two of the four images of each part; jitter and flips are those of the whole batch."""
    options: dict[str, Any] = {"seed": 0, "jitter": 1.117, "flip": True}
    batch = Batches(splits["train"], 8, **options)[3]
    places = distributed.shard_indices(8, 2)
    shard = Batches(splits["train"], 8, **options, shard=places)[3]
    assert list(places) == ([0, 1, 4, 5], [2, 3, 6, 7])[second_of_two]  # type: ignore[arg-type]
    assert torch.equal(shard.a, batch.a[places])
    assert torch.equal(shard.b, batch.b[places])


def test_random_numbers_are_drawn_for_all_processes(second_of_two: int) -> None:
    """In any memory layout, and along any dimension."""
    like = torch.zeros(3, 5, 4, 2).permute(0, 3, 1, 2)
    torch.manual_seed(0)
    shard = distributed.sample_sharded_like(torch.randn_like, like)
    column = distributed.sample_sharded(lambda count: torch.rand(2, count), 3, dim=1)
    torch.manual_seed(0)
    batch = torch.randn_like(torch.zeros(6, 5, 4, 2).permute(0, 3, 1, 2))
    assert torch.equal(shard, batch[3 * second_of_two :][:3])
    assert torch.equal(column, torch.rand(2, 6)[:, 3 * second_of_two :][:, :3])


@pytest.mark.usefixtures("second_of_two")
@pytest.mark.parametrize(("batch", "parts"), [(1, 1), (5, 1), (6, 2)])
def test_a_batch_that_cannot_be_divided_is_refused(batch: int, parts: int) -> None:
    """The message says what is allowed."""
    message = rf"batch is {batch} images in {parts} part.* multiple of {2 * parts}"
    with pytest.raises(UserError, match=message):
        distributed.shard_indices(batch, parts)
