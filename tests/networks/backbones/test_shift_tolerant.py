"""Shift-tolerant LPIPS: its layers, gradients and errors, and the package's own distances."""

import math
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from lpips_weights import WIDTH, random_state, write_weights
from torch import Tensor

from s2f_core.common.errors import UserError
from s2f_core.data.assets import fetch
from s2f_core.networks.backbones.shift_tolerant import (
    MIN_SIDE,
    Blur,
    Net,
    ShiftTolerant,
    load_shift_tolerant,
)

NETS: tuple[Net, ...] = ("alex", "vgg")


def ramps(side: int) -> tuple[Tensor, Tensor]:
    """Two images [1, 3, side, side] in [-1, 1] of the coordinates and their product."""
    y, x = np.mgrid[0:side, 0:side] / (side - 1)
    image = torch.from_numpy(np.stack([x, y, x * y]).astype(np.float32) * 2 - 1)[None]
    return image, image.flip(1)


def test_a_blur_halves_the_side_over_reflected_borders() -> None:
    """Worked out by hand on a row, reflected by two: 2 1 | 0 1 2 3 | 2 1."""
    row = torch.arange(4.0).expand(1, 1, 4, 4)
    assert Blur()(row)[0, 0].tolist() == [[1.0, 1.0, 2.5]] * 3
    assert Blur()(torch.zeros(1, 2, 5, 4)).shape == (1, 2, 4, 3)


@pytest.mark.parametrize("net", NETS)
def test_five_taps_and_gradients_to_the_images(net: Net) -> None:
    """The weights stay frozen; equal images have no distance, others have one."""
    network = ShiftTolerant(net, random_state(net))
    assert not any(weight.requires_grad for weight in network.parameters())
    one, other = ramps(32)
    one.requires_grad_()
    taps = network(one)
    assert len(taps) == 5
    assert all(wide.shape[2] >= narrow.shape[2] for wide, narrow in pairwise(taps))
    assert network.distance(taps, taps).item() == 0
    (gradient,) = torch.autograd.grad(network.distance(taps, network(other)).sum(), one)
    assert gradient.abs().max() > 0


@pytest.mark.parametrize("net", NETS)
def test_the_least_side_is_the_least_that_works(net: Net) -> None:
    """One pixel less leaves nothing to reflect."""
    network = ShiftTolerant(net, random_state(net))
    assert network.min_side == MIN_SIDE[net]
    network(torch.zeros(1, 3, network.min_side, network.min_side))
    with pytest.raises(RuntimeError):
        network(torch.zeros(1, 3, network.min_side - 1, network.min_side - 1))


def test_a_distance_worked_out_by_hand() -> None:
    """Unit vectors at right angles differ by (1, -1); length does not count."""
    network = ShiftTolerant("alex", random_state("alex"))
    ours, theirs = torch.zeros(2, WIDTH, 1, 2), torch.zeros(2, WIDTH, 1, 2)
    ours[:, 0] = 3.0
    theirs[0, 0] = 5.0
    theirs[1, 1] = 7.0
    expected = sum(float(head[0, 0] + head[0, 1]) for head in network.heads)
    values = network.distance([ours] * 5, [theirs] * 5).tolist()
    assert values == pytest.approx([0, expected], abs=1e-6)


def test_weights_must_be_all_and_no_more() -> None:
    """One tensor missing, one too many."""
    state = random_state("alex")
    with pytest.raises(ValueError, match=r"unknown tensors: lin7.weight"):
        ShiftTolerant("alex", {**state, "lin7.weight": torch.zeros(1)})
    del state["net.slice3.9.bias"]
    with pytest.raises(KeyError, match=r"net.slice3.9.bias"):
        ShiftTolerant("alex", state)


def test_weights_are_read_from_the_file(tmp_path: Path) -> None:
    """The network that is asked for, of the two."""
    file = write_weights(tmp_path / "lpips.zip", *NETS)
    for net in NETS:
        network = load_shift_tolerant(file, net)
        assert network.min_side == MIN_SIDE[net]
        assert torch.equal(network.heads[4], random_state(net)["lin4.model.1.weight"])


def test_a_file_that_is_not_lpips_is_explained(tmp_path: Path) -> None:
    """None, one that is no zip, one without the network."""
    with pytest.raises(UserError, match="run 's2f fetch lpips'"):
        load_shift_tolerant(tmp_path / "none.zip", "alex")
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("alex_shift_tolerant.pth", b"no torch file")
    for name in ("bad", "other"):
        with pytest.raises(UserError, match=f"{name}.zip is not the file of LPIPS"):
            load_shift_tolerant(tmp_path / f"{name}.zip", "alex")


@pytest.mark.slow
@pytest.mark.parametrize(("net", "expected"), [("alex", 0.25077945), ("vgg", 0.32775757)])
def test_distances_are_those_of_the_package(
    net: Net, expected: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed by stlpips-pytorch 0.0.2: LPIPS(net=…, variant="shift_tolerant") of the ramps."""
    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        weights = fetch("lpips", tmp_path) / "lpips.zip"
    network = load_shift_tolerant(weights, net)
    one, other = (network(image) for image in ramps(48))
    assert math.isclose(network.distance(one, other).item(), expected, rel_tol=1e-5)
