"""The generator runner: eval mode, a seed, and every state restored."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from s2f_core.common.images import from_model
from s2f_core.networks.generate import BATCH, batches, generate, generate_floats


class Noisy(nn.Module):
    """Adds noise to its input and drops pixels in train mode."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.dropout = nn.Dropout()

    def forward(self, images: Tensor) -> Tensor:
        """Scale, drop, add noise."""
        dropped: Tensor = self.dropout(self.scale * images) + torch.randn_like(images) / 8
        return dropped


def test_rows_are_split_into_batches() -> None:
    """The last batch is smaller; no rows, no batches."""
    assert batches(BATCH + 1) == [range(BATCH), range(BATCH, BATCH + 1)]
    assert batches(0) == []


@pytest.mark.parametrize("train", [True, False])
def test_mode_and_random_state_are_restored(train: bool) -> None:
    """Also when the generator fails."""
    network = Noisy().train(train)
    state = torch.get_rng_state()
    generate(network, [torch.zeros(2, 1, 4, 4)])
    with pytest.raises(AttributeError):
        generate(network, [None])  # type: ignore[list-item]
    assert network.training is train
    assert network.dropout.training is train
    assert torch.equal(torch.get_rng_state(), state)


def test_one_seed_covers_all_batches() -> None:
    """Outputs are those of eval mode after one call of manual_seed."""
    network, parts = Noisy(), [torch.rand(2, 1, 4, 4), torch.rand(1, 1, 4, 4)]
    torch.manual_seed(3)
    network.eval()
    with torch.inference_mode():
        expected = torch.cat([network(part) for part in parts])
    network.train()
    assert np.array_equal(generate_floats(network, parts, seed=3), expected.numpy())
    assert np.array_equal(generate(network, parts, seed=3), from_model(expected))
    assert not np.array_equal(generate(network, parts), from_model(expected))
