"""The contract of every network, and the registry as lists of cases."""

from __future__ import annotations

import io
from typing import Any, get_args

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.networks import Discriminator, Generator
from s2f_core.networks.layers import Norm

MEMBERS: dict[str, dict[str, Any]] = {
    "several": {"of": [{"type": "patchgan", "layers": 1, "scales": 2}, {"type": "projected"}]}
}
SIZES = (1, 16, 28, 36, 48, 100)


def generator(**section: object) -> Any:
    """Validate a generator's section, as in params.yaml."""
    return TypeAdapter(Generator).validate_python(section)


def discriminator(**section: Any) -> Any:
    """Validate a discriminator's section, as in params.yaml."""
    return TypeAdapter(Discriminator).validate_python(
        {**MEMBERS.get(section["type"], {}), **section}
    )


def registry_cases(union: Any) -> list[dict[str, object]]:
    """Return every type of a registry, with every norm if it has a norm."""
    cases: list[dict[str, object]] = []
    for section in get_args(get_args(union)[0]):
        (name,) = get_args(section.model_fields["type"].annotation)
        has_norm = "norm" in section.model_fields
        norms = [{"norm": norm} for norm in get_args(Norm)] if has_norm else [{}]
        cases += [{"type": name, **norm} for norm in norms]
    return cases


def build_or_refuse(section: Any, size: int, *rest: int) -> Any:
    """Build the network; return None if the section refuses the size with a clear message."""
    try:
        return section.build(size, *rest)
    except UserError as error:
        refusal = str(error)
    assert f"{size} px" in refusal or "one pixel" in refusal
    return None


def count_parameters(network: nn.Module) -> int:
    """Return the number of trainable values."""
    return sum(weight.numel() for weight in network.parameters())


def assert_learns(network: nn.Module, out: Any) -> None:
    """Assert that all parameters get gradients; only biases, before a norm, may get zeros."""
    out.square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert torch.isfinite(weight.grad).all(), name
        assert name.endswith("bias") or weight.grad.abs().sum() > 0, name


def assert_survives_a_file(network: nn.Module, twin: nn.Module, inputs: Tensor) -> None:
    """Assert that weights saved and loaded into a twin give the same outputs in eval mode."""
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    twin.load_state_dict(torch.load(file, weights_only=True))
    outputs = []
    for one in (network, twin):
        torch.manual_seed(1)  # of a noise plane
        with torch.no_grad():
            outputs.append(one.eval()(inputs))
    torch.testing.assert_close(*outputs, rtol=0, atol=0)
