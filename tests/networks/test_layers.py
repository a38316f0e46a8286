"""Norms, activations and initialisation, on values worked out by hand."""

from typing import Any, get_args

import pytest
import torch
from network_contract import discriminator, generator
from pydantic import TypeAdapter, ValidationError
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from s2f_core.networks.layers import (
    INITS,
    NORMS,
    Activation,
    Init,
    InstanceNorm,
    JReLU,
    Norm,
    initialise,
    needs_bias,
)


def _activation(**section: object) -> Any:
    return TypeAdapter(Activation).validate_python(section).build()


def test_jrelu_leaks_shifts_and_caps() -> None:
    """By default 0.1·x below zero, minus 0.4, at most 6."""
    x = torch.tensor([-10.0, -1.0, 0.0, 1.0, 6.4, 100.0])
    expected = torch.tensor([-1.4, -0.5, -0.4, 0.6, 6.0, 6.0])
    torch.testing.assert_close(_activation(type="jrelu")(x), expected)
    torch.testing.assert_close(JReLU(0.5, 1.0, 2.0)(x[:2]), torch.tensor([-6.0, -1.5]))


def test_activations_are_the_ones_named() -> None:
    """ReLU, and LeakyReLU with the slope given or 0.2."""
    x = torch.tensor([-1.0, 2.0])
    assert _activation(type="relu")(x).tolist() == [0, 2]
    torch.testing.assert_close(_activation(type="leaky-relu")(x), torch.tensor([-0.2, 2.0]))
    torch.testing.assert_close(
        _activation(type="leaky-relu", slope=0.5)(x), torch.tensor([-0.5, 2.0])
    )


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (_activation, {"type": "jrelu", "cap": 0}),
        (_activation, {"type": "leaky-relu", "slope": 1}),
        (_activation, {"type": "gelu"}),
        (generator, {"type": "unet", "depth": 1}),
        (generator, {"type": "unet", "kernel": 5}),
        (generator, {"type": "unet", "noise": "output"}),
        (generator, {"type": "fc", "hidden": []}),
        (generator, {"type": "dcgan", "spectral": True}),
        (discriminator, {"type": "patchgan", "layers": 9}),
        (discriminator, {"type": "strided", "layers": 1}),
        (discriminator, {"type": "resnet18", "norm": "instance"}),
    ],
)
def test_a_value_out_of_bounds_is_refused(make: Any, wrong: dict[str, Any]) -> None:
    """By the section itself, before anything is built."""
    with pytest.raises(ValidationError):
        make(**wrong)


@pytest.mark.parametrize("norm", get_args(Norm))
def test_a_norm_keeps_shape_and_says_whether_it_shifts(norm: Norm) -> None:
    """A norm with a shift needs no bias in front of it."""
    layer = NORMS[norm](12)
    assert layer(torch.randn(2, 12, 5, 5)).shape == (2, 12, 5, 5)
    shifts = any(name == "bias" for name, _ in layer.named_parameters())
    assert needs_bias(norm) is not shifts


@pytest.mark.parametrize(("channels", "groups"), [(512, 32), (64, 32), (48, 24), (6, 3), (3, 1)])
def test_group_norm_divides_the_channels(channels: int, groups: int) -> None:
    """Into at most 32 groups, of two or more channels."""
    norm = NORMS["group"](channels)
    assert isinstance(norm, nn.GroupNorm)
    assert norm.num_groups == groups


def test_instance_norm_is_pytorchs_above_one_pixel() -> None:
    """At one pixel it is the limit of it: a constant map's result, which is the shift."""
    ours, theirs = InstanceNorm(3, affine=True), nn.InstanceNorm2d(3, affine=True)
    for norm in (ours, theirs):
        nn.init.constant_(norm.weight, 2.0)
        nn.init.constant_(norm.bias, 0.5)
    x = torch.randn(2, 3, 4, 4)
    assert torch.equal(ours(x), theirs(x))
    pixel = x[:, :, :1, :1]
    flat = theirs(pixel.expand(-1, -1, 2, 2))[:, :, :1, :1]
    torch.testing.assert_close(ours(pixel), flat, atol=1e-3, rtol=0)
    assert InstanceNorm(3)(pixel).abs().sum() == 0


def _network() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(64, 64, 4),
        NORMS["batch"](64),
        nn.ConvTranspose2d(64, 64, 4),
        NORMS["instance-affine"](64),
        NORMS["instance"](64),
        nn.Linear(64, 64),
        NORMS["group"](64),
    )


@pytest.mark.parametrize("init", INITS)
def test_initialise_draws_the_documented_values(init: Init) -> None:
    """Weights of the right spread, scales N(1, 0.1), no bias; 1,024 inputs and outputs."""
    network = _network()
    initialise(network, init, gain=0.1)
    spread = {"normal": 0.1, "xavier": 0.1 / 32, "kaiming": 2**0.5 / 32, "orthogonal": 0.1 / 32}
    weight = network[0].weight
    assert weight.std().item() == pytest.approx(spread[init], rel=0.05)
    for norm in (network[1], network[3], network[6]):
        assert norm.weight.mean().item() == pytest.approx(1, abs=0.05)
        assert norm.weight.std().item() == pytest.approx(0.1, rel=0.5)
    biases = [value for name, value in network.named_parameters() if name.endswith("bias")]
    assert len(biases) == 6
    assert all(bias.abs().sum() == 0 for bias in biases)


def test_orthogonal_rows_are_orthogonal() -> None:
    """W·Wᵀ = gain²·I."""
    network: Any = nn.Sequential(nn.Conv2d(8, 4, 3))
    initialise(network, "orthogonal", gain=2.0)
    rows = network[0].weight.flatten(1)
    torch.testing.assert_close(rows @ rows.T, 4 * torch.eye(4), atol=1e-5, rtol=0)


def test_default_changes_nothing() -> None:
    """PyTorch's initial values stay."""
    network = _network()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    initialise(network, "default")
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_pretrained_module_is_left_alone_with_all_inside() -> None:
    """Its neighbours are drawn."""
    network: Any = nn.Sequential(nn.Sequential(nn.Conv2d(2, 2, 1)), nn.Conv2d(2, 2, 1))
    network[0].pretrained = True
    pretrained, initial = network[0][0].weight.clone(), network[1].weight.clone()
    initialise(network)
    assert torch.equal(network[0][0].weight, pretrained)
    assert not torch.equal(network[1].weight, initial)


def test_the_weight_under_a_spectral_norm_is_drawn() -> None:
    """The learned one has the gain's spread; the one in use has a largest singular value of 1."""
    torch.manual_seed(0)
    network: Any = nn.Sequential(spectral_norm(nn.Conv2d(16, 32, 3)))
    initialise(network, gain=3.0)
    original = network[0].get_parameter("parametrizations.weight.original")
    assert original.std().item() == pytest.approx(3.0, rel=0.05)
    assert torch.linalg.matrix_norm(network[0].weight.flatten(1), 2).item() == pytest.approx(
        1, abs=0.05
    )
