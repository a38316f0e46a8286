"""Networks: contracts over the registry, and the reference implementation's outputs."""

from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter
from torch import nn

from s2f_core.errors import UserError
from s2f_core.layers import NORMS, initialise
from s2f_core.networks import Discriminator, Generator

GOLDEN = Path(__file__).parents[2] / "shared" / "golden" / "junyanz_parity.pt"


def _generator(**section: object) -> Any:
    return TypeAdapter(Generator).validate_python(section)


def _discriminator(**section: object) -> Any:
    return TypeAdapter(Discriminator).validate_python(section)


GENERATORS = [
    {"type": "unet"},
    {"type": "unet", "up": "nearest"},
    {"type": "unet", "depth": 3},
    {"type": "resnet", "blocks": 2},
    {"type": "resnet", "blocks": 1, "up": "nearest"},
    {"type": "resnet", "downs": 3, "blocks": 2, "skips": True},
]


def _learns(network: nn.Module, inputs: torch.Tensor) -> None:
    """Every parameter gets a gradient, and only a bias in front of a norm may get zero."""
    network(inputs).square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert name.endswith("bias") or weight.grad.abs().sum() > 0, name


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("section", GENERATORS, ids=str)
def test_a_generator_keeps_size_and_range(section: dict[str, Any], norm: str) -> None:
    """[2, 1, 32, 32] → [2, 3, 32, 32] in [-1, 1], gradients everywhere, state round trip."""
    built = _generator(**section, norm=norm)
    network = built.build(32, 4, 1, 3)
    initialise(network)
    inputs = torch.randn(2, 1, 32, 32)
    out = network(inputs)
    assert out.shape == (2, 3, 32, 32)
    assert out.abs().max() <= 1
    _learns(network, inputs)
    twin = built.build(32, 4, 1, 3)
    twin.load_state_dict(network.state_dict())
    assert torch.equal(twin.eval()(inputs), network.eval()(inputs))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_discriminator_gives_a_logit_a_patch(layers: int, norm: str) -> None:
    """The map is H / 2^layers - 2 wide; gradients everywhere."""
    network = _discriminator(type="patchgan", layers=layers, norm=norm).build(32, 4, 4)
    initialise(network)
    inputs = torch.randn(2, 4, 32, 32)
    side = 32 // 2**layers - 2
    assert network(inputs).shape == (2, 1, side, side)
    _learns(network, inputs)


@pytest.mark.parametrize(
    ("section", "size", "said"),
    [
        ({"type": "unet", "depth": 5}, 48, "multiple of 32"),
        ({"type": "unet"}, 100, "multiple of 64"),
        ({"type": "resnet", "downs": 3}, 36, "multiple of 8"),
        ({"type": "resnet", "downs": 3}, 8, "larger than it"),
    ],
)
def test_a_size_that_does_not_fit_is_refused(section: dict[str, Any], size: int, said: str) -> None:
    """With the sizes that would."""
    with pytest.raises(UserError, match=said):
        _generator(**section).build(size, 4, 1, 3)


def test_a_patchgan_needs_a_patch() -> None:
    """16 px leave nothing for three layers."""
    with pytest.raises(UserError, match="at least 24 px"):
        _discriminator(type="patchgan", layers=3).build(16, 4, 4)


def test_depth_follows_from_the_size() -> None:
    """By default down to one pixel."""
    assert len(_generator(type="unet").build(128, 2, 1, 3).downs) == 7
    assert len(_generator(type="unet").build(256, 2, 1, 3).downs) == 8
    assert len(_generator(type="unet", depth=4).build(256, 2, 1, 3).downs) == 4


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (lambda: _generator(type="unet", norm="batch").build(256, 64, 3, 3), 54_413_955),
        (lambda: _generator(type="unet", norm="batch").build(128, 64, 3, 3), 41_828_995),
        (lambda: _generator(type="unet", norm="instance").build(256, 64, 3, 3), 54_409_603),
        (lambda: _generator(type="resnet", blocks=9).build(256, 64, 3, 3), 11_378_179),
        (lambda: _generator(type="resnet", blocks=6).build(256, 64, 3, 3), 7_837_699),
        (lambda: _discriminator(type="patchgan").build(256, 64, 6), 2_768_705),
        (lambda: _discriminator(type="patchgan", norm="instance").build(256, 64, 3), 2_764_737),
        (lambda: _discriminator(type="patchgan", layers=5).build(256, 64, 6), 11_159_361),
    ],
)
def test_parameter_counts_are_the_references(network: Any, parameters: int) -> None:
    """The counts of the reference PyTorch implementation of pix2pix at width 64."""
    with torch.device("meta"):
        built = network()
    assert sum(weight.numel() for weight in built.parameters()) == parameters


def test_a_70_pixel_patch_sees_70_pixels() -> None:
    """A logit's gradient reaches a 70×70 square of the input."""
    network = _discriminator(type="patchgan", layers=3, norm="none").build(256, 4, 1)
    image = torch.randn(1, 1, 256, 256, requires_grad=True)
    network(image)[0, 0, 15, 15].backward()
    assert image.grad is not None
    seen = image.grad[0, 0].abs().sum(dim=0).nonzero()
    assert seen.max() - seen.min() + 1 == 70


@pytest.mark.skipif(not GOLDEN.exists(), reason="the reference's outputs are not beside the clone")
@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("unet_128 batch", lambda: _generator(type="unet", norm="batch").build(128, 4, 3, 3)),
        ("unet_128 instance", lambda: _generator(type="unet", norm="instance").build(128, 4, 3, 3)),
        ("resnet_9blocks instance", lambda: _generator(type="resnet").build(64, 4, 3, 3)),
        ("patchgan70 batch", lambda: _discriminator(type="patchgan").build(128, 4, 6)),
        (
            "patchgan70 instance",
            lambda: _discriminator(type="patchgan", norm="instance").build(128, 4, 3),
        ),
    ],
)
def test_outputs_are_the_references(name: str, network: Any) -> None:
    """The reference's weights, in their order, give the reference's output within 1e-5."""
    golden = torch.load(GOLDEN, weights_only=True)[name]
    built = network().eval()
    built.load_state_dict(dict(zip(built.state_dict(), golden["state"].values(), strict=True)))
    with torch.inference_mode():
        torch.testing.assert_close(built(golden["input"]), golden["output"], atol=1e-5, rtol=0)
