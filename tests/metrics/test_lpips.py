"""LPIPS of pairs, with random weights: its cache, its order, and images too small for it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from lpips_weights import write_weights

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.metrics.lpips import LPIPS, PerceptualDistance
from s2f_core.metrics.types import ImageSet, Space, Values
from s2f_core.networks.backbones.shift_tolerant import load_shift_tolerant

Spaces = dict[Space, Callable[[Pixels], Values]]


@pytest.fixture
def network(tmp_path: Path) -> PerceptualDistance:
    """The distance, with random weights."""
    write_weights(tmp_path / "lpips" / "lpips.zip", "alex")
    return PerceptualDistance(tmp_path)


def test_each_output_is_compared_with_its_own_target(
    network: PerceptualDistance, faces: Pixels
) -> None:
    """As the network computes it, pair by pair; equal images have no distance."""
    outputs, targets = faces[[0, 1, 2]], faces[[0, 5, 6]]
    spaces: Spaces = {"lpips": network}
    estimate = LPIPS.measure(ImageSet(outputs, spaces), ImageSet(targets, spaces))
    values = LPIPS.per_image(ImageSet(outputs, spaces), ImageSet(targets, spaces))
    assert values is not None
    module = load_shift_tolerant(network.weights, "alex")
    ours, theirs = (
        module(torch.from_numpy(images).movedim(3, 1) / 127.5 - 1) for images in (outputs, targets)
    )
    assert values == pytest.approx(module.distance(ours, theirs).numpy(), abs=1e-6)
    assert values[0] == 0
    assert estimate["value"] == pytest.approx(values.mean(), rel=1e-5)
    assert estimate["n"] == 3


def test_grey_outputs_have_a_distance_and_other_images_none(
    network: PerceptualDistance, faces: Pixels
) -> None:
    """Unpaired ones, and those of fewer than 21 pixels."""
    spaces: Spaces = {"lpips": network}
    grey = faces[:2].mean(axis=3, keepdims=True).astype(np.uint8)
    colour = ImageSet(faces[:2], spaces)
    assert (LPIPS.measure(ImageSet(grey, spaces), colour)["value"] or 0) > 0
    assert LPIPS.per_image(ImageSet(grey, spaces, paired=False), colour) is None
    assert LPIPS.per_image(ImageSet(grey, {}), colour) is None
    small = ImageSet(faces[:2, :20, :20], spaces)
    assert LPIPS.measure(small, small)["value"] is None


def test_distances_are_computed_once(
    network: PerceptualDistance, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache has them afterwards; the weights name the network."""
    pairs = np.concatenate([faces[:2], faces[2:4]], axis=3)
    distances = network(pairs)
    monkeypatch.delattr(PerceptualDistance, "_compute")
    with pytest.raises(AttributeError):
        network(pairs[:1])
    monkeypatch.undo()
    assert np.array_equal(network(pairs), distances)
    assert distances.shape == (2, 1)
    assert "sha256" in network.network


def test_missing_weights_are_explained(tmp_path: Path, faces: Pixels) -> None:
    """With the command that fetches them."""
    with pytest.raises(UserError, match="run 's2f fetch lpips'"):
        PerceptualDistance(tmp_path)(np.concatenate([faces, faces], axis=3))
