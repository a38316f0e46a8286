"""Convolutions as matrix products against PyTorch's own."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.nn import functional as F

from s2f_core.data.batches import Batch
from s2f_core.networks import Discriminator, Generator, convolutions
from s2f_core.networks.convolutions import Convolution, NearestUp, TransposedConvolution
from s2f_core.training.objectives import Blueprint, ObjectiveSection
from s2f_core.training.recipe import Recipe, Turn


def _assert_equal(layer: nn.Module, x: Tensor, expected: Tensor) -> None:
    """Outputs and gradients are the same but for rounding."""
    weights = [x, *layer.parameters()]
    weighting = torch.randn_like(expected)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)
    theirs = torch.autograd.grad(expected, weights, weighting)
    ours = torch.autograd.grad(layer(x), weights, weighting)
    torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "height"), [(4, 2, 1, 2), (3, 2, 1, 5), (3, 1, 1, 3)]
)
def test_a_convolution_on_few_positions_equals_pytorchs(
    kernel: int, stride: int, padding: int, height: int, bias: bool
) -> None:
    """Forward and back, of even and odd maps that are not square."""
    torch.manual_seed(0)
    layer = Convolution(3, 64, kernel, stride, padding, bias=bias)
    x = torch.randn(2, 3, height, height + 1, requires_grad=True)
    _assert_equal(layer, x, F.conv2d(x, layer.weight, layer.bias, stride, padding))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kernel", [3, 4])
def test_a_transposed_convolution_on_few_positions_equals_pytorchs(kernel: int, bias: bool) -> None:
    """Twice the height and width, forward and back."""
    torch.manual_seed(0)
    layer = TransposedConvolution(3, 64, kernel, bias=bias)
    x = torch.randn(2, 3, 2, 3, requires_grad=True)
    expected = F.conv_transpose2d(x, layer.weight, layer.bias, 2, 1, output_padding=kernel % 2)
    assert expected.shape == (2, 64, 4, 6)
    _assert_equal(layer, x, expected)


@pytest.mark.parametrize(
    "layer", [Convolution(2, 8, 4, 2, 1), TransposedConvolution(2, 8, 4, bias=True)]
)
def test_few_is_half_the_output_channels(layer: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four positions of eight channels are a product; five are PyTorch's own convolution."""
    products: list[int] = []
    linear = F.linear

    def counted(x: Tensor, *arguments: Tensor) -> Tensor:
        products.append(len(x))
        return linear(x, *arguments)

    monkeypatch.setattr(F, "linear", counted)
    side = 2 if isinstance(layer, Convolution) else 1
    for batch in (4, 5):
        layer(torch.randn(batch, 2, side, side))
    assert products == [4]


@pytest.mark.parametrize(("batch", "size"), [(1, 5), (2, 20)])
def test_nearest_up_repeats_pixels_then_convolves(batch: int, size: int) -> None:
    """On small and on large maps, forward and back; the kernel it makes is not saved."""
    torch.manual_seed(0)
    layer = NearestUp(3, 2, bias=True)
    x = torch.randn(batch, 3, size, size, requires_grad=True)
    larger = F.interpolate(x, scale_factor=2)
    _assert_equal(layer, x, F.conv2d(larger, layer.weight, layer.bias, padding=1))
    assert set(layer.state_dict()) == {"weight", "bias"}


@pytest.mark.parametrize("up", ["transposed", "nearest"])
def test_a_training_has_the_losses_of_pytorchs_convolutions(
    up: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three steps of a whole U-Net, in float32: within a thousandth of each loss."""
    losses = _losses(up)
    monkeypatch.setattr(convolutions, "PRODUCT_RATIO", 0.0)
    monkeypatch.setattr(convolutions, "MERGE_PIXELS", sys.maxsize)
    for ours, theirs in zip(losses, _losses(up), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)


def _losses(up: str) -> list[dict[str, float]]:
    """Of three steps on two images of 32 px."""
    torch.manual_seed(0)
    generator: Any = {"type": "unet", "norm": "instance", "dropout": 0, "up": up}
    blueprint = Blueprint(
        TypeAdapter[Any](Generator).validate_python(generator),
        TypeAdapter[Any](Discriminator).validate_python({"type": "patchgan", "norm": "instance"}),
        32,
        8,
        (1, 3),
    )
    objective = (
        TypeAdapter[Any](ObjectiveSection)
        .validate_python({"type": "pix2pix"})
        .build(Fabric(accelerator="cpu", devices=1), blueprint, 2e-4, Recipe(epochs=1))
    )
    batch = Batch(torch.rand(2, 1, 32, 32) * 2 - 1, torch.rand(2, 3, 32, 32) * 2 - 1)
    steps = [objective.step(batch, Turn()) for _ in range(3)]
    return [{name: float(value) for name, value in losses.items()} for losses in steps]


def test_checking_a_model_does_not_import_the_compiler() -> None:
    """On the meta device torch computes in Python, and imports its compiler for a second."""
    code = """
import sys, torch
from s2f_core.networks.convolutions import NearestUp
with torch.device("meta"):
    NearestUp(2, 4, bias=True)
print("torch._dynamo" in sys.modules)
"""
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_the_merged_kernel_spreads_each_tap_over_the_pixels_it_reaches() -> None:
    """The nine taps of 3×3 over repeated pixels, as a 4×4 kernel: 36 ones."""
    repeated = torch.tensor([[0.0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 0, 0]])
    expected = torch.einsum("ia,jb->ijab", repeated, repeated).reshape(9, 16)
    assert torch.equal(NearestUp(1, 1, bias=False).spread, expected)
