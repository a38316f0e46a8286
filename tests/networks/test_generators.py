"""Generators: the contract over the registry, sizes that are refused, and each one's options."""

from typing import Any

import pytest
import torch
from network_contract import (
    SIZES,
    assert_learns,
    assert_survives_a_file,
    build_or_refuse,
    generator,
    registry_cases,
)
from torch import nn

from s2f_core.common.errors import UserError
from s2f_core.networks import Generator
from s2f_core.networks.layers import JReLU, initialise

JRELU = {"type": "jrelu"}
OPTIONS = [
    {"type": "unet", "up": "nearest"},
    {"type": "unet", "depth": 2, "normalised": "all", "norm": "instance-affine"},
    {"type": "unet", "depth": 2, "kernel": 3, "skips": False},
    {"type": "unet", "depth": 2, "noise": "input"},
    {"type": "unet", "depth": 2, "noise": "bottleneck"},
    {"type": "unet", "depth": 2, "affine": True, "up": "nearest"},
    {"type": "unet", "depth": 2, "noise": "both", "skips": False, "activation": JRELU},
    {"type": "resnet", "blocks": 1, "up": "nearest", "activation": JRELU},
    {"type": "resnet", "downs": 3, "blocks": 2, "skips": True, "dropout": 0.5},
    {"type": "resnet", "blocks": 1, "norm": "instance-affine", "stem_bias": True},
    {"type": "hybrid", "depth": 1, "blocks": 0, "up": "nearest", "activation": JRELU},
    {"type": "dcgan", "up": "nearest", "activation": JRELU},
    {"type": "fc", "hidden": [7], "activation": JRELU},
]


def _inputs(section: Any, batch: int, size: int) -> torch.Tensor:
    side = size if section.takes == "image" else 1
    return torch.rand(batch, 3, side, side) * 2 - 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("options", [*registry_cases(Generator), *OPTIONS], ids=str)
def test_a_generator_holds_the_contract_or_refuses_the_size(
    options: dict[str, Any], size: int
) -> None:
    """Shape, range and gradients everywhere, or a UserError that names the size."""
    torch.manual_seed(0)
    section = generator(**options)
    network = build_or_refuse(section, size, 4, 3, 2)
    if network is None:
        return
    initialise(network, "kaiming")
    inputs = _inputs(section, 2, size)
    out = network(inputs)
    assert out.shape == (2, 2, size, size)
    assert out.dtype == torch.float32
    assert out.abs().max() <= 1
    assert_learns(network, out)
    assert network(inputs[:1]).shape == (1, 2, size, size)


@pytest.mark.parametrize("options", [*registry_cases(Generator), *OPTIONS], ids=str)
def test_every_generator_fits_64_px_and_a_file(options: dict[str, Any]) -> None:
    """No type refuses every size; one image trains; weights survive a file."""
    section = generator(**options)
    network, twin = (section.build(64, 2, 3, 2) for _ in range(2))
    inputs = _inputs(section, 1, 64)
    assert network(inputs).shape == (1, 2, 64, 64)
    assert_survives_a_file(network, twin, inputs)


@pytest.mark.parametrize(
    ("section", "size", "message"),
    [
        ({"type": "unet", "depth": 5}, 48, "multiple of 32"),
        ({"type": "unet"}, 100, "multiple of 64"),
        ({"type": "unet"}, 1, "multiple of 2"),
        ({"type": "resnet", "downs": 3}, 36, "multiple of 8"),
        ({"type": "resnet", "downs": 3}, 8, "larger than it"),
        ({"type": "hybrid", "depth": 4}, 36, "multiple of 16"),
        ({"type": "hybrid", "depth": 4}, 16, "larger than it"),
        ({"type": "dcgan"}, 100, "16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128 px"),
        ({"type": "dcgan"}, 256, "give one of 16"),
    ],
)
def test_an_impossible_size_is_an_error(section: dict[str, Any], size: int, message: str) -> None:
    """The message names sizes that work."""
    with pytest.raises(UserError, match=message):
        generator(**section).build(size, 4, 1, 3)


def test_depth_follows_from_the_size() -> None:
    """By default down to one pixel."""
    assert len(generator(type="unet").build(128, 2, 1, 3).downs) == 7
    assert len(generator(type="unet").build(256, 2, 1, 3).downs) == 8
    assert len(generator(type="unet", depth=4).build(256, 2, 1, 3).downs) == 4


@pytest.mark.parametrize("noise", ["input", "bottleneck", "both"])
def test_noise_changes_the_output_until_seeded(noise: str) -> None:
    """Also in eval mode, and a seed brings the output back."""
    network = generator(type="unet", depth=2, noise=noise).build(16, 4, 1, 3).eval()
    image = torch.zeros(1, 1, 16, 16)
    torch.manual_seed(5)
    first, second = network(image), network(image)
    torch.manual_seed(5)
    assert torch.equal(network(image), first)
    assert not torch.equal(first, second)


def test_an_affine_unet_applies_its_functions_to_the_images_own_pixels() -> None:
    """A gain of one and no shift give the image back; a gain for each of its channels."""
    network = generator(type="unet", depth=2, affine=True).build(16, 2, 2, 3).eval()
    last = network.ups[-1][1]
    functions = torch.tensor([[0.0, 1, 0], [0, 0, 1], [0.5, 1, -1]])  # shift, gain, gain
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(functions.flatten())
    image = torch.rand(4, 2, 16, 16) * 2 - 1
    values = torch.atanh(network(image))
    torch.testing.assert_close(values[:, :2], image, atol=1e-5, rtol=1e-4)
    expected = 0.5 + image[:, 0] - image[:, 1]
    torch.testing.assert_close(values[:, 2], expected, atol=1e-5, rtol=1e-3)


def test_without_noise_eval_mode_is_deterministic() -> None:
    """Nothing is drawn: not even dropout."""
    network = generator(type="unet").build(64, 2, 1, 3).eval()
    before = torch.get_rng_state()
    network(torch.zeros(1, 1, 64, 64))
    assert torch.equal(torch.get_rng_state(), before)


def test_p5s_unet_trains_to_one_pixel_with_a_batch_of_1() -> None:
    """The 1×1 stage gives its shift, zero, which the ReLU stops: it and the first up stay."""
    section = generator(type="unet", kernel=3, norm="instance-affine", normalised="all")
    network = section.build(16, 4, 3, 3)
    out = network(torch.randn(1, 3, 16, 16))
    out.square().mean().backward()
    assert torch.isfinite(out).all()
    still = {name for name, weight in network.named_parameters() if not weight.grad.any()}
    assert {name.rsplit(".", 2)[0] for name in still} == {"downs.3", "ups.0"}


def test_batch_norm_of_one_value_is_an_error() -> None:
    """A batch of 1 at 1×1; two images are enough, and so is eval mode."""
    network = generator(type="unet", norm="batch", normalised="all").build(16, 4, 3, 3)
    image = torch.randn(1, 3, 16, 16)
    with pytest.raises(UserError, match="batches of 2 or more"):
        network(image)
    assert network(image.expand(2, -1, -1, -1)).shape == (2, 3, 16, 16)
    assert network.eval()(image).shape == (1, 3, 16, 16)


def test_a_dcgan_has_five_blocks_at_64_px() -> None:
    """As P4's: 1 → 4 → 8 → 16 → 32 → 64, 8·width channels down to the image's."""
    network = generator(type="dcgan").build(64, 8, 100, 3)
    blocks = [layer for layer in network if isinstance(layer, nn.ConvTranspose2d)]
    assert [block.out_channels for block in blocks] == [64, 32, 16, 8, 3]
    assert blocks[0].kernel_size == (4, 4)


def test_the_hybrid_widens_at_its_bottleneck() -> None:
    """Twice the encoder's last channels, in all residual blocks."""
    network = generator(type="hybrid", depth=3, blocks=2).build(32, 4, 1, 3)
    assert network.bottleneck[0].weight.shape == (32, 16, 3, 3)
    assert network.bottleneck[-1].body[0].weight.shape == (32, 32, 3, 3)


def test_generators_use_the_configured_activation() -> None:
    """JReLU in place of every ReLU, with the numbers given."""
    section = {"type": "jrelu", "leak": 0.2, "shift": 0.1, "cap": 2.0}
    for kind in ("unet", "resnet", "hybrid", "dcgan", "fc"):
        modules = list(generator(type=kind, activation=section).build(32, 2, 3, 3).modules())
        assert not any(isinstance(module, nn.ReLU) for module in modules)
        cap = {module.cap for module in modules if isinstance(module, JReLU)}
        assert cap == {2.0}, kind
