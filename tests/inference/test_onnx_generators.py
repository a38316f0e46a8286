"""Generators exported to ONNX: the contract over the registry, against PyTorch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from network_contract import generator, registry_cases

from s2f_core.inference.onnx_export import export
from s2f_core.inference.onnx_session import Session, side_multiple
from s2f_core.networks import Generator
from s2f_core.networks.checkpoint import Description, save_model
from tests.networks.test_generators import OPTIONS

SIZE = 16
TYPES = [case for case in registry_cases(Generator) if case.get("norm", "instance") == "instance"]
QUICK = [
    *TYPES,
    {"type": "unet", "depth": 2, "noise": "both", "skips": False},
    {"type": "unet", "depth": 2, "affine": True, "up": "nearest", "norm": "instance"},
]
SLOW = [case for case in [*registry_cases(Generator), *OPTIONS] if case not in QUICK]


def _assert_equals_checkpoint(options: dict[str, Any], folder: Path) -> None:
    """Within 1e-4, for one image and for three, of the model's size and of others it can take."""
    torch.manual_seed(0)
    description = Description(
        variant="tiny",
        condition="pencil",
        background="kept",
        generator=generator(**options),
        size=SIZE,
        width=4,
        in_channels=3,
        out_channels=2,
        direction="a-to-b",
        drawn_at=SIZE,
        versions={"s2f": "0", "torch": "0"},
    )
    network = description.build().eval()
    save_model(folder / "a-to-b.pt", description, network.state_dict())
    export(folder / "a-to-b.pt", folder / "tiny.onnx")
    session = Session(folder / "tiny.onnx", threads=1)
    assert session.description == description
    each = side_multiple(description)
    side = SIZE if description.generator.takes == "image" else 1
    sizes = [(side, side), *([(2 * each, each * 4), (48, 48)] if each else [])]
    for count, (height, width) in ((n, size) for n in (1, 3) for size in sizes):
        inputs = torch.rand(count, 3, height, width) * 2 - 1
        torch.manual_seed(5)
        with torch.inference_mode():
            expected = network(inputs)
        outputs = torch.from_numpy(session(inputs.numpy(), seed=5))
        torch.testing.assert_close(outputs, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("options", QUICK, ids=str)
def test_an_exported_generator_equals_its_checkpoint(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """Every type of the registry; noise planes are drawn as PyTorch draws them."""
    _assert_equals_checkpoint(options, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("options", SLOW, ids=str)
def test_an_exported_generator_of_every_option_equals_its_checkpoint(
    options: dict[str, Any], tmp_path: Path
) -> None:
    """The rest of the registry, with all options that have a test of their own."""
    _assert_equals_checkpoint(options, tmp_path)
